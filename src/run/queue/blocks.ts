/** Rows on their way to a worker: what they need to be made there, as in the plan of the coordinator. */
import { promisify } from 'node:util';
import { deflateRaw, deflateRawSync, inflateRaw, inflateRawSync } from 'node:zlib';
import type { JsonObject } from '../../core/json.js';
import type { IdentifiedRow } from '../../engine/row-identity.js';
import type { CellFailure } from '../../core/events.js';
import type { ArrivingRows } from '../../engine/run-rows.js';
import type { Plan } from '../../engine/types.js';

/** A block is full with about so many bytes of seed, or with a number of rows. */
export const BLOCK_BYTES = 2 ** 20;

/**
 * Rows of a block: an eighth of the requests that all workers together may have in flight. A block is done when its
 * slowest row is, so few rows in it and many blocks keep requests in flight where some answers take long; but every block
 * costs the coordinator about as much as 30 cells.
 */
export const blockRows = (inFlight: number): number => Math.min(32, Math.max(4, Math.ceil(inFlight / 8)));

/** Blocks that keep so many requests in flight: six times as many rows, by the model in `bench/workers-model.mjs`. */
export const blocksFor = (inFlight: number, rows: number): number =>
  Math.max(8, Math.ceil((6 * inFlight) / rows));

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

/** Bytes that take less time here than their way to another thread. */
const SMALL = 32 * 1024;

export async function packRows(texts: readonly string[]): Promise<Buffer> {
  const text = texts.join('\n');
  return text.length < SMALL ? deflateRawSync(text, { level: LEVEL }) : deflate(text, { level: LEVEL });
}

export async function unpackRows(packed: Buffer): Promise<readonly string[]> {
  const text = packed.length < SMALL / 8 ? inflateRawSync(packed) : await inflate(packed);
  return text.toString().split('\n');
}

/** Rows that are all there. */
export function given(rows: readonly IdentifiedRow[]): ArrivingRows {
  const left = rows.values();
  return {
    next: async () => left.next(),
    return: async () => undefined,
    isReady: () => true,
    onReady: () => undefined,
  };
}
