/**
 * Makes a dataset's answers in batches. Resume is a cache here, too: a wave over all rows finds out which requests
 * have no answer in the store, these are handed in, and what comes back goes into the store, until a wave finds nothing
 * missing. Then the ordinary run writes the dataset. The only other state are the records of batches under way.
 */
import { existsSync } from 'node:fs';
import { openAnswerStore } from '../../answer-store/answer-store.js';
import { systemClock, type Clock } from '../../core/clock.js';
import type { StopReason } from '../../core/events.js';
import { err, ok, type Result } from '../../core/result.js';
import type { BatchStatus } from '../../models/batch/types.js';
import { errorOfResponse } from '../../models/wire/call-errors.js';
import { createRunUsage, type UsageEntry } from '../../models/usage/usage.js';
import { costOfAnswer, rounded } from '../../models/usage/cost.js';
import type { RunPlanInput } from '../run-plan.js';
import { limitReached } from '../spending-limits.js';
import type { BatchModel } from './batch-models.js';
import { collectResults } from './collect.js';
import { createDeferral, type Corrections } from './deferral.js';
import { comeBack, mayPass, refused, type BatchContext } from './context.js';
import { handIn } from './hand-in.js';
import { cancelTwins, paidTwice } from './lost.js';
import { recover, withoutStale } from './recover.js';
import { endpointRecord } from './endpoints.js';
import { openOutcomes } from './outcomes.js';
import { ageOf, openBatchFolder, type BatchRecord } from './records.js';
import { openTokenQueue } from './token-queue.js';
import { keysOf, splitSpool, type SpooledPart } from './spool.js';
import { runWave } from './wave.js';

export interface BatchRun {
  /** The records of the dataset's batches. */
  readonly folder: string;
  readonly dataset: string;
  readonly models: ReadonlyMap<string, BatchModel>;
  readonly corrections: Corrections;
  /** Whether the command waits for batches. Without it, it ends where there is nothing left but to wait. */
  readonly waits: boolean;
  /** How long a batch whose request had no answer is looked for; the protocol's own when left out. */
  readonly graceMs?: number | undefined;
  readonly clock?: Clock;
  readonly today?: () => Date;
}

export interface BatchesMade {
  /** For the run that writes the dataset. */
  readonly batching: NonNullable<RunPlanInput['batching']>;
  /** Called when the dataset is finished: what was refused may be asked again then. */
  finish(): Promise<void>;
}

export async function runBatches(run: RunPlanInput, batch: BatchRun): Promise<BatchesMade> {
  const { models, corrections, waits, graceMs, clock = systemClock, today = () => new Date() } = batch;
  const { stopper, onEvent: emit } = run;
  const folder = await openBatchFolder(batch.folder);
  const outcomes = await openOutcomes(batch.folder);
  const fresh = new Set<string>();
  const spent = createRunUsage();
  const online: UsageEntry[] = [];
  const allSpent = (): readonly UsageEntry[] => [...(run.limits.spent ?? []), ...spent.entries(), ...online];
  const columnOf = (alias: string): string =>
    run.plan.columns.find(({ column }) => column.modelAliases.includes(alias))?.column.name ?? alias;
  const note = (text: string): void => emit({ kind: 'batch', step: 'note', text });
  const told = new Set<string>();
  const noteOnce = (text: string): void => {
    if (!told.has(text)) note(text);
    told.add(text);
  };
  const stop = stopper.stopped;
  const context: BatchContext = {
    columnOf, models, folder, emit, note, noteOnce, clock, today, stop, waits, graceMs,
  }; // prettier-ignore
  const queue = await openTokenQueue({ folder: batch.folder, models, today, signal: stopper.stopped });
  const recovered = await recover(context);
  if (!recovered.ok) stopper.stop(recovered.error);
  let open = recovered.ok ? recovered.value : [];
  for (let wave = await nextWave(); !stopper.stopped.aborted; wave += 1) {
    const pending = new Set<string>();
    for (const { id } of open) for await (const key of keysOf(folder.spoolOf(id))) pending.add(key);
    const limits = { ...run.limits, spent: allSpent() };
    const met = new Set<string>();
    const made = await runWave({
      run: { ...run, limits },
      wave, models, corrections, outcomes, pending, met, folder, fresh,
      tokensOf: queue.limitOf,
    }); // prettier-ignore
    online.push(...made.usage.filter(({ calls }) => calls > 0));
    if (made.reason) stopper.stop(made.reason);
    if (stopper.stopped.aborted) break;
    open = await withoutStale(open, met, context);
    if (made.waiting === 0) break;
    const planned = made.parts.map((part) => recordOf(part, wave));
    for (const record of planned) await folder.write(record);
    const requests = planned.reduce((sum, record) => sum + record.requests, 0);
    if (requests > 0) emit({ kind: 'batch', step: 'planned', wave, requests, batches: planned.length });
    open = await waitForOne([...open, ...planned]);
  }
  const { defer } = createDeferral({
    batched: models,
    corrections,
    outcomes,
    pending: new Set(),
    spool: undefined,
  });
  const counted = { add: (key: string) => void fresh.add(key), take: (key: string) => fresh.delete(key) };
  return { batching: { defer, fresh: counted }, finish: () => outcomes.clear() };

  async function nextWave(): Promise<number> {
    return Math.max(0, ...(await folder.list()).map(({ wave }) => wave)) + 1;
  }

  function recordOf({ id, alias, requests, bytes, tokens }: SpooledPart, wave: number): BatchRecord {
    const { model, protocol, queue: { name } } = modelOf(alias); // prettier-ignore
    return {
      id, state: 'planned', dataset: batch.dataset, wave, alias, model: model.model,
      ...endpointRecord(model.endpoint, run.plan), protocol: protocol.name,
      created_at: today().toISOString(), requests, bytes, tokens, queue: name,
    }; // prettier-ignore
  }

  function modelOf(alias: string): BatchModel {
    const model = models.get(alias);
    if (!model) throw new Error(`${alias} is not asked in batches`);
    return model;
  }

  /** Hands in what is planned and waits until at least one batch was taken in; returns those that are still open. */
  async function waitForOne(records: readonly BatchRecord[]): Promise<readonly BatchRecord[]> {
    let list = records;
    for (;;) {
      list = await submitPlanned(list);
      const next: BatchRecord[] = [];
      let fetched = 0;
      let nextMs = Infinity;
      for (const record of list) {
        if (stopper.stopped.aborted) return list;
        if (record.state !== 'submitted') {
          next.push(record);
          nextMs = Math.min(nextMs, QUEUE_MS);
          continue;
        }
        const seen = await look(record, list);
        if (!seen.ok) {
          stopper.stop(seen.error);
          return list;
        }
        next.push(...seen.value.records);
        if (seen.value.isFetched) fetched += 1;
        else nextMs = Math.min(nextMs, seen.value.isQueued ? QUEUE_MS : pollAfter(ageOf(record, today())));
      }
      list = next;
      if (fetched > 0 || list.length === 0) return list;
      if (!waits) {
        stopper.stop(comeBack(stateOf(list), nextMs));
        return list;
      }
      tellWait(list, nextMs);
      await clock.sleep(nextMs, stopper.stopped);
      if (stopper.stopped.aborted) return list;
    }
  }

  function tellWait(list: readonly BatchRecord[], ms: number): void {
    const [oldest] = list;
    if (oldest) emit({ kind: 'waiting', alias: oldest.alias, ms, reason: stateOf(list) });
  }

  function stateOf(list: readonly BatchRecord[]): string {
    const [oldest] = list;
    if (!oldest) return '';
    const { provider, batch: name, status, requests } = oldest;
    const done = status?.counts ? `, ${status.counts.answered} of ${requests} answered` : '';
    const first = `batch ${name ?? 'of'} ${name === undefined ? provider : `is ${status?.says ?? 'handed in'}${done}`}`;
    const more = list.length > 1 ? `, and ${list.length - 1} more` : '';
    return `${first}${more}`;
  }

  async function submitPlanned(records: readonly BatchRecord[]): Promise<readonly BatchRecord[]> {
    let list = records;
    for (const record of records) {
      if (record.state === 'submitted' || stopper.stopped.aborted) continue;
      if (!(await queue.hasRoom(record, list))) {
        tellFull(record);
        continue;
      }
      const made = await handIn(record, context);
      if (!made.ok) stopper.stop(made.error);
      if (!made.ok || stopper.stopped.aborted) continue;
      const instead = made.value ? [made.value] : await makeSmaller(record, list);
      list = list.flatMap((each) => (each === record ? instead : [each]));
    }
    return list;
  }

  function tellFull({ alias, provider }: BatchRecord): void {
    const limit = queue.limitOf(alias).toLocaleString('en');
    noteOnce(
      `batches of \`${alias}\` wait for room: ${provider} has as many of their tokens in work as it may, ${limit}`,
    );
  }

  interface Look {
    readonly records: readonly BatchRecord[];
    readonly isFetched: boolean;
    /** It is to be handed in later. */
    readonly isQueued?: boolean;
  }

  /** Asks how far a batch is, and takes it in when it has ended. */
  async function look(record: BatchRecord, list: readonly BatchRecord[]): Promise<Result<Look, StopReason>> {
    const { client } = modelOf(record.alias);
    const { id, batch: name = '', alias, provider, requests } = record;
    const named = { kind: 'batch', id, batch: name, alias, provider } as const;
    const same: Result<Look, StopReason> = ok({ records: [record], isFetched: false });
    const got = await client.status(name, stopper.stopped);
    if (!got.ok) {
      if (stopper.stopped.aborted) return same;
      if (!mayPass(got.error) && got.error.status !== 404) return err(refused(got.error, record, context));
      const isMissing = got.error.status === 404;
      const { missing_since: since = today().toISOString() } = record;
      // Not at the first time: one that is new or old may be unknown for a moment.
      if (isMissing && today().getTime() - Date.parse(since) >= FORGOTTEN_MS) {
        note(`${provider} does not know batch ${name} any more; its requests are asked again`);
        await folder.remove(record);
        return ok({ records: [], isFetched: true });
      }
      note(`the state of batch ${name} cannot be read now: ${got.error.message}`);
      if (!isMissing || record.missing_since !== undefined) return same;
      const missed: BatchRecord = { ...record, missing_since: since };
      await folder.write(missed);
      return ok({ records: [missed], isFetched: false });
    }
    const status = got.value;
    const { says, counts, state } = status;
    const { missing_since, ...known } = record;
    const isNews = says !== record.status?.says || counts?.answered !== record.status.counts?.answered;
    const at = isNews ? today().toISOString() : (record.status?.at ?? today().toISOString());
    const seen: BatchRecord = { ...known, status: { says, ...(counts && { counts }), at } };
    if (isNews || missing_since !== undefined) await folder.write(seen);
    const told = record.again_at === undefined ? seen : await cancelTwins(seen, context);
    if (isNews && state !== 'ended')
      emit({
        ...named, step: 'status', says, requests,
        ...(counts && { answered: counts.answered, failed: counts.failed }),
        ageMs: ageOf(record, today()), nextMs: pollAfter(ageOf(record, today())),
      }); // prettier-ignore
    if (state === 'unknown' && isNews)
      note(`batch ${name} is "${says}", which dd does not know: it is waited for`);
    if (state === 'failed') return failedBatch(told, status, list);
    return state === 'ended' ? takeIn(told, status, isNews) : ok({ records: [told], isFetched: false });
  }

  /** A batch that was refused as a whole after it was created. */
  async function failedBatch(
    record: BatchRecord,
    { error, says }: BatchStatus,
    list: readonly BatchRecord[],
  ): Promise<Result<Look, StopReason>> {
    const message = error?.message ?? says;
    const { id, alias, provider, intent: _, batch: name, upload: __, status: ___, ...rest } = record;
    if (!error?.isQueueFull) {
      await folder.remove(record);
      // As the same words would mean in a response: no credit is no mistake of the request.
      const said = {
        status: 400,
        headers: { get: () => null },
        body: JSON.stringify({ error: { code: message.split(':')[0], message } }),
      };
      const { class: kind } = errorOfResponse(said, modelOf(alias).model);
      return err(refused({ class: kind, message: `batch ${name} failed: ${message}` }, record, context));
    }
    note(
      `${provider} takes no more tokens in batches now (${message}): batch ${name} is handed in again later`,
    );
    const again: BatchRecord = { ...rest, id, alias, provider, state: 'planned' };
    return ok({ records: await makeSmaller(again, list), isFetched: false, isQueued: true });
  }

  /** A batch that the queue did not take, as smaller ones where that may help. */
  async function makeSmaller(
    record: BatchRecord,
    list: readonly BatchRecord[],
  ): Promise<readonly BatchRecord[]> {
    const { alias, wave } = record;
    const parts = (await queue.full(record, list))
      ? await splitSpool(record, modelOf(alias), folder, queue.limitOf(alias))
      : [];
    const records = parts.length > 0 ? parts.map((part) => recordOf(part, wave)) : [record];
    for (const each of records) await folder.write(each);
    if (parts.length > 0) await folder.remove(record);
    return records;
  }

  async function takeIn(
    record: BatchRecord,
    status: BatchStatus,
    isNews: boolean,
  ): Promise<Result<Look, StopReason>> {
    const model = modelOf(record.alias);
    const store = await openAnswerStore(run.answerStore);
    let usd: number | undefined = record.cost_usd ?? 0;
    const onAnswer: Parameters<typeof collectResults>[0]['onAnswer'] = (key, column, answer) => {
      fresh.add(key);
      spent.of(column).called(record.alias, answer);
      const cost = costOfAnswer(answer, model.model.prices);
      usd = usd === undefined || cost === undefined ? undefined : usd + cost;
    };
    const signal = stopper.aborted;
    const endedAt = Date.parse(record.status?.at ?? record.created_at);
    const mayCome = today().getTime() - endedAt < FORGOTTEN_MS;
    const taken = await collectResults({
      record, status, model, folder, outcomes, store, onAnswer, mayCome, signal,
    }).finally(() => store.close()); // prettier-ignore
    if (!taken.ok) {
      if (!mayPass(taken.error) && !signal.aborted) return err(refused(taken.error, record, context));
      note(`the results of batch ${record.batch} cannot be read yet: ${taken.error.message}`);
      return ok({ records: [record], isFetched: false });
    }
    const { answered, failed, unanswered, notes, fatal, isEarly } = taken.value;
    const { id, alias, provider, batch: name = '' } = record;
    const cost = usd === undefined ? {} : { cost_usd: rounded(usd) };
    if (isEarly) {
      if (isNews) note(`batch ${name} has ended, and ${provider} does not have all of its results yet`);
      const early: BatchRecord = { ...record, ...cost };
      await folder.write(early);
      return ok({ records: [early], isFetched: false });
    }
    const isCancelled = existsSync(folder.cancelOf(id)) && unanswered > 0;
    const twice = await paidTwice(record, context);
    if (twice > 0)
      note(
        `${twice} requests of batch ${name} were answered a second time by ${(record.twins ?? []).join(', ')}`,
      );
    await folder.write({
      ...record, state: 'fetched', fetched_at: today().toISOString(), answered, failed, unanswered, ...cost,
      ...(twice > 0 && { paid_twice: twice }),
    }); // prettier-ignore
    await folder.removeRequests(record);
    for (const text of notes) note(`batch ${name}: ${text}`);
    emit({
      kind: 'batch', step: 'fetched', id, batch: name, alias, provider, says: status.says,
      answered, failed, unanswered, ...(usd !== undefined && { usd }),
    }); // prettier-ignore
    if (isCancelled) return err(cancelled(name, unanswered));
    if (fatal) return err({ kind: 'fatal', failure: { ...fatal, attempts: [] }, column: fatal.column });
    const reached = limitReached(run.limits, run.plan, allSpent());
    return reached ? err(reached) : ok({ records: [], isFetched: true });
  }
}

const cancelled = (name: string, unanswered: number): StopReason => ({
  kind: 'limit',
  limit: 'provider',
  message: `batch ${name} was cancelled with dd batches --cancel; ${unanswered} of its requests have no answer`,
  hint: 'what was answered is stored; the same command again asks for the rest',
});

const MINUTE = 60_000;
const QUEUE_MS = 5 * MINUTE;
const FORGOTTEN_MS = 60 * MINUTE;

/** The older a batch, the longer until it is looked at again. */
export function pollAfter(ageMs: number): number {
  if (ageMs < 2 * MINUTE) return 10_000;
  if (ageMs < 15 * MINUTE) return 30_000;
  return ageMs < 120 * MINUTE ? MINUTE : 5 * MINUTE;
}
