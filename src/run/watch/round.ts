import type { JsonObject } from '../../core/json.js';
import type { AnswerStore } from '../../models/types.js';
import type { UsageEntry } from '../../models/usage/usage.js';
import { stopOnErrorRate } from '../error-rate.js';
import { makeRows } from '../make-rows.js';
import { previewSink } from '../row-sink.js';
import { openModels } from '../open-models.js';
import type { RunRequest } from '../request.js';
import { createStopSwitch, stopOnRefusal } from '../stop.js';
import type { Records } from './changes.js';
import type { KeptRows } from './rows.js';
import type { CellFailure, StopReason } from '../../core/events.js';

export interface RoundRequest extends Omit<RunRequest, 'onRecord' | 'noCache'> {
  readonly rows: KeptRows;
  readonly store: AnswerStore;
  /** What earlier rounds asked for. */
  readonly spent: readonly UsageEntry[];
  /** Once one is aborted, no further request goes out; those in flight finish and are kept. */
  readonly stopOn: { readonly outdated: AbortSignal; readonly ended: AbortSignal };
  /** Once aborted, requests in flight are cut off as well. */
  readonly abort: AbortSignal;
}

/** What one round of a watch made. */
export interface Round {
  readonly records: Records;
  readonly failures: readonly CellFailure[];
  /** Why rows are missing, if any are. */
  readonly stopped: StopReason | undefined;
  readonly usage: readonly UsageEntry[];
  readonly seconds: number;
}

/** Runs a plan once, in memory: what is stored comes back at once, the rest is asked for. */
export async function makeRound(request: RoundRequest): Promise<Round> {
  const { plan, stopOn, abort } = request;
  const started = performance.now();
  const records = new Map<number, JsonObject>();
  const failures: CellFailure[] = [];
  const stopSwitch = createStopSwitch((event) => {
    // A newer recipe needs no word of its own: its round follows.
    if (!stopOn.outdated.aborted) request.onEvent(event);
  });
  const emit = stopOnErrorRate(
    stopOnRefusal((event) => {
      if (event.kind === 'cell-failed') failures.push(event);
      request.onEvent(event);
    }, stopSwitch),
    stopSwitch,
    plan.recipe.run_config ?? {},
  );
  const { models, close } = await openModels({
    ...request,
    cells: '',
    limits: request.dryRun ? {} : (request.limits ?? {}),
    noCache: false,
    emit,
    stopSwitch,
  });
  // A second pull would cut off what is in flight.
  const stopOnce = (): void => void (stopSwitch.reason ?? stopSwitch.pull({ kind: 'interrupted' }));
  const letGo = [
    whenAborted(stopOn.outdated, stopOnce),
    whenAborted(stopOn.ended, stopOnce),
    whenAborted(abort, stopSwitch.release),
  ];
  try {
    const { accounts, readToEnd } = await makeRows({
      request: { ...request, onRecord: (record, row) => void records.set(row, record) },
      rows: request.rows.rows,
      models,
      sink: previewSink(),
      emit,
      stop: stopSwitch.stop,
    });
    const isWhole = readToEnd && accounts.counts(0, undefined).unfinished === 0;
    return {
      records,
      failures: failures.filter(({ failure }) => failure.class !== 'stopped'),
      stopped: isWhole ? undefined : stopSwitch.reason,
      usage: models.usage(),
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    for (const release of letGo) release();
    stopSwitch.release();
    await close();
  }
}

/** Whether the seed gave no row at all. */
export function isEmpty({ records, failures, stopped }: Round): boolean {
  return !stopped && records.size === 0 && failures.length === 0;
}

function whenAborted(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
  return () => signal.removeEventListener('abort', act);
}
