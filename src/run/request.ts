import type { Plan, RetryScope } from '../engine/types.js';
import type { Clock } from '../core/clock.js';
import type { JsonObject } from '../core/json.js';
import type { Metadata } from '../dataset/metadata.js';
import type { UsageEntry } from '../models/usage/usage.js';
import type { QueueRequest } from './queue/run-on-queue.js';
import type { Corrections } from './batch/deferral.js';
import type { AnswerPolicy } from './open-models.js';
import type { OpenRecipeOptions } from './open-recipe.js';
import type { DatasetTarget } from './prepare-run.js';
import type { RowSelection } from './seed-rows.js';
import type { SpendingLimits } from './spending-limits.js';
import type { Interrupt } from './stop.js';
import type { EventSink, StopReason } from '../core/events.js';

/** A run: the flags of `dd run` after its recipe was opened. */
export interface RunRequest {
  readonly plan: Plan;
  /** How the recipe was opened. It is kept with the dataset, so that `dd retry` can open it the same way. */
  readonly openedWith: OpenRecipeOptions;
  readonly target: DatasetTarget;
  readonly rows?: RowSelection;
  readonly answers?: AnswerPolicy;
  readonly limits?: SpendingLimits;
  /** Ask in batches where it is possible. Models with `batch: true` are asked in batches without it. */
  readonly batch?: BatchRequest;
  /** Make rows and write no dataset. */
  readonly preview?: boolean;
  /** Send well-known keys to hosts that they are not made for. Default: to those that the settings have. */
  readonly allowHosts?: boolean;
  /** Start the programs that the recipe names as providers of tools. Default: those that the settings allow. */
  readonly allowTools?: boolean;
  /** Start the commands that columns of the recipe name. Default: those that the settings allow. */
  readonly allowCommands?: boolean;
  /** Retry some cells of an existing dataset and leave the others as they are. */
  readonly retry?: Retry;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called when the run begins: what ends it early. Without it, nothing from outside does. */
  readonly interrupt?: () => Interrupt;
  /** Workers make the cells; this process coordinates them. */
  readonly queue?: QueueRequest | undefined;
  /** Measures how long it takes. */
  readonly clock?: Pick<Clock, 'now'>;
  readonly onEvent?: EventSink;
  /** Called with rows of the dataset and their numbers, in order: all of a preview, the first of a dataset. */
  readonly onRecord?: (row: JsonObject, number: number) => void;
  /** Called with every row of the dataset or preview, in order. */
  readonly onRow?: (row: JsonObject) => void;
}

export interface BatchRequest {
  /** Every model whose provider has batches, also without `batch: true`. */
  readonly all?: boolean;
  readonly corrections?: Corrections;
  /** Default: true. With false, the run ends where there is nothing left but to wait for batches. */
  readonly waits?: boolean;
  /** Milliseconds that a batch whose request had no answer is looked for before it is handed in again. */
  readonly graceMs?: number | undefined;
  /** Measures the pauses between questions. */
  readonly clock?: Clock;
  /** The time of day. */
  readonly today?: () => Date;
}

export interface Retry {
  readonly scope: RetryScope;
  /** The dataset as it was. */
  readonly previous: Metadata;
}

export interface RunOutcome {
  readonly metadata: Metadata;
  /** The dataset's folder; `undefined` for a preview. */
  readonly dataset: string | undefined;
  /** Rows of the finished dataset that was replaced, if it had more than this one. */
  readonly replacedRows?: number;
  /** Why it ended early, if it did. */
  readonly stopped: StopReason | undefined;
  readonly exitCode: number;
  /** The requests of this run, by column and model. */
  readonly usage: readonly UsageEntry[];
  /** Of a recipe with stages, all that were made, in order; the rest of the outcome is that of the last one. */
  readonly stages?: readonly MadeStage[];
}

/** A stage that was made, with its own outcome. */
export interface MadeStage {
  readonly name: string;
  readonly outcome: RunOutcome;
}
