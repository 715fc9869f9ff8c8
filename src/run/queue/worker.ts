/** `dd worker`: finds runs in the queue, before or after they begin, and works on those that it can. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { err, ok, type Result } from '../../core/result.js';
import type { RunProblem } from '../problem.js';
import type { Interrupt } from '../stop.js';
import { connectQueue } from './connection.js';
import { keysOf, NEWS, newsIn, RUNS } from './keys.js';
import { createMetrics, serveMetrics } from './metrics.js';
import { openRun, type OpenRunOptions } from './open-run.js';
import { openRows } from './row-files.js';
import type { WorkerMessage } from './read-news.js';
import { recordIn, type RunRecord } from './run-record.js';
import { TIMING, workOnRun, type QueueTiming, type WorkedRun } from './work-run.js';

export interface WorkerRequest extends OpenRunOptions {
  readonly url: string;
  /** The folder with the rows of runs, where it has another path here than on the coordinator. */
  readonly rows?: string | undefined;
  /** Blocks at a time, of each run, at most. */
  readonly concurrency?: number | undefined;
  /** Ends when the runs that it worked on are over. */
  readonly once: boolean;
  /** Ends after so many seconds without a block. */
  readonly idleExit?: number | undefined;
  readonly timing?: QueueTiming;
  readonly onNote: (text: string) => void;
  /** Where metrics are served: `PORT` or `HOST:PORT`. */
  readonly metrics?: string | undefined;
  readonly interrupt: () => Interrupt;
  /** Called at the end when Redis was away: something may be left that waits for it. */
  readonly onLost?: () => void;
}

export interface WorkerOutcome {
  /** Runs that it worked on. */
  readonly runs: number;
  /** Runs that it could not work on. */
  readonly refused: readonly {
    readonly run: string;
    readonly message: string;
    readonly hint: string | null;
  }[];
  readonly interrupted: boolean;
}

interface KnownRun {
  readonly name: string;
  /** Its recipe, and where its rows are. */
  readonly content: string;
  /** `undefined` for one that was refused. */
  readonly worked: WorkedRun | undefined;
  readonly stop: AbortController;
  readonly abort: AbortController;
  active: number;
}

const contentOf = ({ sha256, rows = '' }: RunRecord): string => `${sha256} ${rows}`;

export async function workOnQueue(request: WorkerRequest): Promise<Result<WorkerOutcome, RunProblem>> {
  const { url, concurrency, once, idleExit, timing = TIMING, onNote, env } = request;
  const metrics = createMetrics();
  const served = request.metrics === undefined ? undefined : await serveMetrics(request.metrics, metrics);
  if (served?.ok === false) return served;
  if (served) onNote(`metrics at ${served.value.url}`);
  const connected = await connectQueue(url);
  if (!connected.ok) {
    served?.value.close();
    return err(connected.error);
  }
  const connection = connected.value;
  const { redis } = connection;
  const name = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  const interrupt = request.interrupt();
  const known = new Map<string, KnownRun>();
  const refused: WorkerOutcome['refused'][number][] = [];
  const closing: Promise<void>[] = [];
  let runs = 0;
  let idle: NodeJS.Timeout | undefined;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));

  metrics.watch(async () => ({
    dd_blocks_active: [...known.values()].reduce((sum, { active }) => sum + active, 0),
  }));

  const watchIdle = (): void => {
    clearTimeout(idle);
    const isBusy = [...known.values()].some(({ active }) => active > 0);
    if (idleExit !== undefined && !isBusy) idle = setTimeout(end, idleExit * 1000);
  };

  const refuse = async (id: string, record: RunRecord, { message, hint }: RunProblem): Promise<void> => {
    refused.push({ run: record.name, message, hint: hint ?? null });
    const text = `the worker ${name} does not work on ${record.name}: ${message}${hint === undefined ? '' : `; ${hint}`}`;
    onNote(text);
    const told: WorkerMessage = { worker: name, events: [[{ kind: 'worker-note', text }, 1]], usage: [] };
    await redis.rpush(keysOf(id).events, JSON.stringify(told));
  };

  const begin = async (id: string): Promise<void> => {
    if (known.has(id)) return;
    const record = recordIn(await redis.get(keysOf(id).record));
    if (!record || record.isStopping === true || known.has(id)) return;
    const [stop, abort] = [new AbortController(), new AbortController()];
    const run: { -readonly [Key in keyof KnownRun]: KnownRun[Key] } = {
      name: record.name,
      content: contentOf(record),
      worked: undefined,
      stop,
      abort,
      active: 0,
    };
    known.set(id, run);
    const plan = await openRun(record, request);
    const readRows = plan.ok ? await openRows(id, record.rows, request.rows) : plan;
    // Stopped or over meanwhile.
    if (stop.signal.aborted) return;
    const leave = (problem: RunProblem): Promise<void> => {
      stop.abort();
      return refuse(id, record, problem);
    };
    if (!plan.ok) return leave(plan.error);
    if (!readRows.ok) return leave(readRows.error);
    runs += 1;
    onNote(`working on ${record.name}`);
    const onFatal = (problem: RunProblem): void => {
      if (stop.signal.aborted) return;
      stop.abort();
      void refuse(id, record, problem).catch(fail);
    };
    run.worked = workOnRun({
      connection,
      id,
      record,
      plan: plan.value,
      readRows: readRows.value,
      worker: name,
      concurrency,
      timing,
      env,
      stop: AbortSignal.any([stop.signal, interrupt.stop]),
      abort: AbortSignal.any([abort.signal, interrupt.abort]),
      onEvent: metrics.sink,
      onBlock(active) {
        run.active = active;
        watchIdle();
      },
      onFatal,
    });
    const { worked } = run;
    stop.signal.addEventListener('abort', () => close(worked), { once: true });
  };

  /** Its coordinator was started again, perhaps with an edited recipe: a run that this worker has left is opened again. */
  const beginAgain = async (id: string): Promise<void> => {
    const isLeft = (): boolean => known.get(id)?.stop.signal.aborted === true;
    if (isLeft()) await Promise.allSettled(closing);
    if (isLeft()) known.delete(id);
    await begin(id);
  };

  const close = (worked: WorkedRun): void => {
    closing.push(worked.close().catch(fail));
  };

  const stopRun = (id: string): void => {
    const run = known.get(id);
    if (run?.worked && !run.stop.signal.aborted) onNote(`${run.name} is being stopped`);
    run?.stop.abort();
  };

  const finish = (id: string): void => {
    const run = known.get(id);
    if (!run) return;
    known.delete(id);
    if (run.worked) onNote(`${run.name} is over`);
    run.stop.abort();
    if (once && ![...known.values()].some(({ worked }) => worked)) end();
  };

  const look = async (): Promise<void> => {
    const ids = await redis.smembers(RUNS);
    for (const id of known.keys()) if (!ids.includes(id)) finish(id);
    // One that cannot be begun keeps no other from it.
    for (const id of ids) await lookAt(id).catch(fail);
  };
  /** A message that it has changed may be lost. */
  const lookAt = async (id: string): Promise<void> => {
    const run = known.get(id);
    const record = run && recordIn(await redis.get(keysOf(id).record));
    if (!run || !record) return begin(id);
    const isOther = contentOf(record) !== run.content;
    if (record.isStopping === true || isOther) stopRun(id);
    if (isOther) await beginAgain(id);
  };
  const fail = (error: unknown): void => {
    if (!connection.isLost) onNote(`a fault of the queue: ${(error as Error).message}`);
  };

  const listening = connection.another();
  listening.on('message', (_channel: string, text: string) => {
    const told = newsIn(text);
    if (!told) return;
    const { run, kind } = told;
    if (kind === 'begin') void beginAgain(run).catch(fail);
    else if (kind === 'end') finish(run);
    else {
      stopRun(run);
      if (kind === 'abort') known.get(run)?.abort.abort();
    }
  });
  connection.giveUpAfter(interrupt.stop, interrupt.abort);
  const onStop = (): void => {
    onNote('stopping: waiting for requests in flight; Ctrl-C again cuts them off');
    end();
  };
  interrupt.stop.addEventListener('abort', onStop, { once: true });
  if (interrupt.stop.aborted) end();
  const begun = (async (): Promise<void> => {
    await listening.subscribe(NEWS);
    onNote(`waiting for runs at ${connection.name}`);
    await look();
    watchIdle();
  })();
  const looking = setInterval(() => void look().catch(fail), timing.look);
  let fault: Error | undefined;
  await Promise.race([ended, begun.then(() => ended)]).catch((error: Error) => (fault = error));

  clearInterval(looking);
  clearTimeout(idle);
  for (const { worked } of known.values()) if (worked) close(worked);
  // Without Redis no block comes to its end, and BullMQ waits for it.
  await Promise.race([Promise.all(closing), connection.lost]);
  interrupt.close?.();
  if (connection.isLost) {
    onNote(`the queue at ${connection.name} does not answer: other workers take over what is unfinished`);
    request.onLost?.();
  }
  connection.close();
  served?.value.close();
  if (fault) return err({ message: `the queue at ${connection.name} cannot be used: ${fault.message}` });
  return ok({ runs, refused, interrupted: interrupt.stop.aborted });
}
