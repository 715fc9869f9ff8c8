/**
 * SQLite databases, recognised by their first bytes. Node has SQLite from version 22.13 on. Before that, the optional
 * package `sql.js` reads them from memory, loaded only then; it does not see what a running tool keeps in its
 * write-ahead log (`*-wal`) until it closes the database.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Json, JsonObject } from '../../core/json.js';
import { attempt } from '../../core/regular-file.js';
import { installCommand } from '../../core/package-folder.js';
import { err, ok, type Result } from '../../core/result.js';
import type { Database, Finding } from '../format.js';
import { beginsWith } from './begins-with.js';

const MAGIC = 'SQLite format 3\0';

export interface OpenDatabase extends Database {
  /** What could not be read. */
  readonly skipped: readonly Finding[];
  close(): void;
}

export function isDatabase(path: string): boolean {
  return beginsWith(path, MAGIC);
}

/** Opens for reading; the reason in words when that is not possible. */
export async function openDatabase(path: string): Promise<Result<OpenDatabase, string>> {
  const driver = nodeDriver() ?? wasmDriver();
  if (!driver) return err(`an SQLite database: needs Node 22.13, or \`${installCommand('sql.js')}\``);
  let opened: Opened | undefined;
  try {
    opened = await driver(path);
    const { all, skipped, close } = opened;
    const rows = (sql: string): readonly JsonObject[] => all(sql).map(plainRow);
    const names = rows("SELECT name FROM sqlite_master WHERE type = 'table'");
    return ok({ tables: new Set(names.map(({ name }) => String(name))), rows, skipped, close });
  } catch {
    opened?.close();
    return err('a damaged or locked SQLite database');
  }
}

interface Opened {
  all(sql: string): readonly object[];
  readonly skipped: readonly Finding[];
  close(): void;
}

type Driver = (path: string) => Opened | Promise<Opened>;

const load = createRequire(import.meta.url);

interface NodeSqlite {
  readonly DatabaseSync: new (
    path: string | URL,
    options: { readonly readOnly: true },
  ) => { prepare(sql: string): { all(): readonly object[] }; close(): void };
}

function nodeDriver(): Driver | undefined {
  const sqlite = attempt(() => withoutWarnings(() => load('node:sqlite') as NodeSqlite));
  if (!sqlite.ok) return undefined;
  const { DatabaseSync } = sqlite.value;
  return (path) => {
    const unchanging = attempt(() => new DatabaseSync(asUnchanging(path), { readOnly: true }));
    const database = unchanging.ok ? unchanging.value : new DatabaseSync(path, { readOnly: true });
    return { all: (sql) => database.prepare(sql).all(), skipped: [], close: () => database.close() };
  };
}

/**
 * A database with a write-ahead log makes two files beside it when it is opened, even for reading. Where there is no
 * log, no program has it open, and SQLite can be told that it does not change.
 */
function asUnchanging(path: string): string | URL {
  if (existsSync(`${path}-wal`)) return path;
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  return url;
}

/** Node 22 warns that its SQLite is experimental. */
function withoutWarnings<T>(work: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}

type SqlJs = () => Promise<{
  readonly Database: new (bytes: Uint8Array) => {
    exec(sql: string): readonly {
      readonly columns: readonly string[];
      readonly values: readonly (readonly unknown[])[];
    }[];
    close(): void;
  };
}>;

function wasmDriver(): Driver | undefined {
  const start = attempt(() => load('sql.js') as SqlJs);
  if (!start.ok) return undefined;
  return async (path) => {
    const { Database: WasmDatabase } = await start.value();
    const database = new WasmDatabase(withoutLog(readFileSync(path)));
    return {
      all: (sql) =>
        database
          .exec(sql)
          .flatMap(({ columns, values }) =>
            values.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]]))),
          ),
      skipped: unreadLog(path),
      close: () => database.close(),
    };
  };
}

/** In memory there is no write-ahead log: the two bytes that say so are set to those of a database without one. */
function withoutLog(bytes: Buffer): Buffer {
  for (const at of [18, 19]) if (bytes[at] === 2) bytes[at] = 1;
  return bytes;
}

function unreadLog(path: string): readonly Finding[] {
  const log = attempt(() => statSync(`${path}-wal`).size);
  if (!log.ok || log.value === 0) return [];
  const reason = 'the latest messages are in the -wal file beside the database, which needs Node 22.13';
  return [{ kind: 'skipped', reason, count: 1 }];
}

/** Bytes become text, and whole numbers beyond 2^53 lose their last digits, as everywhere. */
function plainRow(row: object): JsonObject {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plainValue(value)]));
}

function plainValue(value: unknown): Json {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value === 'string') return value.toWellFormed();
  return typeof value === 'number' ? value : null;
}
