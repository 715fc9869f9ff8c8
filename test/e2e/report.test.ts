import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkspace, type Workspace } from '../rig/program.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  await workspace.write(
    'recipe.yaml',
    [
      'name: made',
      'seed_config: { source: { seed_type: local, path: seed.jsonl } }',
      'columns:',
      '  - { name: double, column_type: expression, dtype: int, expr: "{{ n * 2 }}" }',
      '  - { name: answer, column_type: expression, dtype: str, expr: "{{ text }}" }',
      '  - { name: big, column_type: expression, dtype: int, expr: "{{ size }}" }',
    ].join('\n'),
  );
  const rows = [1, 2, 3, 4].map((n) => ({
    n,
    text: n === 4 ? 'the text 1' : `the text ${n}`,
    size: n === 3 ? 'huge' : '7',
  }));
  await workspace.write('seed.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const { code, stderr } = await workspace.run(['run', 'recipe.yaml']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('1 failed')]);
});
afterAll(() => workspace.remove());

describe('dd report', () => {
  it('prints a dataset in numbers, with its failures', async () => {
    const { code, stdout } = await workspace.run(['report', 'made']);
    expect(code).toBe(0);
    expect(stdout).toContain('3 rows done, 1 failed · recipe made · finished ');
    expect(stdout).toMatch(/^double +4\.67 +3\.06 +2 +4 +8 {2}2█ 4█ 8█$/m);
    expect(stdout).toMatch(/^failures\ntemplate 1: .+ \(row 2, big\)$/m);
    expect(stdout).toContain('1 row with the words of an earlier row');
  });

  it('prints the same as JSON, which has a version', async () => {
    for (const flag of ['--json', '--format=json']) {
      const document = JSON.parse((await workspace.run(['report', 'made', flag])).stdout);
      expect(document).toMatchObject({
        ok: true,
        exit_code: 0,
        version: 1,
        dataset: 'made',
        rows: { done: 3, failed: 1 },
        failures: { cells: 1, classes: [{ class: 'template', cells: 1, first: { row: 2, column: 'big' } }] },
        duplicates: { columns: ['answer'], compared: 3, exact: 1, near: 0 },
      });
      const double = document.columns.find(({ name }: { name: string }) => name === 'double');
      expect(double).toMatchObject({
        types: ['integer'],
        nulls: 0,
        distinct: 3,
        numbers: { count: 3, min: 2, max: 8 },
      });
    }
  });

  it('writes a page to a file, and replaces it', async () => {
    for (const flags of [['--format', 'html'], []]) {
      const { code, stdout } = await workspace.run(['report', 'made', '--output', 'out.html', ...flags]);
      expect([code, stdout]).toEqual([0, `${workspace.path('out.html')}\n`]);
      const page = await readFile(workspace.path('out.html'), 'utf8');
      expect(page).toMatch(/^<!doctype html>\n.*default-src 'none'; style-src 'sha256-/s);
      expect(page.endsWith('</html>\n')).toBe(true);
    }
  });

  it.each([
    [['nope'], 'error: there is no dataset `nope` in artifacts'],
    [
      ['made', '--duplicates-by', 'anser'],
      'error: there is no column `anser` in this dataset\ndid you mean `answer`?',
    ],
    [['made', '--format', 'pdf'], 'error: --format must be one of text, json, html, not pdf'],
    [['made', '--output', 'no/such/folder.html'], 'error: '],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, stderr } = await workspace.run(['report', ...args]);
    expect(code).toBe(2);
    expect(stderr.startsWith(message)).toBe(true);
  });
});
