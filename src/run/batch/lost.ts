/**
 * Batches whose request to hand in had no answer: the program was killed, or the connection broke. No provider promises
 * that its list has a batch at once, and none is known to honour `Idempotency-Key` for batches. So the list is read for a
 * while before the same batch is handed in again, and after that as long as it is in work: where both requests arrived
 * after all, there are twins, of which all but one are cancelled and what they have cost is counted.
 */
import type { StopReason } from '../../core/events.js';
import { err, ok, type Result } from '../../core/result.js';
import { backoff } from '../../models/rate-limiting/backoff.js';
import type { LostBatch } from '../../models/batch/types.js';
import { comeBack, mayPass, MOST_TRIES, refused, submitted, type BatchContext } from './context.js';
import type { BatchRecord } from './records.js';

const MINUTE = 60_000;

/** So often it is asked whether a batch that may be the lost one has ended. */
const UNSURE_MS = MINUTE;

const GRACE_STEP_MS = 10_000;

/** So long the list is read before a batch whose request had no answer is handed in again. */
export function graceOf({ alias }: BatchRecord, { models, graceMs }: BatchContext): number {
  return graceMs ?? models.get(alias)?.protocol.graceMs ?? MINUTE;
}

/** What of that is left since it was handed in the last time. */
export function graceLeft(record: BatchRecord, context: BatchContext): number {
  const handedIn = Date.parse(record.again_at ?? record.intended_at ?? record.created_at);
  return Math.max(0, graceOf(record, context) - (context.today().getTime() - handedIn));
}

/** Whether a batch may be there. Before its file is there, none is asked for. */
export const mayExist = ({ alias, upload }: BatchRecord, { models }: BatchContext): boolean =>
  upload !== undefined || models.get(alias)?.protocol.isOneRequest === true;

/**
 * The record of a batch that was perhaps handed in before, with the provider's id; `undefined` when it was not.
 *
 * @param graceMs so long it is looked for again where the list does not have it
 */
export async function findLost(
  record: BatchRecord,
  context: BatchContext,
  graceMs: number,
): Promise<Result<BatchRecord | undefined, StopReason>> {
  const { models, clock, stop, note, waits } = context;
  const { provider } = record;
  const client = models.get(record.alias)?.client;
  if (!client || record.intent === undefined) return ok(undefined);
  const lost = await lostBatch(record, context);
  let leftMs = mayExist(record, context) ? graceMs : 0;
  const told = new Set<string>();
  /** `undefined` when it is to be looked at again. */
  const wait = async (ms: number, text: string, mayStay: boolean): Promise<StopReason | undefined> => {
    if (!waits && !mayStay) return comeBack(text, ms);
    const [kind] = text.split(';');
    if (!told.has(kind ?? '')) note(text);
    told.add(kind ?? '');
    await clock.sleep(ms, stop);
    return stop.aborted ? { kind: 'interrupted' } : undefined;
  };
  for (let tries = 1; ; tries += 1) {
    const found = await client.find(lost, stop);
    const { ids, unsure } = found.ok ? found.value : { ids: [] };
    // The oldest is the furthest.
    const first = ids.at(-1);
    if (first !== undefined) {
      const adopted = await submitted(record, first, true, context);
      return ok(ids.length > 1 ? await cancelTwins(adopted, context) : adopted);
    }
    if (found.ok && unsure === undefined && leftMs <= 0) return ok(undefined);
    if (stop.aborted) return err({ kind: 'interrupted' });
    let ended: StopReason | undefined;
    if (unsure !== undefined) {
      const text = `batch ${unsure} may have been handed in by an earlier command; ${provider} shows that when it has ended, and it is waited for`;
      ended = await wait(UNSURE_MS, text, false);
      tries = 0;
    } else if (found.ok) {
      const text = `${provider} may still be taking a batch that was handed in a moment ago; its list is read again for ${Math.ceil(leftMs / 1000)}s`;
      const stepMs = Math.min(leftMs, GRACE_STEP_MS);
      ended = await wait(stepMs, text, leftMs <= MINUTE);
      leftMs -= stepMs;
      tries = 0;
    } else if ([404, 405, 501].includes(found.error.status ?? 0)) {
      note(`${provider} lists no batches: one that an earlier command may have handed in is not found`);
      return ok(undefined);
    } else if (!mayPass(found.error) || tries >= MOST_TRIES) {
      return err(refused(found.error, record, context));
    } else {
      const ms = found.error.retryAfterMs ?? backoff(tries, clock.random);
      ended = await wait(ms, `the list of batches cannot be read yet: ${found.error.message}`, true);
    }
    if (ended) return err(ended);
  }
}

/**
 * Cancels other batches of the same requests, which were handed in by a request that had no answer; each is then in
 * `twins` of the record. What cannot be asked now is asked at the next look.
 */
export async function cancelTwins(record: BatchRecord, context: BatchContext): Promise<BatchRecord> {
  const { models, stop, folder, note, noteOnce } = context;
  const client = models.get(record.alias)?.client;
  if (!client) return record;
  const { batch = '', twins = [] } = record;
  const found = await client.find(await lostBatch(record, context), stop);
  if (!found.ok) return record;
  const { ids, unsure } = found.value;
  if (unsure !== undefined)
    noteOnce(
      `batch ${unsure} has as many requests as batch ${batch}, which was handed in twice; if no other program of yours made it, cancel it at ${record.provider}`,
    );
  const done: string[] = [];
  for (const id of ids.filter((each) => each !== batch && !twins.includes(each))) {
    const cancelled = await client.cancel(id, stop);
    if (!cancelled.ok && (mayPass(cancelled.error) || stop.aborted)) continue;
    const what = `batch ${id} holds the same requests as batch ${batch}, which was handed in twice since the first request had no answer`;
    note(
      `${what}; ${cancelled.ok ? 'it is cancelled' : `it cannot be cancelled: ${cancelled.error.message}`}`,
    );
    done.push(id);
  }
  if (done.length === 0) return record;
  const next: BatchRecord = { ...record, twins: [...twins, ...done] };
  await folder.write(next);
  return next;
}

/** How many requests the twins of a batch have answered, as far as their provider says it now. */
export async function paidTwice(
  { alias, twins = [] }: BatchRecord,
  { models, stop }: BatchContext,
): Promise<number> {
  let answered = 0;
  for (const twin of twins) {
    const status = await models.get(alias)?.client.status(twin, stop);
    if (status?.ok) answered += status.value.counts?.answered ?? 0;
  }
  return answered;
}

async function lostBatch(record: BatchRecord, { folder }: BatchContext): Promise<LostBatch> {
  const { intent: id = '', upload, intended_at, created_at, requests, twins = [] } = record;
  const known = new Set([...(await folder.list()).flatMap(({ batch }) => batch ?? []), ...twins]);
  return { id, upload, since: Date.parse(intended_at ?? created_at), requests, known };
}
