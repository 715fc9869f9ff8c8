import { err, ok, type Result } from '../core/result.js';
import type { RunProblem } from './problem.js';
import type { PartitionBlock } from '../core/config.js';

/** The schedulers that `--partition-from` knows. */
export const PARTITION_SOURCES = ['kubernetes', 'slurm'] as const;
export type PartitionSource = (typeof PARTITION_SOURCES)[number];

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The partition that a scheduler gave to this process. It is read only if the person names the scheduler, so that
 * a variable that is set by accident changes no dataset.
 *
 * `kubernetes`: an Indexed Job sets JOB_COMPLETION_INDEX and has no variable for the number of completions;
 * the manifest gives it as DD_NUM_PARTITIONS. `slurm`: an array whose indices have no gaps between
 * SLURM_ARRAY_TASK_MIN and _MAX; they may start at any number.
 */
export function partitionFrom(source: PartitionSource, env: Environment): Result<PartitionBlock, RunProblem> {
  return source === 'kubernetes' ? fromKubernetes(env) : fromSlurm(env);
}

function fromKubernetes(env: Environment): Result<PartitionBlock, RunProblem> {
  const index = wholeNumber(env['JOB_COMPLETION_INDEX']);
  const count = wholeNumber(env['DD_NUM_PARTITIONS']);
  if (index === undefined)
    return missing('JOB_COMPLETION_INDEX', 'it is set in the pods of a Job with completionMode: Indexed');
  if (count === undefined)
    return missing('DD_NUM_PARTITIONS', 'set it in the manifest to the completions of the Job');
  return block(index, count);
}

function fromSlurm(env: Environment): Result<PartitionBlock, RunProblem> {
  const read = (name: string): number | undefined => wholeNumber(env[`SLURM_ARRAY_TASK_${name}`]);
  const [id, min, max, count] = [read('ID'), read('MIN'), read('MAX'), read('COUNT')];
  if (id === undefined || min === undefined || max === undefined || count === undefined)
    return missing('SLURM_ARRAY_TASK_ID, _MIN, _MAX or _COUNT', 'they are set in jobs of sbatch --array');
  if (max - min + 1 !== count)
    return err({
      message: `the array has ${count} tasks between ${min} and ${max}: it has gaps`,
      hint: 'use an array without step or holes, as in --array=0-7',
    });
  return block(id - min, count);
}

function block(index: number, num_partitions: number): Result<PartitionBlock, RunProblem> {
  if (index >= 0 && index < num_partitions) return ok({ index, num_partitions });
  return err({
    message: `there is no partition ${index} of ${num_partitions}`,
    hint: 'partitions are counted from 0',
  });
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined;
}

function missing(name: string, hint: string): Result<never, RunProblem> {
  return err({ message: `${name} is not set, or is not a whole number`, hint });
}
