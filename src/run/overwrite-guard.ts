import { lstat, readdir } from 'node:fs/promises';
import { readMetadata, type Metadata } from '../dataset/metadata.js';
import type { Folders } from '../dataset/folders.js';
import type { RunProblem } from './problem.js';

/** The dataset that a run would write. */
export interface Written {
  /** Name of its recipe. */
  readonly recipe: string;
  readonly dryRun: boolean;
  readonly partition?: Metadata['partition'] | undefined;
}

/**
 * Why a run may not write to a dataset's folder: it would replace something else, such as real answers by
 * fabricated ones, or one partition by another. To bring the same dataset up to date is fine.
 */
export async function findOverwrite(
  folders: Folders,
  { recipe, dryRun, partition }: Written,
): Promise<RunProblem | undefined> {
  const foreign = await findForeignFolder(folders);
  if (foreign) return foreign;
  const existing = await readMetadata(folders.dataset);
  if (!existing) return undefined;
  const other = existing.recipe?.name;
  if (other !== undefined && other !== recipe) {
    return {
      message: `\`${folders.name}\` is a dataset of the recipe \`${other}\``,
      hint: `give another name with --dataset-name, or remove ${folders.dataset} first`,
    };
  }
  if (dryRun && !existing.fabricated) {
    return {
      message: `\`${folders.name}\` holds real answers; a dry run would replace them with fake ones`,
      hint: 'leave --dataset-name out: a dry run then has its own folder',
    };
  }
  if (!isSamePart(partition, existing.partition)) {
    return {
      message: `\`${folders.name}\` holds ${partName(existing.partition)}, not ${partName(partition)}`,
      hint: 'leave --dataset-name out: each partition then has its own folder',
    };
  }
  return undefined;
}

/** Rows of the finished dataset in a folder, without failed ones; 0 when there is none. */
export async function finishedRows(dataset: string): Promise<number> {
  const metadata = await readMetadata(dataset);
  return metadata?.status === 'finished' ? metadata.rows.done + metadata.rows.skipped : 0;
}

/** A file or folder in the place of a dataset, or of its partial one, that is no dataset: a run would delete it. */
export async function findForeignFolder({ dataset, partial }: Folders): Promise<RunProblem | undefined> {
  for (const place of [dataset, partial])
    if (await isForeign(place))
      return {
        message: `${place} is there already, and is no dataset`,
        hint: 'give another name with --dataset-name, or another folder with --artifact-path',
      };
  return undefined;
}

async function isForeign(place: string): Promise<boolean> {
  const about = await lstat(place).catch(() => undefined);
  if (!about) return false;
  const names = await readdir(place).catch(() => undefined);
  // A dataset whose metadata.json is damaged still has one.
  return names === undefined || (names.length > 0 && !names.includes('metadata.json'));
}

type Part = Metadata['partition'] | undefined;

function isSamePart(a: Part, b: Part): boolean {
  return a?.index === b?.index && a?.num_partitions === b?.num_partitions;
}

function partName(partition: Part): string {
  return partition ? `partition ${partition.index} of ${partition.num_partitions}` : 'all rows';
}
