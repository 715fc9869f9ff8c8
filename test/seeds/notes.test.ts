import { expect, it } from '@jest/globals';
import { summariseNotes } from '../../src/seeds/notes.js';
import { noteLines } from '../../src/cli/render/summary.js';

it('a note that is made for many rows of a file names the file once', () => {
  const note = { kind: 'filtered', reason: '`where` does not hold', count: 1 } as const;
  const lines = (...sources: readonly string[]): readonly string[] =>
    noteLines(summariseNotes(sources.map((source) => ({ ...note, source }))));
  expect(lines('a', 'a', 'a')).toEqual(['filtered 3: `where` does not hold (a)']);
  expect(lines('a', 'b', 'a')).toEqual(['filtered 3: `where` does not hold (2 files, first a)']);
});

it('many notes are cut to those with the largest counts', () => {
  const notes = Array.from({ length: 30 }, (_, at) => ({
    kind: 'filtered' as const,
    source: 'a',
    reason: `reason ${at}`,
    count: at + 1,
  }));
  const lines = noteLines(summariseNotes(notes));
  expect([lines.length, lines[0], lines.at(-2), lines.at(-1)]).toEqual([
    20,
    'filtered 12: reason 11 (a)',
    'filtered 30: reason 29 (a)',
    'and 11 more reasons, 66 in all: --json has them',
  ]);
});
