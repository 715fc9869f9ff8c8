import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Json, JsonObject } from '../../src/core/json.js';
import type { SeedNote } from '../../src/core/events.js';
import type { Seed, SeedContext, SeedError, SeedRow } from '../../src/seeds/types.js';
import type { Result } from '../../src/core/result.js';
import { builtInFormats } from '../../src/traces/formats/index.js';
import { loadFormats } from '../../src/traces/format.js';
import { createAgentRollout } from '../../src/traces/seed.js';

/** Files by path: records of a `.jsonl`, the value of a `.json`, or raw text or bytes. */
export type Files = Readonly<Record<string, Json | Uint8Array>>;

/** The formats that come with the program. */
export const allFormats = await loadFormats(builtInFormats);

const folders: string[] = [];

/** A new folder with these files in it. */
export function folderWith(files: Files): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'dd-seeds-')));
  folders.push(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), fileContent(path, content));
  }
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

function fileContent(path: string, content: Json | Uint8Array): string | Uint8Array {
  if (typeof content === 'string' || content instanceof Uint8Array) return content;
  return path.endsWith('.jsonl') && Array.isArray(content)
    ? content.map((record) => `${JSON.stringify(record)}\n`).join('')
    : JSON.stringify(content);
}

export async function openSeed(
  source: JsonObject,
  context: Partial<SeedContext> = {},
): Promise<Result<Seed, SeedError>> {
  return createAgentRollout(builtInFormats).open(source, {
    baseDir: '/',
    env: {},
    homeDir: '/nonexistent',
    ...context,
  });
}

export interface Everything {
  readonly rows: readonly SeedRow[];
  readonly notes: readonly SeedNote[];
}

/** Opens a folder that must open, and reads all of it. */
export async function readAll(source: JsonObject, context: Partial<SeedContext> = {}): Promise<Everything> {
  const opened = await openSeed(source, context);
  if (!opened.ok) throw new Error(opened.error.message);
  return readSeed(opened.value);
}

export async function readSeed(seed: Seed): Promise<Everything> {
  const rows: SeedRow[] = [];
  const notes: SeedNote[] = [...seed.notes];
  for (let entry = 0; entry < seed.entryCount; entry += 1) {
    const read = await seed.read(entry);
    rows.push(...read.rows);
    notes.push(...read.notes);
  }
  return { rows, notes };
}

/** The only row of one file of a format. */
export async function rowOfFile(format: string, path: string, content: Json): Promise<SeedRow> {
  const { rows } = await readAll({ format, path: folderWith({ [path]: content }) });
  const [row] = rows;
  if (!row || rows.length > 1) throw new Error(`expected one row, found ${rows.length}`);
  return row;
}

/** Messages as short lines: `user: hi`, `assistant: (thought) text +call`, `tool call: text`. */
export function outline(row: SeedRow | undefined): readonly string[] {
  return objects(row?.['messages']).map((message) => {
    const calls = objects(message['tool_calls']).map(({ id }) => `+${String(id)}`);
    const thought =
      message['reasoning_content'] === undefined ? [] : [`(${String(message['reasoning_content'])})`];
    const id = message['tool_call_id'] === undefined ? '' : ` ${String(message['tool_call_id'])}`;
    const texts = objects(message['content']).map(({ type, text }) => String(text ?? `<${String(type)}>`));
    return `${String(message['role'])}${id}: ${[...thought, ...texts, ...calls].join(' ')}`.trim();
  });
}

/** The kinds of messages, with a comma between them: empty for one without a kind. */
export function kindsOf(row: SeedRow | undefined): string {
  return objects(row?.['messages'])
    .map(({ kind }) => kind ?? '')
    .join();
}

export function objects(value: Json | undefined): readonly JsonObject[] {
  return (Array.isArray(value) ? value : []) as readonly JsonObject[];
}

export function metaOf(row: SeedRow | undefined): JsonObject {
  return (row?.['source_meta'] ?? {}) as JsonObject;
}
