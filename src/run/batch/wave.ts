/**
 * A wave: an ordinary pass over all rows whose requests are written down instead of being sent. Levels of the graph,
 * conditions, corrections, restarts, fallbacks and accepted rows come out of the engine, which knows nothing of
 * batches: what an answer makes possible is asked for by the next wave.
 */
import type { StopReason } from '../../core/events.js';
import type { UsageEntry } from '../../models/usage/usage.js';
import type { RowSink } from '../row-sink.js';
import { runPlan, type RunPlanInput } from '../run-plan.js';
import { createRunStopper, stopOnInterrupt } from '../stop.js';
import type { BatchModel } from './batch-models.js';
import { createDeferral, type Corrections } from './deferral.js';
import type { Outcomes } from './outcomes.js';
import type { BatchFolder } from './records.js';
import { openSpool, type SpooledPart } from './spool.js';

export interface WaveInput {
  readonly run: RunPlanInput;
  readonly wave: number;
  readonly models: ReadonlyMap<string, BatchModel>;
  readonly corrections: Corrections;
  readonly outcomes: Outcomes;
  readonly pending: ReadonlySet<string>;
  /** Those of them that a row has asked for are added here. */
  readonly met: Set<string>;
  readonly folder: BatchFolder;
  readonly tokensOf: (alias: string) => number;
  /** Keys of the answers that this command has paid for. */
  readonly fresh: Set<string>;
}

export interface Wave {
  /** The new requests, on the disk. */
  readonly parts: readonly SpooledPart[];
  /** Requests without an answer, those in a batch included. */
  readonly waiting: number;
  /** What was asked online meanwhile. */
  readonly usage: readonly UsageEntry[];
  /** Why it ended early, if it did. */
  readonly reason: StopReason | undefined;
}

export async function runWave(input: WaveInput): Promise<Wave> {
  const { run, wave, models, corrections, outcomes, pending, met, folder, tokensOf, fresh } = input;
  const spool = openSpool(models, folder, wave, tokensOf);
  const { defer, waiting } = createDeferral({ batched: models, corrections, outcomes, pending, met, spool });
  const stopper = createRunStopper(() => undefined);
  const letGo = stopOnInterrupt(stopper, { stop: run.stopper.exitNow, abort: run.stopper.aborted });
  try {
    const { reason, usage } = await runPlan({
      ...run,
      resume: false,
      stopper,
      // Images of cells that are made already are where those of the dataset are.
      sink: { ...nowhere, media: run.sink.media },
      // Counted by the run that writes the dataset.
      batching: { defer, fresh: { add: (key) => fresh.add(key), take: () => false } },
      onRecord: undefined,
      onRow: undefined,
      onEvent: (event) => {
        if (event.kind === 'waiting' || event.kind === 'fallback') run.onEvent(event);
      },
    });
    return { parts: await spool.close(), waiting: waiting(), usage, reason };
  } finally {
    await spool.close();
    letGo();
    stopper.release();
  }
}

/** The rows of a wave are not written: most are not finished. */
const nowhere: Omit<RowSink, 'media'> = {
  process: (rows) => rows,
  keep: async () => undefined,
  fail: async () => undefined,
  reject: async () => undefined,
  close: () => Promise.reject(new Error('a wave has no dataset')),
  abandon: async () => undefined,
};
