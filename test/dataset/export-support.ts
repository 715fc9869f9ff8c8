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

/** A `tokenizer.json`: a byte-level BPE of five letters, with a token that every text begins with. */
export const TOKENIZER: JsonObject = {
  version: '1.0',
  added_tokens: [{ id: 0, content: '<|end|>', special: true, normalized: false }],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<|end|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<|end|>': { id: '<|end|>', ids: [0], tokens: ['<|end|>'] } },
  },
  decoder: { type: 'ByteLevel' },
  model: {
    type: 'BPE',
    vocab: { '<|end|>': 0, h: 1, e: 2, l: 3, o: 4, Ġ: 5, he: 6, ll: 7, hell: 8, hello: 9 },
    merges: ['h e', 'l l', 'he ll', 'hell o'],
  },
};
