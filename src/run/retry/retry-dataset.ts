import { FAILURE_CLASSES, isUntried } from '../../core/failure.js';
import { existsSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { recipeHash, type Metadata } from '../../dataset/metadata.js';
import { err, ok, type Result } from '../../core/result.js';
import { choose, readFailedCells, retryScope, type CellChoice, type FailedCell } from './failed-cells.js';
import { findDataset, type FoundDataset } from '../find-dataset.js';
import { openRecipe, type OpenedRecipe, type OpenRecipeOptions } from '../open-recipe.js';
import { reopen } from '../origin.js';
import type { RunProblem } from '../problem.js';
import type { RunRequest } from '../request.js';
import { unknownName } from '../unknown-name.js';

export interface RetryOptions {
  /** Name of the dataset, or its path. */
  readonly dataset: string;
  /** Folder of datasets. */
  readonly artifactPath: string;
  readonly choice: CellChoice;
  /** The recipe's file, if it was moved. */
  readonly recipe?: string;
  readonly cwd: string;
  /** Load the plugins that the recipe names. */
  readonly allowPlugins?: boolean;
  /** Send well-known keys to hosts that they are not made for. */
  readonly allowHosts?: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The cells to retry, and the run that does it. */
export interface RetryPlan {
  readonly found: FoundDataset;
  readonly failed: readonly FailedCell[];
  readonly chosen: readonly FailedCell[];
  /** `undefined` when no cell was chosen. */
  readonly opened: OpenedRecipe | undefined;
  /** `undefined` when no cell was chosen, or the recipe has mistakes. */
  readonly request: Omit<RunRequest, 'onEvent' | 'onRecord' | 'limits'> | undefined;
}

/** Reads the failures of a dataset and prepares the run that retries the chosen ones. */
export async function planRetry(options: RetryOptions): Promise<Result<RetryPlan, RunProblem>> {
  const { artifactPath, choice, cwd, env } = options;
  const found = await findDataset(options.dataset, artifactPath, cwd);
  if (!found.ok) return found;
  const { folder, metadata } = found.value;
  const refused = notToBeRetried(metadata);
  if (refused) return err(refused);
  const cells = await readFailedCells(folder);
  const failed = cells.filter(({ isReplaced }) => isReplaced !== true);
  const unknown = unknownChoice(failed, choice, metadata);
  if (unknown) return err(unknown);
  const chosen = choose(failed, choice);
  if (chosen.length === 0)
    return ok({ found: found.value, failed, chosen, opened: undefined, request: undefined });

  const { file: past, options: openedWith } = reopen(metadata.origin, folder);
  const file = options.recipe === undefined ? past : resolve(cwd, options.recipe);
  if (!existsSync(file)) return err(recipeGone(relative(cwd, file)));
  const opened = await openRecipe(file, {
    ...openedWith,
    download: true,
    allowPlugins: options.allowPlugins === true,
    allowHosts: options.allowHosts === true,
    env,
    ...stageOf(found.value),
  });
  const { plan } = opened;
  if (plan && recipeHash(plan) !== metadata.recipe.sha256) return err(recipeChanged(relative(cwd, file)));
  return ok({
    found: found.value,
    failed,
    chosen,
    opened,
    request: plan && {
      plan,
      openedWith,
      target: { artifactPath: dirname(folder), name: datasetName(folder) },
      rows: {
        limit: metadata.origin.num_records ?? undefined,
        shuffle: metadata.origin.shuffle,
        seed: metadata.seed,
        partition: metadata.partition ?? undefined,
      },
      retry: {
        // A row that is rejected now leaves its place to another.
        scope: retryScope(cells, chosen, plan.accept !== undefined && metadata.status === 'finished'),
        previous: metadata,
      },
      allowHosts: options.allowHosts === true,
      env,
    },
  });
}

/** The stage of its recipe, with the datasets of the other stages beside it. */
export function stageOf({
  folder,
  metadata: { stage },
}: FoundDataset): Pick<OpenRecipeOptions, 'stage' | 'datasets'> {
  if (!stage) return {};
  const name = datasetName(folder).slice(0, -(stage.name.length + 1));
  return { stage: stage.name, datasets: { artifactPath: dirname(folder), name } };
}

const datasetName = (folder: string): string => basename(folder).replace(/\.partial$/, '');

function notToBeRetried({ dataset, fabricated, origin }: Partial<Metadata>): RunProblem | undefined {
  if (fabricated === true)
    return {
      message: `\`${dataset}\` was made by a dry run, so there is nothing to retry`,
      hint: 'run its recipe without --dry-run',
    };
  if (!origin)
    return {
      message: `\`${dataset}\` cannot be retried: its metadata.json has no \`origin\``,
      hint: 'run its recipe again; stored answers are used',
    };
  return undefined;
}

/** A class or column that cannot have failed is a typing mistake. */
function unknownChoice(
  failed: readonly FailedCell[],
  { classes, columns }: CellChoice,
  metadata: Metadata,
): RunProblem | undefined {
  const kind = classes.find((name) => !RECORDED_CLASSES.includes(name));
  if (kind !== undefined)
    return unknownName(`there is no class of failure \`${kind}\``, kind, RECORDED_CLASSES);
  const known = [
    ...new Set([...failed.map(({ column }) => column), ...metadata.columns.map(({ name }) => name)]),
  ];
  const column = columns.find((name) => !known.includes(name));
  if (column === undefined) return undefined;
  return unknownName(`\`${metadata.dataset}\` has no column \`${column}\``, column, known);
}

/** The classes that `failures.jsonl` may hold: rows that were never tried are not in it. */
const RECORDED_CLASSES: readonly string[] = FAILURE_CLASSES.filter((kind) => !isUntried({ class: kind }));

function recipeGone(path: string): RunProblem {
  return {
    message: `the recipe of this dataset is not at ${path} any more`,
    hint: 'say where it is with --recipe FILE',
  };
}

function recipeChanged(path: string): RunProblem {
  return {
    message: `the recipe ${path} is not the one this dataset was made with`,
    hint: `dd run ${path} brings the dataset up to date; it asks what failed as well with --retry-failed`,
  };
}
