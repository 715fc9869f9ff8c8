import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { widthOf } from '../../src/cli/render/text.js';
import { createWorkspace, type Workspace } from '../rig/program.js';

const row = (id: string, score: number, rest: object = {}): object => ({
  trace_id: id,
  judge: { depth: { score, reasoning: 'so' } },
  good: score > 2,
  answer: `answer of ${id}`,
  ...rest,
});

let workspace: Workspace;

async function dataset(name: string, rows: readonly object[], failed: readonly object[] = []): Promise<void> {
  const columns = [...new Set(rows.flatMap((each) => Object.keys(each)))];
  const metadata = {
    dataset: name,
    parts: 1,
    fabricated: false,
    columns: columns.map((column) => ({ name: column, schema: {}, from: 'column' })),
  };
  const lines = (values: readonly object[]): string =>
    values.map((value) => `${JSON.stringify(value)}\n`).join('');
  await workspace.write(`artifacts/${name}/metadata.json`, JSON.stringify(metadata));
  await workspace.write(`artifacts/${name}/data/part-00000.jsonl`, lines(rows));
  await workspace.write(`artifacts/${name}/failures.jsonl`, lines(failed));
}

const failure = (number: number, id: string): object => ({
  row: number,
  column: 'judge',
  message: 'no',
  seed: { trace_id: id },
});

beforeAll(async () => {
  workspace = await createWorkspace();
  await dataset(
    'old',
    [row('a', 4), row('b', 3), row('c', 1), row('é', 0), row('x', 1), row('x', 2)],
    [failure(6, 'new')],
  );
  // Another order; `b` and `c` changed, `é` failed, `x` is there once, `new` is new and so is a column.
  await dataset(
    'now',
    [row('new', 4, { more: 1 }), row('c', 4, { answer: 'short' }), row('b', 1), row('a', 4), row('x', 1)],
    [failure(3, 'é')],
  );
});
afterAll(() => workspace.remove());

const json = async (...args: readonly string[]): Promise<Record<string, unknown>> =>
  JSON.parse((await workspace.run(['diff', ...args, '--json'])).stdout);

describe('dd diff', () => {
  it('pairs rows by trace id and shows what was gained, lost, changed and flipped', async () => {
    const { code, stdout } = await workspace.run(['diff', 'old', 'now']);
    expect(code).toBe(1);
    expect(stdout).toBe(
      [
        'old → now',
        '6 rows → 5, paired by trace_id: 2 the same, 2 changed',
        'gained 1 (1 failed before): new',
        'lost 2 (1 failed now): é, x',
        '',
        'scores and numbers',
        '             changed  mean change  up  down  largest',
        'judge.depth        2         +0.5   1     1  1 → 4 (c)',
        '',
        'verdicts and labels',
        'good: 2 changed: false → true 1, true → false 1; such as c, b',
        'answer: 1 changed: answer of c → short 1; such as c',
        '',
        'only in one of them',
        'new: more',
        '',
      ].join('\n'),
    );
  });

  it('gives the same as JSON, with an error that says that they differ', async () => {
    const { fields, ...document } = await json('old', 'now');
    expect(document).toEqual({
      ok: false,
      exit_code: 1,
      error: { message: 'the datasets differ: 2 rows changed, 1 gained, 2 lost' },
      version: 1,
      by: 'trace_id',
      rows: { a: 6, b: 5, same: 2, changed: 2, gained: 1, lost: 2, gained_failed: 1, lost_failed: 1 },
      gained: ['new'],
      lost: ['é', 'x'],
      columns: { only_a: [], only_b: ['more'] },
      datasets: { a: workspace.path('artifacts/old'), b: workspace.path('artifacts/now') },
    });
    expect(fields).toMatchObject([
      {
        field: 'judge.depth',
        column: 'judge',
        changed: 2,
        numbers: { rows: 2, mean_change: 0.5, increased: 1, decreased: 1 },
      },
      { field: 'good', changed: 2 },
      { field: 'answer', changed: 1, examples: [{ key: 'c', before: 'answer of c', after: 'short' }] },
    ]);
  });

  it('exits with 0 when nothing is different, also in other files', async () => {
    const { code, stdout } = await workspace.run(['diff', 'old', 'artifacts/old']);
    expect([code, stdout]).toEqual([
      0,
      'old → artifacts/old\n6 rows → 6, paired by trace_id: 6 the same, 0 changed\n',
    ]);
    expect(await json('old', 'old')).toMatchObject({ ok: true, exit_code: 0, fields: [] });
  });

  it('compares only the columns that are asked for', async () => {
    const rows = { same: 3, changed: 1 };
    expect(await json('old', 'now', '--column', 'answer')).toMatchObject({
      rows,
      fields: [{ field: 'answer' }],
    });
    await dataset('other', [row('a', 4, { answer: 'no' })]);
    await dataset('another', [row('a', 4)]);
    expect(await json('other', 'another', '--column', 'good,judge')).toMatchObject({ exit_code: 0 });
  });

  it('pairs by another column, or by the number of the row with failed rows counted', async () => {
    expect(await json('old', 'now', '--by', 'good')).toMatchObject({ by: 'good' });
    await dataset('one', [{ n: 0 }, { n: 1 }, { n: 2 }]);
    await dataset('two', [{ n: 0 }, { n: 2 }], [{ row: 1, column: 'n', message: 'no', seed: {} }]);
    expect(await json('one', 'two')).toMatchObject({
      by: null,
      rows: { same: 2, changed: 0, gained: 0, lost: 1, lost_failed: 1 },
      lost: [1],
    });
  });

  it.each([
    [['old', 'nope'], 'error: there is no dataset `nope` in artifacts'],
    [
      ['old', 'now', '--by', 'trace_i'],
      'error: there is no column `trace_i` in both datasets\ndid you mean `trace_id`?',
    ],
    [
      ['old', 'now', '--column', 'god'],
      'error: there is no column `god` in these datasets\ndid you mean `good`?',
    ],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, stderr } = await workspace.run(['diff', ...args]);
    expect(code).toBe(2);
    expect(stderr.startsWith(message)).toBe(true);
  });

  it('prints no escape sequence of a row, and no line that is wider than the terminal', async () => {
    const evil = '\u001b]0;title\u0007\u001b[31mred\u202e';
    await dataset('e1', [row(evil, 1, { [evil]: 1, [`t${evil}`]: 'a', gone: 1 }), row(`g${evil}`, 1)]);
    await dataset('e2', [
      row(evil, 2, { [evil]: 2, [`t${evil}`]: `${evil}漢字`.repeat(60) }),
      row(`n${evil}`, 1),
    ]);
    const { stdout } = await workspace.run(['diff', 'e1', 'e2']);
    expect(stdout).toContain('red');
    expect(stdout).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
    for (const line of stdout.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(100);
  });
});
