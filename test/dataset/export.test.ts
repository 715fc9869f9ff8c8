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
    'artifacts/made/metadata.json': JSON.stringify({ dataset: 'made', parts: 1, columns }),
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
    expect(exported).toEqual({ ok: true, value: { file: join(cwd, 'made.csv'), rows: 2 } });
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
});
