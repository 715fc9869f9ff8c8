/** `dd run --queue`: a run whose cells are made by workers. */
import { dirname, join } from 'node:path';
import { err, ok, type Result } from '../../core/result.js';
import type { Folders } from '../../dataset/folders.js';
import { sumUsage, noTokens, type UsageEntry } from '../../models/usage/usage.js';
import type { Plan } from '../../engine/types.js';
import { digestPlugins, type PluginDigest } from '../../plugins/plugin-digest.js';
import type { RunProblem } from '../problem.js';
import type { OpenedModels } from '../open-models.js';
import { parallelOf, type QueuedRun, type RunOnQueue } from '../run-plan.js';
import { checkShared } from './block-rows.js';
import { blockRows, given } from './blocks.js';
import { connectQueue, type QueueConnection } from './connection.js';
import type { Metrics } from './metrics.js';
import { openCoordinator } from './coordinator.js';
import { dispatchRows } from './dispatch.js';
import { createOwnAnswers } from './own-answers.js';
import { recordOf } from './run-record.js';

export interface QueueRequest {
  /** The address of Redis. It may hold a password. */
  readonly url: string;
  /** Data Designer exported the recipe. */
  readonly isExported: boolean;
  /** The absolute path of a folder that workers see too: rows go by its files in place of Redis. */
  readonly rows?: string | undefined;
  /** Is told the state of the queue. */
  readonly metrics?: Metrics | undefined;
}

export interface PreparedQueue {
  readonly run: RunOnQueue;
  close(): void;
}

export async function prepareQueue(
  { url, isExported, rows, metrics }: QueueRequest,
  { plan, folders }: { readonly plan: Plan; readonly folders: Folders },
): Promise<Result<PreparedQueue, RunProblem>> {
  const plugins = await digestPlugins(plan.recipe.plugins ?? [], plan.file);
  if (!plugins.ok) return err({ message: plugins.error });
  const problem = rows === undefined ? undefined : await checkShared(rows);
  if (problem) return err(problem);
  const connected = await connectQueue(url);
  if (!connected.ok) return connected;
  const connection = connected.value;
  // Beside the answers: a coordinator that is started again in this folder finds its run.
  const idFile = join(dirname(folders.answerStore), 'queue', folders.name);
  return ok({
    run: runOn(connection, { plan, idFile, isExported, rows, metrics, plugins: plugins.value }),
    close: connection.close,
  });
}

/** Rows, and bytes of their seed, that may be on their way to workers and back. */
const WINDOW = { rows: 20_000, bytes: 128 * 2 ** 20 };

function runOn(
  connection: QueueConnection,
  {
    plan,
    idFile,
    isExported,
    rows: shared,
    metrics,
    plugins,
  }: Pick<QueueRequest, 'isExported' | 'rows' | 'metrics'> & {
    readonly plan: Plan;
    readonly idFile: string;
    readonly plugins: readonly PluginDigest[];
  },
): RunOnQueue {
  return async ({ models, stored, again, store, disk, emit, countsAll }, { answers, stopper }) => {
    if (!disk) throw new Error('a dry run goes by no queue');
    const { retryFailed = false } = answers;
    const record = recordOf(plan, { isExported, rows: shared, plugins, retryFailed });
    connection.giveUpAfter(stopper.exitNow, stopper.aborted);
    const lost = `the queue at ${connection.name} does not answer: what workers have made stays there until the same command is run again`;
    const opening = openCoordinator(connection, { plan, record, store: disk, idFile, emit });
    const coordinator = await opening.catch((error: unknown) => {
      if (!connection.isLost) throw error;
      return undefined;
    });
    if (!coordinator) return withoutQueue(models, () => emit({ kind: 'worker-note', text: lost }));
    metrics?.watch(coordinator.gauges);
    const own = createOwnAnswers(plan, store, stored, retryFailed);
    // What workers have made counts as if it was asked for here.
    const counted = again(coordinator.isPaidNow);
    const madeByWorkers = createNumberSet();
    let isAtEnd = false;
    countsAll(() => [...coordinator.usage(), ...models.usage()]);
    return {
      models: {
        ...models,
        ask: (request) => (madeByWorkers.has(request.priority) ? counted : models).ask(request),
      },
      arrive(rows, room) {
        const arriving = dispatchRows({
          rows,
          room,
          own,
          findSent: coordinator.findSent,
          send: coordinator.send,
          onCollected: coordinator.onCollected,
          onPass: ({ index }, isMade) => {
            if (isMade) madeByWorkers.add(index);
          },
          blockRows: blockRows(parallelOf(plan)),
          window: WINDOW,
          stop: stopper.stopped,
        });
        return {
          ...arriving,
          async next() {
            const next = await arriving.next();
            if (next.done === true) isAtEnd = true;
            return next;
          },
        };
      },
      retry: { fate: coordinator.failureOf, mayAsk: true },
      usage: () => sumUsage([...counted.usage(), ...models.usage(), ...coordinator.usage().map(failedOnly)]),
      async close() {
        try {
          if (isAtEnd || stopper.stopped.aborted) await coordinator.end(stopper.aborted);
          else await coordinator.leave();
        } catch (error) {
          if (!connection.isLost) throw error;
          emit({ kind: 'worker-note', text: lost });
        }
      },
    };
  };
}

/** Redis did not answer after an interruption, before anything was sent: the run ends without another row. */
const withoutQueue = (models: OpenedModels['models'], tell: () => void): QueuedRun => ({
  models,
  arrive: () => given([]),
  retry: { fate: () => undefined },
  usage: () => models.usage(),
  close: async () => tell(),
});

/** The calls of a worker that gave no answer; the others are counted with the rows that they are for. */
function failedOnly({ alias, column, failedCalls }: UsageEntry): UsageEntry {
  const nothing = {
    reusedAnswers: 0,
    repairedAnswers: 0,
    cells: 0,
    tokens: noTokens,
    reusedTokens: noTokens,
  };
  return { alias, column, calls: failedCalls, failedCalls, ...nothing };
}

/** A set of whole numbers from 0, a bit each. */
function createNumberSet(): { add(number: number): void; has(number: number): boolean } {
  let bits = new Uint8Array(1024);
  return {
    add(number) {
      const at = number >> 3;
      if (at >= bits.length) {
        const longer = new Uint8Array(Math.max(2 * bits.length, at + 1));
        longer.set(bits);
        bits = longer;
      }
      bits[at] = (bits[at] ?? 0) | (1 << (number & 7));
    },
    has: (number) => (((bits[number >> 3] ?? 0) >> (number & 7)) & 1) === 1,
  };
}
