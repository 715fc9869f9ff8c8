import type { Metadata } from '../dataset/metadata.js';
import type { Plan, RetryScope } from '../engine/types.js';
import type { JsonObject } from '../core/json.js';
import type { OpenRecipeOptions } from './open-recipe.js';
import type { SpendingLimits } from './spending-limits.js';
import type { PartitionBlock } from '../core/config.js';
import type { EventSink } from '../core/events.js';

/** What is to be run, and how: the flags of `dd run` after the recipe was opened. */
export interface RunRequest {
  readonly plan: Plan;
  /** Folder of datasets. */
  readonly artifactPath: string;
  /** Name of the dataset's folder; the recipe's name when left out. */
  readonly datasetName?: string;
  /** At most this many rows; every seed row when left out, 10 in a preview. */
  readonly numRecords?: number;
  /** Show rows, write no dataset. */
  readonly preview: boolean;
  readonly shuffle: boolean;
  /** Drives the shuffle. */
  readonly seed: number;
  readonly partition?: PartitionBlock;
  /** Make a new folder instead of bringing the dataset of this name up to date. */
  readonly fresh: boolean;
  readonly dryRun: boolean;
  /** Ask everything again; the new answers take the place of the stored ones. */
  readonly noCache: boolean;
  /** Ask afresh for cells whose stored answers were never usable. */
  readonly retryFailed: boolean;
  /** None when left out. */
  readonly limits?: SpendingLimits;
  /** How the recipe was opened: kept with the dataset, so that `dd retry` can open it in the same way. */
  readonly openedWith?: OpenRecipeOptions;
  readonly retry?: Retry;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onEvent: EventSink;
  /** A row of the dataset with its number, in order: all of them in a preview, otherwise the first. */
  readonly onRecord?: (row: JsonObject, number: number) => void;
}

/** Tries cells of a dataset again and leaves the others as they are. */
export interface Retry {
  readonly scope: RetryScope;
  /** The dataset as it was. */
  readonly previous: Metadata;
}
