import { describe, expect, it } from '@jest/globals';
import { compareRecords } from '../../src/run/watch/changes.js';
import type { JsonObject } from '../../src/core/json.js';
import { renderChanges } from '../../src/cli/render/record-changes.js';

const plain = { width: 60, bold: (text: string) => text, dim: (text: string) => text };
const columns = [
  { name: 'id', from: 'seed' as const },
  { name: 'text', from: 'column' as const },
  { name: 'judge', from: 'column' as const },
  { name: 'keep', from: 'column' as const },
];

const records = (...rows: readonly JsonObject[]): ReadonlyMap<number, JsonObject> =>
  new Map(rows.map((row, index) => [index, row]));

const render = (before: readonly JsonObject[], now: readonly JsonObject[], style = plain): string =>
  renderChanges(compareRecords(records(...before), records(...now), columns), columns, style);

const long = 'one two three four five six seven eight nine ten eleven twelve';

describe('records beside what they were', () => {
  it('have every line of a changed cell marked, and no other', () => {
    const before = { id: 'a', text: long, judge: { clear: { score: 3, reasoning: 'so so' } }, keep: false };
    const now = { ...before, judge: { clear: { score: 4, reasoning: 'plain words' } }, keep: true };
    expect(render([before], [now])).toBe(
      [
        'row 0',
        '  id  a',
        '',
        '  text',
        '    one two three four five six seven eight nine ten eleven',
        '    twelve',
        '',
        '~ judge',
        '~   clear  4  plain words',
        '',
        '~ keep  true',
      ].join('\n'),
    );
  });

  it('are folded to a line each when they are the same, in whatever order their keys came', () => {
    const value = { a: 1, b: [2] };
    expect(render([{ judge: value }, { text: 'x' }], [{ judge: { b: [2], a: 1 } }, { text: 'x' }])).toBe(
      'row 0  the same\nrow 1  the same',
    );
  });

  it('are shown whole and without marks when they are new', () => {
    expect(render([{ text: 'x' }], [{ text: 'x' }, { text: 'y' }])).toBe('row 0  the same\n\nrow 1\ntext  y');
  });

  it('show that a cell became empty', () => {
    expect(render([{ text: 'x', keep: true }], [{ text: null, keep: true }])).toBe(
      'row 0\n~ text  (empty)\n  keep  true',
    );
  });

  it('count a column that was not there before as changed', () => {
    expect(render([{ text: 'x' }], [{ text: 'x', keep: true }])).toBe('row 0\n  text  x\n~ keep  true');
  });

  it('are bold only where they changed', () => {
    const bold = { ...plain, bold: (text: string) => `<${text}>` };
    expect(render([{ text: 'x', keep: true }], [{ text: 'y', keep: true }], bold)).toBe(
      'row 0\n<~ text  y>\n  keep  true',
    );
  });
});
