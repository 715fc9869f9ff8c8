import { createReadStream, existsSync } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, jsonIn, type JsonObject } from '../../core/json.js';
import { isList } from '../../core/paths.js';
import { err, ok, type Result } from '../../core/result.js';
import type { SeedColumn, SeedError } from '../types.js';
import type { RowTable } from './table.js';

/** Rows per entry. */
const ROWS_AN_ENTRY = 500;

/** Consecutive lines of one file. */
interface Block {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** Opens the JSON Lines of a dataset. Memory holds the places of blocks of lines, never the lines. */
export async function openDatasetTable(
  stage: string,
  folder: string,
  columns: readonly SeedColumn[] | undefined,
): Promise<Result<RowTable, SeedError>> {
  const metadata = jsonIn(await readFile(join(folder, 'metadata.json'), 'utf8').catch(() => ''));
  if (!isObject(metadata)) return err(notMade(stage, existsSync(folder)));
  const stored = metadata['columns'];
  const known = isList(stored) ? (stored as readonly unknown[] as readonly SeedColumn[]) : [];
  const missing = columns?.find(({ name }) => known.every((column) => column.name !== name));
  if (missing) return err(outdated(stage, missing.name));

  const data = join(folder, 'data');
  const names = (await readdir(data).catch(() => [])).filter((name) => name.endsWith('.jsonl')).sort();
  const blocks: Block[] = [];
  for (const name of names) blocks.push(...(await blocksOf(join(data, name))));
  const reason = `stage \`${stage}\` has no rows`;
  return ok({
    stage,
    columns: columns ?? known.map(({ name, schema }) => ({ name, schema })),
    entryCount: blocks.length,
    notes: blocks.length === 0 ? [{ kind: 'filtered', source: folder, reason, count: 1 }] : [],
    read: async (entry) => rowsOf(blocks[entry]),
  });
}

const notMade = (stage: string, isThere: boolean): SeedError => ({
  key: 'needs',
  message: isThere
    ? `the dataset of stage \`${stage}\` cannot be read`
    : `stage \`${stage}\` has not been made yet`,
  hint: `dd run with --stage ${stage} makes it`,
});

const outdated = (stage: string, column: string): SeedError => ({
  key: 'needs',
  message: `the dataset of stage \`${stage}\` has no column \`${column}\`: it was made before the recipe was edited`,
  hint: `dd run with --stage ${stage} brings it up to date`,
});

const LINE_FEED = 10;

async function blocksOf(file: string): Promise<readonly Block[]> {
  const blocks: Block[] = [];
  let start = 0;
  let lines = 0;
  let at = 0;
  const close = (end: number): void => {
    if (end > start) blocks.push({ file, offset: start, length: end - start });
    start = end;
    lines = 0;
  };
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 18 }) as AsyncIterable<Buffer>) {
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, end + 1)) {
      lines += 1;
      if (lines === ROWS_AN_ENTRY) close(at + end + 1);
    }
    at += chunk.length;
  }
  close(at);
  return blocks;
}

/** @throws Error for a damaged file: a run writes whole lines */
async function rowsOf(block: Block | undefined): Promise<readonly JsonObject[]> {
  if (!block) return [];
  const bytes = Buffer.alloc(block.length);
  const handle = await open(block.file, 'r');
  try {
    await handle.read(bytes, 0, block.length, block.offset);
  } finally {
    await handle.close();
  }
  const lines = bytes.toString().split('\n');
  return lines.filter(Boolean).map((line) => {
    const row = jsonIn(line);
    if (!isObject(row)) throw new Error(`${block.file} has a line that is damaged`);
    return row;
  });
}
