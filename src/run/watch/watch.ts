import { foldersOf } from '../../dataset/folders.js';
import type { Plan } from '../../engine/types.js';
import { err, ok, type Result } from '../../core/result.js';
import type { AnswerStore } from '../../models/types.js';
import type { UsageEntry } from '../../models/usage/usage.js';
import { emptySeed } from '../check-seed.js';
import { DEFAULTS } from '../../core/defaults.js';
import type { OpenedRecipe, OpenRecipeOptions } from '../open-recipe.js';
import type { RunProblem } from '../problem.js';
import type { RunRequest } from '../request.js';
import { EXIT } from '../status.js';
import { findUnpriced } from '../spending-limits.js';
import { stopOnSignals } from '../stop.js';
import { compareRecords, type RecordChange, type Records } from './changes.js';
import { openEdited, type EditedRecipe, type RecipeVersion } from './recipe.js';
import { isEmpty, makeRound, type Round } from './round.js';
import { keepRows, type KeptRows, type RowKeeper } from './rows.js';
import { openWatchStore } from './store.js';

/** What is to be watched: a preview's flags, and the file instead of a plan. */
export interface WatchRequest extends Omit<RunRequest, 'plan' | 'preview' | 'fresh' | 'onRecord'> {
  readonly file: string;
  readonly openedWith: OpenRecipeOptions;
  readonly onReport: (report: WatchReport) => void;
}

/** What there is to say in a watch. */
export type WatchReport =
  /** Something that happened before the first round. */
  | { readonly kind: 'note'; readonly text: string }
  /** The recipe was read, and is about to be run if it has a plan. */
  | { readonly kind: 'opened'; readonly opened: OpenedRecipe }
  /** The recipe is sound, but something that it asks for is not there. */
  | { readonly kind: 'problem'; readonly opened: OpenedRecipe; readonly problem: RunProblem }
  /** A newer recipe was saved during a round, which is over as soon as what is in flight has come back. */
  | { readonly kind: 'outdated' }
  | {
      readonly kind: 'round';
      readonly plan: Plan;
      readonly round: Round;
      readonly changes: readonly RecordChange[];
      /** Columns of the last records that are no more. */
      readonly gone: readonly string[];
      /** Stopped early for a newer recipe. */
      readonly outdated: boolean;
    }
  /** Nothing is left to do until the next save. */
  | { readonly kind: 'waiting'; readonly files: readonly string[] };

/** What lasts from round to round. */
interface Session {
  readonly store: AnswerStore;
  readonly rows: RowKeeper;
  readonly spent: UsageEntry[];
  /** The last good records. */
  shown: Shown | undefined;
  /** The first signal: no further request goes out. */
  readonly ended: AbortSignal;
  /** The second: those in flight are cut off. */
  readonly cutOff: AbortSignal;
}

interface Shown {
  readonly rows: KeptRows;
  readonly plan: Plan;
  readonly records: Records;
}

/**
 * Shows a preview, and again each time the recipe is saved, until a signal or a limit of spending ends it.
 * Gives the exit code. One store stays open and the seed is read once, so a round takes as long as what was
 * edited takes.
 */
export async function watchRecipe(request: WatchRequest): Promise<Result<number, RunProblem>> {
  const folders = foldersOf(request.artifactPath, 'preview');
  const opened = await openWatchStore(folders, request, (text) => request.onReport({ kind: 'note', text }));
  if (!opened.ok) return opened;
  const { store, close } = opened.value;
  const recipe = await openEdited(request.file, request.openedWith);
  const ended = new AbortController();
  const cutOff = new AbortController();
  const releaseSignals = stopOnSignals(() => (ended.signal.aborted ? cutOff : ended).abort());
  const rows = keepRows({
    rows: {
      limit: request.numRecords ?? DEFAULTS.preview_rows,
      shuffle: request.shuffle,
      seed: request.seed,
      partition: request.partition,
    },
    env: request.env,
    onNote: (note) => request.onEvent({ kind: 'seed-note', note }),
  });
  try {
    return ok(
      await playRounds(request, recipe, {
        store,
        rows,
        spent: [],
        shown: undefined,
        ended: ended.signal,
        cutOff: cutOff.signal,
      }),
    );
  } finally {
    releaseSignals();
    recipe.close();
    await close();
  }
}

/** A round for each version of the recipe; gives the exit code. */
async function playRounds(request: WatchRequest, recipe: EditedRecipe, session: Session): Promise<number> {
  const { onReport } = request;
  if (isMissing(recipe.current())) {
    onReport({ kind: 'opened', opened: recipe.current().opened });
    return EXIT.badInput;
  }
  for (;;) {
    const version = recipe.current();
    const { opened, files, outdated } = version;
    onReport({ kind: 'opened', opened });
    const round = opened.plan && (await playRound(request, session, version, opened.plan));
    if (session.ended.aborted) return round?.stopped ? EXIT.interrupted : EXIT.complete;
    if (isSpent(round)) return EXIT.limited;
    if (!outdated.aborted) onReport({ kind: 'waiting', files });
    await aborted(AbortSignal.any([outdated, session.ended]));
    if (session.ended.aborted) return EXIT.complete;
  }
}

/** One round and what there is to say of it; `undefined` when it could not begin. */
async function playRound(
  request: WatchRequest,
  session: Session,
  { opened, outdated }: RecipeVersion,
  plan: Plan,
): Promise<Round | undefined> {
  const { dryRun, limits, onReport } = request;
  const unpriced = dryRun ? undefined : findUnpriced(plan, limits ?? {});
  const rows = unpriced ? err(unpriced) : await session.rows.rowsOf(plan);
  if (!rows.ok) {
    onReport({ kind: 'problem', opened, problem: rows.error });
    return undefined;
  }
  const tellOutdated = (): void => onReport({ kind: 'outdated' });
  outdated.addEventListener('abort', tellOutdated);
  const round = await makeRound({
    ...request,
    plan,
    rows: rows.value,
    store: session.store,
    preview: true,
    fresh: false,
    retryFailed: request.retryFailed && session.shown === undefined,
    spent: session.spent,
    stopOn: { outdated, ended: session.ended },
    abort: session.cutOff,
  }).finally(() => outdated.removeEventListener('abort', tellOutdated));
  session.spent.push(...round.usage);

  if (isEmpty(round)) {
    session.rows.forget();
    onReport({ kind: 'problem', opened, problem: emptySeed(rows.value.notes) });
    return undefined;
  }
  // Rows that were read anew are other rows: there is nothing to compare them with.
  const shown = session.shown?.rows === rows.value ? session.shown : undefined;
  const isOutdated = round.stopped?.kind === 'interrupted' && outdated.aborted;
  const changes = compareRecords(shown?.records ?? new Map(), round.records, plan.output);
  onReport({
    kind: 'round',
    plan,
    round,
    changes: isOutdated ? [] : changes,
    gone: goneColumns(shown?.plan, plan),
    outdated: isOutdated,
  });
  if (isOutdated) return round;
  // A record that could not be made this time keeps its last good state.
  const records = new Map([...(shown?.records ?? []), ...round.records]);
  session.shown = { rows: rows.value, plan, records };
  return round;
}

function goneColumns(before: Plan | undefined, now: Plan): readonly string[] {
  const names = new Set(now.output.map(({ name }) => name));
  return (before?.output ?? []).map(({ name }) => name).filter((name) => !names.has(name));
}

/** No file of this name: a slip of the pen on the command line, and nothing to wait for. */
function isMissing({ opened: { diagnostics, loaded } }: RecipeVersion): boolean {
  return loaded.recipe === undefined && diagnostics.some(({ code }) => code === 'file-not-found');
}

function isSpent(round: Round | undefined): boolean {
  return round?.stopped?.kind === 'limit' && round.stopped.limit !== 'error-rate';
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
