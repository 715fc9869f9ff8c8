/** Rows on their way to a worker: what they need to be made there, as in the plan of the coordinator. */
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { JsonObject } from '../../core/json.js';
import type { IdentifiedRow } from '../../engine/row-identity.js';
import type { CellFailure } from '../../core/events.js';
import type { Plan } from '../../engine/types.js';

/** A block is full with so many rows, or about so many bytes of seed. */
export const BLOCK = { rows: 32, bytes: 2 ** 20 };

/** What a worker says when it has made a block. The answers are in the block already. */
export interface BlockResult {
  /** Cells that failed for good, which later runs would try again. */
  readonly failures: readonly CellFailure[];
}

/** A row as a text: its number, its seed, and its id for each column in the order of the plan. */
export function rowText({ index, attempt, seed, ids }: IdentifiedRow, { columns }: Plan): string {
  const own = columns.map(({ column: { name } }) => ids.get(name) ?? '');
  const unique = [...new Set(own)];
  return JSON.stringify([index, attempt ?? 0, seed, unique, own.map((id) => unique.indexOf(id))]);
}

type Coded = readonly [number, number, JsonObject, readonly string[], readonly number[]];

export function rowOf(text: string, { columns }: Plan): IdentifiedRow {
  const [index, attempt, seed, unique, own] = JSON.parse(text) as Coded;
  const ids = new Map(columns.map(({ column: { name } }, at) => [name, unique[own[at] ?? 0] ?? '']));
  return { index, ...(attempt > 0 && { attempt }), seed, ids };
}

const [deflate, inflate] = [promisify(deflateRaw), promisify(inflateRaw)];

/** Fast rather than small: sessions become about a fifth. */
const LEVEL = 1;

export const packRows = (texts: readonly string[]): Promise<Buffer> =>
  deflate(texts.join('\n'), { level: LEVEL });

export const unpackRows = async (packed: Buffer): Promise<readonly string[]> =>
  (await inflate(packed)).toString().split('\n');
