import type { Metadata } from '../../dataset/metadata.js';
import { canonicalJson, type Json } from '../../core/json.js';
import type { RunProblem } from '../problem.js';

/** A dataset to merge. */
export interface Partition {
  readonly folder: string;
  readonly metadata: Metadata;
}

/** The properties that all partitions of one run share, by their names in messages. */
const SAME: readonly (readonly [string, (metadata: Metadata) => unknown])[] = [
  ['recipe', ({ recipe }) => recipe.sha256],
  ['columns', ({ columns }) => columns],
  ['params', ({ params }) => params],
  ['number of partitions', ({ partition }) => partition?.num_partitions],
  ['--seed', ({ seed }) => seed],
  ['--shuffle', ({ origin }) => origin.shuffle === true],
  ['--num-records', ({ accept, origin }) => (accept ? origin.num_records : null)],
  ['--dry-run', ({ fabricated }) => fabricated === true],
  ['seed: files or parts of them were left out in one and not in the other', ({ seed_notes }) => seed_notes],
];

/** Why datasets are not exactly the partitions of one run, with the folders to blame; `undefined` when they are. */
export function findMergeProblem(partitions: readonly Partition[]): RunProblem | undefined {
  const [first] = partitions;
  if (!first) return { message: 'there is nothing to merge', hint: 'name the datasets of all partitions' };
  const whole = partitions.find(({ metadata }) => !metadata.partition);
  if (whole) return { message: `${whole.folder} is no partition: it holds all rows`, hint: 'leave it out' };
  const undone = partitions.find(({ metadata }) => metadata.status !== 'finished');
  if (undone)
    return {
      message: `${undone.folder} is not finished: its status is ${undone.metadata.status}`,
      hint: 'run its command again first',
    };
  for (const partition of partitions)
    for (const [name, read] of SAME)
      if (asText(read(first.metadata)) !== asText(read(partition.metadata)))
        return {
          message: `${first.folder} and ${partition.folder} differ in their ${name}`,
          hint: 'only the partitions of one recipe, run with the same flags, make one dataset',
        };
  // Where rows are chosen, each partition makes its share of those that are wanted.
  if (first.metadata.accept) return findGap(partitions, first.metadata.partition?.num_partitions ?? 0);
  const limited = partitions.find(
    (partition) => rowsOf(partition) >= (partition.metadata.origin.num_records ?? Infinity),
  );
  if (limited)
    return {
      message: `${limited.folder} was made with --num-records: it is not its whole partition`,
      hint: 'run it again without',
    };
  return findGap(partitions, first.metadata.partition?.num_partitions ?? 0) ?? findOddSize(partitions);
}

/** Each index from 0 must be there exactly once. */
function findGap(partitions: readonly Partition[], count: number): RunProblem | undefined {
  const byIndex = new Map<number, Partition>();
  for (const partition of partitions) {
    const index = indexOf(partition);
    const other = byIndex.get(index);
    if (other)
      return {
        message: `${other.folder} and ${partition.folder} overlap: both are partition ${index}`,
        hint: 'leave one of them out',
      };
    byIndex.set(index, partition);
  }
  const missing = Array.from({ length: count }, (_, index) => index).filter((index) => !byIndex.has(index));
  if (missing.length === 0) return undefined;
  const shown = missing.length > 20 ? [...missing.slice(0, 20), '…'] : missing;
  return {
    message: `partition${missing.length === 1 ? '' : 's'} ${shown.join(', ')} of ${count} missing`,
    hint: 'partitions are counted from 0; name the datasets of all of them',
  };
}

/** The number of all rows determines the size of each partition. Other sizes come from different seeds. */
function findOddSize(partitions: readonly Partition[]): RunProblem | undefined {
  const total = partitions.reduce((sum, partition) => sum + rowsOf(partition), 0);
  const size = Math.floor(total / partitions.length);
  const larger = total % partitions.length;
  const odd = partitions.find(
    (partition) => rowsOf(partition) !== size + (indexOf(partition) < larger ? 1 : 0),
  );
  return (
    odd && {
      message: `${odd.folder} has ${rowsOf(odd)} rows, which does not fit ${total} rows in ${partitions.length} partitions`,
      hint: 'the seed was not the same for all of them: run them again with one seed',
    }
  );
}

export function indexOf({ metadata }: Partition): number {
  return metadata.partition?.index ?? 0;
}

/** The rows of a finished partition that were made. */
export function rowsOf({ metadata: { rows } }: Partition): number {
  return rows.done + rows.failed + rows.skipped + rows.unfinished + (rows.rejected ?? 0);
}

function asText(value: unknown): string {
  return canonicalJson((value ?? null) as Json);
}
