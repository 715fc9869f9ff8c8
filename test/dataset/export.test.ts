import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import { parse } from 'csv-parse/sync';
import type { Json, JsonObject, JsonSchema } from '../../src/core/json.js';
import { ExportError, type Exporter } from '../../src/dataset/export/exporter.js';
import { exportDataset } from '../../src/run/export-dataset.js';
import { datasetOf, linesOf, request } from './export-support.js';

const rows = [
  { text: 'a, "quoted"\nline', number: 1.5, flag: true, list: ['x'], nothing: null },
  { text: '=1+1', number: -0, flag: false, list: [], nothing: null },
];

const dataset = (): string => datasetOf(rows);

/** What DuckDB, a reader that shares no code with the writer, finds. */
async function duckdb(sql: string): Promise<Json> {
  const db = await (await DuckDBInstance.create()).connect();
  try {
    return (await db.runAndReadAll(sql)).getRowObjectsJson() as Json;
  } finally {
    db.closeSync();
  }
}

/** Without what a table has where JSON has nothing. */
function withoutNull(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutNull);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNull(inner)]));
}

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

  describe('writes Parquet', () => {
    it('of all columns, with their types', async () => {
      const schemas: Readonly<Record<string, JsonSchema>> = {
        text: { type: 'string' },
        number: { type: 'number' },
        list: { type: 'array', items: { type: 'string' } },
      };
      const cwd = datasetOf(rows, schemas);
      await exportDataset(request(cwd, 'parquet'));
      const file = join(cwd, 'made.parquet');
      expect(await duckdb(`select * from '${file}'`)).toEqual([
        { text: 'a, "quoted"\nline', number: 1.5, flag: 'true', list: ['x'], nothing: null },
        { text: '=1+1', number: 0, flag: 'false', list: [], nothing: null },
      ]);
      expect(
        await duckdb(`select typeof(number) as type, typeof(list) as list from '${file}' limit 1`),
      ).toEqual([{ type: 'DOUBLE', list: 'VARCHAR[]' }]);
    });

    it('of more rows than a row group has', async () => {
      const cwd = datasetOf(Array.from({ length: 2500 }, (_, row) => ({ text: `row ${row}` })));
      await exportDataset(request(cwd, 'parquet'));
      const file = join(cwd, 'made.parquet');
      expect(await duckdb(`select count(distinct text)::int as rows from '${file}'`)).toEqual([
        { rows: 2500 },
      ]);
      expect(
        await duckdb(`select count(distinct row_group_id)::int as groups from parquet_metadata('${file}')`),
      ).toEqual([{ groups: 3 }]);
    });

    it.each(['messages', 'prompt-completion', 'openai-chat', 'sharegpt'])(
      'of %s when the name of the file ends so, the same as its JSON Lines',
      async (format) => {
        const call = { id: 'a', type: 'function', function: { name: 'ls', arguments: '{"path":"."}' } };
        const chat = [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'List.' },
          { role: 'assistant', content: '', tool_calls: [call] },
          { role: 'tool', tool_call_id: 'a', name: 'ls', content: 'README.md' },
          { role: 'assistant', content: 'One file.' },
        ];
        const cwd = datasetOf([{ chat, tools: [{ name: 'ls', parameters: { type: 'object' } }] }]);
        await exportDataset({ ...request(cwd, format), output: 'made.parquet' });
        await exportDataset(request(cwd, format));
        const [made] = (await duckdb(
          `select * from '${join(cwd, 'made.parquet')}'`,
        )) as readonly JsonObject[];
        const [line = ''] = linesOf(join(cwd, 'made.jsonl'));
        expect(withoutNull({ ...made, tools: JSON.parse(String(made?.['tools'])) as Json })).toEqual({
          ...(JSON.parse(line) as JsonObject),
          tools:
            format === 'sharegpt'
              ? [{ name: 'ls', parameters: { type: 'object' } }]
              : [{ type: 'function', function: { name: 'ls', parameters: { type: 'object' } } }],
        });
      },
    );

    it.each(['alpaca', 'dpo', 'openai-dpo', 'kto'])(
      'of %s when the name of the file ends so, the same as its JSON Lines',
      async (format) => {
        const rows = [{ system: 'Be brief.', prompt: 'Why?', chosen: 'Because.', rejected: 'Dunno.' }];
        const cwd = datasetOf(rows);
        await exportDataset({ ...request(cwd, format), output: 'made.parquet' });
        await exportDataset(request(cwd, format));
        const made = (await duckdb(`select * from '${join(cwd, 'made.parquet')}'`)) as readonly JsonObject[];
        expect(made.map(withoutNull)).toEqual(
          linesOf(join(cwd, 'made.jsonl')).map((line) => JSON.parse(line) as Json),
        );
        expect(made).toHaveLength(format === 'kto' ? 2 : 1);
      },
    );

    it('under no other name, and nothing else under its name', async () => {
      const cwd = dataset();
      const refused = async (format: string, output: string): Promise<unknown> =>
        exportDataset({ ...request(cwd, format), output });
      expect(await refused('csv', 'rows.parquet')).toEqual({
        ok: false,
        error: {
          message: 'the format `csv` cannot be written as Parquet',
          hint: 'name a .jsonl file, or use --format parquet for all columns',
        },
      });
      expect(await refused('trajectories', 'rows.parquet')).toMatchObject({ ok: false });
      expect(await refused('parquet', 'rows.jsonl')).toMatchObject({ ok: false });
      expect(readdirSync(cwd)).toEqual(['artifacts']);
    });
  });

  it('leaves no file behind when a row is damaged', async () => {
    const cwd = dataset();
    writeFileSync(join(cwd, 'artifacts/made/data/part-00000.jsonl'), '{"text":"a"}\n{"te');
    const splits = [
      { name: 'train', share: 0.5 },
      { name: 'test', share: 0.5 },
    ];
    await expect(exportDataset({ ...request(cwd, 'csv'), splits })).rejects.toThrow('line 2 is damaged');
    expect(readdirSync(cwd)).toEqual(['artifacts']);
  });

  it('ends with the problem of a format that reads no row', async () => {
    const cwd = dataset();
    const refusing: Exporter = {
      name: 'refusing',
      summary: '',
      extension: 'txt',
      // eslint-disable-next-line require-yield
      async *encode() {
        throw new ExportError('not this one', 'take another');
      },
    };
    const exporters = new Map([['refusing', refusing]]);
    expect(await exportDataset({ ...request(cwd, 'refusing'), exporters })).toEqual({
      ok: false,
      error: { message: 'not this one', hint: 'take another' },
    });
    expect(readdirSync(cwd)).toEqual(['artifacts']);
  });

  describe('chooses rows', () => {
    const made = (count: number): string => {
      const lines = Array.from({ length: count }, (_, row) => ({
        prompt: `q${row}`,
        completion: `a${row}`,
        project_path: `/p${row % 20}`,
        recommended_for_sft: row % 2 === 0,
      }));
      return datasetOf(lines);
    };

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
