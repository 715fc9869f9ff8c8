import { expect, it } from '@jest/globals';
import { summariseNotes } from '../../src/seeds/notes.js';
import { noteLine } from '../../src/cli/render/summary.js';

it('a note that is made for many rows of a file names the file once', () => {
  const note = { kind: 'filtered', reason: '`where` does not hold', count: 1 } as const;
  const lines = (...sources: readonly string[]): readonly string[] =>
    summariseNotes(sources.map((source) => ({ ...note, source }))).map(noteLine);
  expect(lines('a', 'a', 'a')).toEqual(['filtered 3: `where` does not hold (a)']);
  expect(lines('a', 'b', 'a')).toEqual(['filtered 3: `where` does not hold (2 files, first a)']);
});
