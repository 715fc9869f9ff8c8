import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject, JsonSchema } from '../../src/core/json.js';
import { builtInRegistries } from '../../src/plugins/registries.js';
import { exportDataset, type ExportRequest } from '../../src/run/export-dataset.js';
import { folder } from '../recipe/support.js';

/** A folder with the dataset `made` of these rows, and other files. */
export function datasetOf(
  lines: readonly JsonObject[],
  schemas: Readonly<Record<string, JsonSchema>> = {},
  files: Readonly<Record<string, string>> = {},
): string {
  const columns = Object.keys(lines[0] ?? {}).map((name) => ({
    name,
    schema: schemas[name] ?? {},
    from: 'column',
  }));
  return folder({
    'artifacts/made/metadata.json': JSON.stringify({ dataset: 'made', parts: 1, columns, fabricated: false }),
    'artifacts/made/data/part-00000.jsonl': lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    ...files,
  });
}

export const linesOf = (file: string): readonly string[] =>
  readFileSync(file, 'utf8').split('\n').filter(Boolean);

export const request = (cwd: string, format: string) => ({
  dataset: 'made',
  artifactPath: join(cwd, 'artifacts'),
  format,
  exporters: builtInRegistries.exporters,
  cwd,
  overwrite: false,
});

/** The rows of the file of what was left out, and the lines that were written. */
export async function exportedFrom(cwd: string, format: string, options: Partial<ExportRequest>) {
  const exported = await exportDataset({ ...request(cwd, format), ...options });
  if (!exported.ok) throw new Error(exported.error.message);
  const { leftOutFile, files, ...others } = exported.value;
  const objectsOf = (file: string): readonly JsonObject[] =>
    linesOf(file).map((line) => JSON.parse(line) as JsonObject);
  return {
    ...others,
    files,
    lines: files.flatMap(({ file }) => objectsOf(file)),
    removed: leftOutFile === undefined ? undefined : objectsOf(leftOutFile),
  };
}
