import { describe, expect, it } from '@jest/globals';
import type { Survey } from '../../src/answer-store/maintenance.js';
import { pruneText, renderStore } from '../../src/cli/commands/store.js';
import { size } from '../../src/cli/render/text.js';

describe('a number of bytes', () => {
  it.each([
    [0, '0.0 kB'],
    [850, '0.8 kB'],
    [12_345, '12.3 kB'],
    [250_000, '250.0 kB'],
    [3_400_000, '3.4 MB'],
    [120_000_000_000, '120.0 GB'],
  ])('%i is %s', (bytes, text) => expect(size(bytes)).toBe(text));
});

describe('a store', () => {
  const survey: Survey = {
    answers: 1200,
    bytes: 300_000,
    undated: 1,
    oldest: 1_000_000_000,
    newest: 1_000_086_400,
    unreadable: 2,
    old: { answers: 3, bytes: 4500 },
  };

  it('is shown in a short table, every size in the same units', () => {
    expect(renderStore('.dd/cells', survey, 2_500_000)).toBe(
      [
        'store    .dd/cells',
        'holds    1,200 answers, 300.0 kB',
        'on disk  2.5 MB',
        'from     2001-09-09 01:46 to 2001-09-10 01:46',
        'undated  1 answer of an earlier version',
        'torn     2 answers that cannot be read',
      ].join('\n'),
    );
    expect(pruneText(survey.old)).toBe('would remove 3 answers, 4.5 kB; add --yes to remove');
  });
});
