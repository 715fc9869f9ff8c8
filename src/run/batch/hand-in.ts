/**
 * Hands planned batches in, as many as the provider's queue takes. Before each, an intent with an id of ours is written
 * to the disk (a write-ahead log); the id goes into the batch's metadata. So a program that was killed between the
 * request and its answer finds the batch in the provider's list, and adopts it instead of paying twice.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.js';
import type { EventSink, StopReason } from '../../core/events.js';
import { isFatal } from '../../core/failure.js';
import { err, ok, type Result } from '../../core/result.js';
import { backoff } from '../../models/rate-limiting/backoff.js';
import type { CallError } from '../../models/types.js';
import type { BatchModel } from './batch-models.js';
import type { BatchFolder, BatchRecord } from './records.js';

export interface HandInContext {
  /** A column that asks the model. */
  readonly columnOf: (alias: string) => string;
  readonly models: ReadonlyMap<string, BatchModel>;
  readonly folder: BatchFolder;
  readonly emit: EventSink;
  readonly clock: Clock;
  readonly today: () => Date;
  readonly stop: AbortSignal;
  /** Whether the command waits for batches, or ends when there is nothing left but to wait. */
  readonly waits: boolean;
}

/** Calls of a provider that failed for a moment are made again this often. */
const MOST_TRIES = 8;

/** So often it is asked whether a batch that may be the lost one has ended. */
const UNSURE_MS = 60_000;

/** So long a provider may work on a request to hand in whose answer was lost, before its list has the batch. */
export const GRACE_MS = 60_000;
const GRACE_STEP_MS = 10_000;

/** The record with the provider's id; `undefined` when the run was stopped meanwhile, or the provider's queue is full. */
export async function handIn(
  record: BatchRecord,
  context: HandInContext,
): Promise<Result<BatchRecord | undefined, StopReason>> {
  const { models, folder, emit, today, stop, clock } = context;
  const model = models.get(record.alias);
  if (!model) return ok(undefined);
  let intent: BatchRecord = {
    ...record,
    state: 'intent',
    intent: randomUUID(),
    intended_at: today().toISOString(),
  };
  await folder.write(intent);
  for (let tries = 1; ; tries += 1) {
    if (stop.aborted) return ok(undefined);
    const batch = {
      id: intent.intent ?? '',
      model: model.model,
      file: folder.linesOf(record.id),
      upload: intent.upload,
      async onUploaded(upload: string) {
        intent = { ...intent, upload };
        await folder.write(intent);
      },
    };
    const made = await model.client.submit(batch, stop);
    if (made.ok) return ok(await submitted(intent, made.value, false, context));
    if (stop.aborted) return ok(undefined);
    if (isQueueFull(made.error)) {
      emit({
        kind: 'batch',
        step: 'note',
        text: `${record.provider} takes no more batches now: ${made.error.message}`,
      });
      await folder.write(record);
      return ok(undefined);
    }
    if (!mayPass(made.error) || tries >= MOST_TRIES) return err(refused(made.error, record, context));
    emit({ kind: 'batch', step: 'note', text: `a batch could not be handed in yet: ${made.error.message}` });
    await clock.sleep(made.error.retryAfterMs ?? backoff(tries, clock.random), stop);
    // The request may have arrived all the same.
    const found = await findLost(intent, context, mayArriveLate(made.error) ? GRACE_MS : 0);
    if (!found.ok) return found;
    if (found.value) return ok(found.value);
  }
}

/** No answer, or one of a gateway that did not wait for the provider. */
const mayArriveLate = ({ status }: CallError): boolean =>
  status === undefined || status === 408 || status === 502 || status === 504;

/**
 * The record of a batch that was perhaps handed in before, with the provider's id; `undefined` when it was not.
 *
 * @param graceMs so long it is looked for again where the list does not have it
 */
export async function findLost(
  record: BatchRecord,
  context: HandInContext,
  graceMs: number,
): Promise<Result<BatchRecord | undefined, StopReason>> {
  const { models, clock, stop, emit, folder, waits } = context;
  const { client, protocol } = models.get(record.alias) ?? {};
  if (!client || record.intent === undefined) return ok(undefined);
  const since = Date.parse(record.intended_at ?? record.created_at);
  const known = new Set((await folder.list()).flatMap(({ batch }) => batch ?? []));
  const lost = { id: record.intent, upload: record.upload, since, requests: record.requests, known };
  // Before its file is there, no batch is asked for.
  let leftMs = record.upload === undefined && protocol?.isOneRequest !== true ? 0 : graceMs;
  let isTold = false;
  for (let tries = 1; ; tries += 1) {
    const found = await client.find(lost, stop);
    const value = found.ok ? found.value : undefined;
    const unsure = typeof value === 'object' ? value.unsure : undefined;
    if (found.ok && value === undefined && leftMs > 0 && !stop.aborted) {
      const text = `${record.provider} may still be taking a batch that was handed in a moment ago; its list is read again for ${Math.ceil(leftMs / 1000)}s`;
      if (!isTold) emit({ kind: 'batch', step: 'note', text });
      isTold = true;
      tries = 0;
      const stepMs = Math.min(leftMs, GRACE_STEP_MS);
      leftMs -= stepMs;
      await clock.sleep(stepMs, stop);
      if (stop.aborted) return err({ kind: 'interrupted' });
      continue;
    }
    if (found.ok && typeof value !== 'object')
      return ok(value === undefined ? undefined : await submitted(record, value, true, context));
    if (stop.aborted) return err({ kind: 'interrupted' });
    if (found.ok) {
      const text = `batch ${unsure} may have been handed in by an earlier command; ${record.provider} shows that when it has ended, and it is waited for`;
      if (!waits) return err(comeBack(text, UNSURE_MS));
      if (!isTold) emit({ kind: 'batch', step: 'note', text });
      isTold = true;
      tries = 0;
      await clock.sleep(UNSURE_MS, stop);
      continue;
    }
    if (!mayPass(found.error) || tries >= MOST_TRIES) return err(refused(found.error, record, context));
    emit({
      kind: 'batch',
      step: 'note',
      text: `the list of batches cannot be read yet: ${found.error.message}`,
    });
    await clock.sleep(found.error.retryAfterMs ?? backoff(tries, clock.random), stop);
  }
}

async function submitted(
  record: BatchRecord,
  batch: string,
  isAdopted: boolean,
  { folder, emit }: HandInContext,
): Promise<BatchRecord> {
  const next: BatchRecord = { ...record, state: 'submitted', batch };
  await folder.write(next);
  const { id, alias, provider, requests } = record;
  emit({ kind: 'batch', step: 'submitted', id, batch, alias, provider, requests, isAdopted });
  return next;
}

/** Why a command that does not wait ends. */
export const comeBack = (message: string, ms: number): StopReason => ({
  kind: 'limit',
  limit: 'provider',
  message,
  hint: `run the same command again, in ${Math.max(1, Math.round(ms / 60_000))} min at the earliest: it takes in what is ready then`,
});

/** Whether the same call may succeed in a while. */
export const mayPass = ({ class: kind, isLongLimit }: CallError): boolean =>
  isLongLimit !== true && ['rate', 'overload', 'timeout', 'network'].includes(kind);

const isQueueFull = ({ message }: CallError): boolean =>
  /token_limit_exceeded|enqueued[ _]token/i.test(message);

/** Why the run ends when the provider takes no batch. */
export function refused(
  error: CallError,
  { provider, alias }: Pick<BatchRecord, 'provider' | 'alias'>,
  { columnOf }: Pick<HandInContext, 'columnOf'>,
): StopReason {
  const { message, hint } = error;
  if (isFatal(error)) return { kind: 'fatal', failure: { ...error, attempts: [] }, column: columnOf(alias) };
  return {
    kind: 'limit',
    limit: 'provider',
    message: `${provider} does not take the batch: ${message}`,
    hint: `${hint === undefined ? '' : `${hint}; `}what is stored is kept; \`batch: false\` under ${alias} asks it online`,
  };
}
