import { lstat, readdir } from 'node:fs/promises';
import { readMetadata, type Metadata } from '../dataset/metadata.js';
import type { Folders } from '../dataset/folders.js';
import type { RunProblem } from './problem.js';
import type { RunRequest } from './request.js';

/**
 * Whether a run would put something else in the place of a dataset: made-up answers for real ones, or one
 * partition for another. Bringing a dataset up to date is no replacement.
 */
export async function findReplacement(
  request: RunRequest,
  folders: Folders,
): Promise<RunProblem | undefined> {
  if (request.preview) return undefined;
  const stranger = await findStranger(folders);
  if (stranger) return stranger;
  const existing = await readMetadata(folders.dataset);
  if (!existing) return undefined;
  const other = existing.recipe?.name;
  if (other !== undefined && other !== request.plan.recipe.name) {
    return {
      message: `\`${folders.name}\` is a dataset of the recipe \`${other}\``,
      hint: `give another name with --dataset-name, or remove ${folders.dataset} first`,
    };
  }
  if (request.dryRun && !existing.fabricated) {
    return {
      message: `\`${folders.name}\` holds real answers; a dry run would put made-up ones in their place`,
      hint: 'leave --dataset-name out: a dry run then has a folder of its own',
    };
  }
  if (!isSamePart(request, existing)) {
    return {
      message: `\`${folders.name}\` holds ${partName(existing.partition)}, not ${partName(request.partition)}`,
      hint: 'leave --dataset-name out: every partition then has a folder of its own',
    };
  }
  return undefined;
}

/** What stands in a dataset's place, or in that of its partial one, and is none: it would be gone once the dataset is whole. */
export async function findStranger({ dataset, partial }: Folders): Promise<RunProblem | undefined> {
  for (const place of [dataset, partial])
    if (await isStranger(place))
      return {
        message: `${place} is there already, and is no dataset`,
        hint: 'give another name with --dataset-name, or another folder with --artifact-path',
      };
  return undefined;
}

async function isStranger(place: string): Promise<boolean> {
  const about = await lstat(place).catch(() => undefined);
  if (!about) return false;
  const names = await readdir(place).catch(() => undefined);
  // A dataset whose metadata is torn is one all the same.
  return names === undefined || (names.length > 0 && !names.includes('metadata.json'));
}

function isSamePart({ partition: asked }: RunRequest, { partition: there }: Metadata): boolean {
  return asked?.index === there?.index && asked?.num_partitions === there?.num_partitions;
}

function partName(partition: Metadata['partition'] | undefined): string {
  return partition ? `partition ${partition.index} of ${partition.num_partitions}` : 'all rows';
}
