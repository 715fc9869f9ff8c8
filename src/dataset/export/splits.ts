import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import type { JsonObject } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';

/** One of several files that the rows are shared out to. */
export interface Split {
  readonly name: string;
  /** Of all rows; the shares of all splits make 1. */
  readonly share: number;
}

/** Columns by which rows belong together when the person names none: work on one project, then one session. */
export const GROUPS = ['project_path', 'root_session_id', 'trace_id'];

/** Reads `train=0.9,test=0.1`. Shares are made to add up to 1, so `train=9,test=1` is the same. */
export function parseSplits(text: string): Result<readonly Split[], string> {
  const splits: Split[] = [];
  for (const part of text.split(',')) {
    const [, name = '', share = ''] = /^\s*([\w-]+)\s*=\s*(\d*\.?\d+)\s*$/.exec(part) ?? [];
    if (name === '' || Number(share) <= 0 || splits.some((split) => split.name === name))
      return err(`\`${part.trim()}\` is not a name with a share above 0; write --split train=0.9,test=0.1`);
    splits.push({ name, share: Number(share) });
  }
  return ok(normalSplits(Object.fromEntries(splits.map(({ name, share }) => [name, share]))));
}

/** Splits by name, with shares that add up to 1. */
export function normalSplits(shares: Readonly<Record<string, number>>): readonly Split[] {
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  return Object.entries(shares).map(([name, share]) => ({ name, share: share / total }));
}

/**
 * The split of a row. It depends only on the value of the group's column, so rows of one group are never divided,
 * and a row stays in its split when others are added. Without a value, the row is a group of its own.
 */
export function splitOf(
  row: JsonObject,
  number: number,
  groupBy: string | undefined,
  splits: readonly Split[],
): Split | undefined {
  const value = groupBy === undefined ? undefined : row[groupBy];
  const group = value === undefined || value === null ? `row ${number}` : JSON.stringify(value);
  let place = createHash('sha256').update(group).digest().readUInt32BE() / 2 ** 32;
  for (const split of splits) {
    if (place < split.share) return split;
    place -= split.share;
  }
  return splits.at(-1);
}

/** `rows.jsonl` becomes `rows.train.jsonl`; or another end of the name, if one is given. */
export function splitFile(file: string, name: string, extension?: string): string {
  const end = extname(file);
  return `${file.slice(0, file.length - end.length)}.${name}${extension === undefined ? end : `.${extension}`}`;
}
