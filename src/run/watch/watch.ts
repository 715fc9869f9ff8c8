import { once } from 'node:events';
import { resolve } from 'node:path';
import { isError } from '../../core/problem.js';
import type { Plan } from '../../engine/types.js';
import { canonicalJson, type Json, type JsonObject } from '../../core/json.js';
import type { UsageEntry } from '../../models/usage/usage.js';
import { makeDataset } from '../make-dataset.js';
import { openRecipe, type OpenedRecipe } from '../open-recipe.js';
import type { RunProblem } from '../problem.js';
import { EXIT } from '../status.js';
import { interruptOnSignals, type Interrupt } from '../stop.js';
import { compareRecords, type RecordChange, type Records } from './changes.js';
import { openEdited, type RecipeVersion } from './edited-recipe.js';
import type { CellFailure, EventSink, StopReason } from '../../core/events.js';
import type { RunOutcome, RunRequest } from '../request.js';

/** A preview that is made again after each save of its recipe: the recipe's file in place of a plan. */
export interface WatchRequest extends Omit<
  RunRequest,
  'plan' | 'preview' | 'retry' | 'interrupt' | 'onRecord'
> {
  readonly file: string;
  readonly onEvent: EventSink;
  readonly onReport: (report: WatchReport) => void;
}

export type WatchReport =
  /** The recipe was read, and is run now if it has a plan. */
  | { readonly kind: 'opened'; readonly opened: OpenedRecipe }
  /** The recipe has no mistakes, but the round could not begin. */
  | { readonly kind: 'problem'; readonly opened: OpenedRecipe; readonly problem: RunProblem }
  /** A newer recipe was saved during a round; the round ends when the requests in flight have ended. */
  | { readonly kind: 'outdated' }
  | { readonly kind: 'round'; readonly round: Round }
  /** Nothing more to do until the next save. */
  | { readonly kind: 'waiting'; readonly files: readonly string[] };

/** One preview, compared with the one before. */
export interface Round {
  readonly plan: Plan;
  readonly outcome: RunOutcome;
  readonly changes: readonly RecordChange[];
  /** Columns that the records before had and these have not. */
  readonly gone: readonly string[];
  readonly failures: readonly CellFailure[];
  /** Stopped early for a newer recipe. */
  readonly outdated: boolean;
}

/** The state between rounds. */
interface Session {
  /** The requests of earlier rounds, which count towards the limits. */
  readonly spent: UsageEntry[];
  /** The records that were last shown, and the plan they were made with. */
  shown?: { readonly plan: Plan; readonly records: Records };
  /** Ctrl-C. */
  readonly interrupt: Interrupt;
}

const POLL_MS = 100;

/**
 * Makes a preview, and again after each save, until a signal or a spending limit ends it. Each round is an
 * ordinary preview: the answer store makes it quick. Returns the exit code.
 */
export async function watchRecipe(request: WatchRequest): Promise<number> {
  const { file, openedWith, onReport } = request;
  const recipe = await openEdited(resolve(openedWith.cwd, file), () =>
    openRecipe(file, { ...openedWith, download: true }),
  );
  const { opened } = recipe.current();
  if (isMissing(opened)) {
    onReport({ kind: 'opened', opened });
    return EXIT.badInput;
  }
  const interrupt = interruptOnSignals();
  const session: Session = { spent: [], interrupt };
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= recipe.look().finally(() => (looking = undefined));
  }, POLL_MS);
  try {
    for (;;) {
      const version = recipe.current();
      onReport({ kind: 'opened', opened: version.opened });
      const stopped = await playRound(request, session, version);
      if (interrupt.stop.aborted) return stopped ? EXIT.interrupted : EXIT.complete;
      if (stopped?.kind === 'limit' && stopped.limit !== 'error-rate') return EXIT.limited;
      if (!version.outdated.aborted) onReport({ kind: 'waiting', files: version.files });
      const next = AbortSignal.any([version.outdated, interrupt.stop]);
      if (!next.aborted) await once(next, 'abort');
      if (interrupt.stop.aborted) return EXIT.complete;
    }
  } finally {
    clearInterval(timer);
    interrupt.close();
  }
}

/** Makes one preview and reports it; returns why it was stopped, if it was. */
async function playRound(
  { answers = {}, limits, onReport, ...request }: WatchRequest,
  session: Session,
  { opened, outdated }: RecipeVersion,
): Promise<StopReason | undefined> {
  const { plan, stages } = opened;
  if (!plan && stages && !opened.diagnostics.some(isError)) {
    const names = stages.map(({ name }) => name).join(', ');
    const problem = { message: `a preview shows one stage: ${names}`, hint: 'say which with --stage NAME' };
    onReport({ kind: 'problem', opened, problem });
  }
  if (!plan) return undefined;
  const records = new Map<number, JsonObject>();
  const failures: CellFailure[] = [];
  const made = await makeDataset({
    ...request,
    plan,
    preview: true,
    // A first round that was complete has done what they ask for.
    answers: session.shown ? { ...answers, refresh: false, retryFailed: false } : answers,
    limits: { ...limits, spent: session.spent },
    interrupt: () => ({
      stop: AbortSignal.any([outdated, session.interrupt.stop]),
      abort: session.interrupt.abort,
    }),
    onEvent(event) {
      if (event.kind === 'cell-failed' && event.failure.class !== 'stopped') failures.push(event);
      if (event.kind === 'stopping' && outdated.aborted) onReport({ kind: 'outdated' });
      else request.onEvent(event);
    },
    onRecord: (record, row) => records.set(row, record),
  });
  if (!made.ok) {
    onReport({ kind: 'problem', opened, problem: made.error });
    return undefined;
  }
  const outcome = made.value;
  session.spent.push(...outcome.usage);
  const isOutdated = outcome.stopped?.kind === 'interrupted' && outdated.aborted;
  const before = hasSameSeed(session.shown?.plan, plan) ? session.shown : undefined;
  const round = {
    plan,
    outcome,
    failures,
    changes: isOutdated ? [] : compareRecords(before?.records ?? new Map(), records, plan.output),
    gone: goneColumns(before?.plan, plan),
    outdated: isOutdated,
  };
  onReport({ kind: 'round', round });
  // A record that could not be made this time is compared with its last good state next time.
  if (!isOutdated) session.shown = { plan, records: new Map([...(before?.records ?? []), ...records]) };
  return outcome.stopped;
}

/** Rows of another seed are other rows, so they are not compared. */
function hasSameSeed(before: Plan | undefined, now: Plan): boolean {
  const configOf = (plan: Plan): string => canonicalJson((plan.seed?.config ?? null) as Json);
  return before !== undefined && configOf(before) === configOf(now);
}

function goneColumns(before: Plan | undefined, now: Plan): readonly string[] {
  const names = new Set(now.output.map(({ name }) => name));
  return (before?.output ?? []).map(({ name }) => name).filter((name) => !names.has(name));
}

/** No file of this name: a typing mistake on the command line, so there is nothing to wait for. */
function isMissing({ diagnostics, loaded }: OpenedRecipe): boolean {
  return loaded.recipe === undefined && diagnostics.some(({ code }) => code === 'file-not-found');
}
