import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { exportDataset } from '../../src/run/export-dataset.js';
import { builtInRegistries } from '../../src/plugins/registries.js';
import { folder } from '../recipe/support.js';

const rows = [
  { text: 'a, "quoted"\nline', number: 1.5, flag: true, list: ['x'], nothing: null },
  { text: '=1+1', number: -0, flag: false, list: [], nothing: null },
];

function dataset(): string {
  const columns = Object.keys(rows[0] ?? {}).map((name) => ({ name, schema: {}, from: 'column' }));
  return folder({
    'artifacts/made/metadata.json': JSON.stringify({ dataset: 'made', parts: 1, columns, fabricated: false }),
    'artifacts/made/data/part-00000.jsonl': rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  });
}

const request = (cwd: string, format: string) => ({
  dataset: 'made',
  artifactPath: join(cwd, 'artifacts'),
  format,
  exporters: builtInRegistries.exporters,
  cwd,
  overwrite: false,
});

describe('dd export', () => {
  it('writes CSV that another reader takes back', async () => {
    const cwd = dataset();
    const exported = await exportDataset(request(cwd, 'csv'));
    expect(exported).toEqual({
      ok: true,
      value: { files: [{ file: join(cwd, 'made.csv'), rows: 2 }], leftOut: {}, fabricated: false },
    });
    expect(parse(readFileSync(join(cwd, 'made.csv')), { columns: true })).toEqual([
      { text: 'a, "quoted"\nline', number: '1.5', flag: 'true', list: '["x"]', nothing: '' },
      { text: '=1+1', number: '0', flag: 'false', list: '[]', nothing: '' },
    ]);
  });

  it('writes the rows as they are as JSON Lines', async () => {
    const cwd = dataset();
    await exportDataset({ ...request(cwd, 'jsonl'), output: 'out/rows.jsonl' });
    expect(readFileSync(join(cwd, 'out/rows.jsonl'), 'utf8')).toBe(
      readFileSync(join(cwd, 'artifacts/made/data/part-00000.jsonl'), 'utf8'),
    );
  });

  it('replaces no file unasked, and names what there is for a misspelt format', async () => {
    const cwd = dataset();
    await exportDataset(request(cwd, 'csv'));
    expect(await exportDataset(request(cwd, 'csv'))).toMatchObject({
      ok: false,
      error: { hint: 'add --overwrite, or another name with --output' },
    });
    expect((await exportDataset({ ...request(cwd, 'csv'), overwrite: true })).ok).toBe(true);
    expect(await exportDataset(request(cwd, 'jsnol'))).toMatchObject({
      ok: false,
      error: { message: 'there is no export format `jsnol`', hint: 'did you mean `jsonl`?' },
    });
  });

  describe('chooses rows', () => {
    const made = (count: number): string => {
      const lines = Array.from({ length: count }, (_, row) => ({
        prompt: `q${row}`,
        completion: `a${row}`,
        project_path: `/p${row % 20}`,
        recommended_for_sft: row % 2 === 0,
      }));
      const columns = Object.keys(lines[0] ?? {}).map((name) => ({ name, schema: {}, from: 'column' }));
      return folder({
        'artifacts/made/metadata.json': JSON.stringify({
          dataset: 'made',
          parts: 1,
          columns,
          fabricated: false,
        }),
        'artifacts/made/data/part-00000.jsonl': lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
      });
    };
    const linesOf = (file: string): readonly string[] =>
      readFileSync(file, 'utf8').split('\n').filter(Boolean);

    it('that the recipe recommends, for training, and says how many it left out', async () => {
      const cwd = made(6);
      expect(await exportDataset(request(cwd, 'messages'))).toEqual({
        ok: true,
        value: {
          files: [{ file: join(cwd, 'made.jsonl'), rows: 3 }],
          leftOut: { '`recommended_for_sft` is not true (--where true takes all rows)': 3 },
          fabricated: false,
        },
      });
    });

    it('for which a condition holds', async () => {
      const cwd = made(6);
      const where = 'prompt in ["q1", "q4"]';
      expect(await exportDataset({ ...request(cwd, 'messages'), where })).toMatchObject({
        value: { files: [{ rows: 2 }], leftOut: { '`--where` does not hold': 4 } },
      });
      expect(await exportDataset({ ...request(cwd, 'jsonl'), where: 'promt == 1' })).toEqual({
        ok: false,
        error: { message: '--where: there is no column `promt`', hint: 'did you mean `prompt`?' },
      });
    });

    it('into splits that never divide a project, the same every time', async () => {
      const cwd = made(400);
      const splits = [
        { name: 'train', share: 0.8 },
        { name: 'test', share: 0.2 },
      ];
      const run = { ...request(cwd, 'jsonl'), splits, overwrite: true };
      await exportDataset(run);
      const [train, test] = ['made.train.jsonl', 'made.test.jsonl'].map((name) => linesOf(join(cwd, name)));
      expect((train ?? []).length + (test ?? []).length).toBe(400);
      const projects = (lines: readonly string[] = []): ReadonlySet<string> =>
        new Set(lines.map((line) => (JSON.parse(line) as { project_path: string }).project_path));
      expect([...projects(train)].filter((project) => projects(test).has(project))).toEqual([]);
      expect(projects(test).size).toBeGreaterThan(0);
      await exportDataset(run);
      expect(linesOf(join(cwd, 'made.test.jsonl'))).toEqual(test);
    });
  });
});
