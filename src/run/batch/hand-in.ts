/**
 * Hands planned batches in, as many as the provider's queue takes. Before each, an intent with an id of ours is written
 * to the disk (a write-ahead log); the id goes into the batch's metadata. So a program that was killed between the
 * request and its answer finds the batch in the provider's list, and adopts it instead of paying twice.
 */
import { randomUUID } from 'node:crypto';
import type { StopReason } from '../../core/events.js';
import { err, ok, type Result } from '../../core/result.js';
import { backoff } from '../../models/rate-limiting/backoff.js';
import type { CallError } from '../../models/types.js';
import { mayPass, MOST_TRIES, refused, submitted, type BatchContext } from './context.js';
import { cancelTwins, findLost, graceOf } from './lost.js';
import type { BatchRecord } from './records.js';

/**
 * The record with the provider's id; `undefined` when the run was stopped meanwhile, or the provider's queue is full.
 *
 * @param record planned, or an intent of an earlier command that the provider does not have: it is handed in again
 */
export async function handIn(
  record: BatchRecord,
  context: BatchContext,
): Promise<Result<BatchRecord | undefined, StopReason>> {
  const { models, folder, note, today, stop, clock } = context;
  const model = models.get(record.alias);
  if (!model) return ok(undefined);
  const now = (): string => today().toISOString();
  const { intent: id = randomUUID(), requests, provider } = record;
  let intent: BatchRecord = {
    ...record,
    state: 'intent',
    intent: id,
    intended_at: record.intended_at ?? now(),
  };
  if (record.state === 'intent') {
    // Once more: a pass over all rows lies between the last look and this one.
    const found = await findLost(record, context, 0);
    if (!found.ok || found.value) return found;
    note(
      `${provider} has no batch of ${requests} requests that an earlier command began to hand in: it is handed in again`,
    );
    intent = { ...intent, again_at: now() };
  }
  await folder.write(intent);
  let idempotencyKey = id;
  for (let tries = 1; ; tries += 1) {
    if (stop.aborted) return ok(undefined);
    const batch = {
      id,
      model: model.model,
      file: folder.linesOf(record.id),
      upload: intent.upload,
      async onUploaded(upload: string) {
        intent = { ...intent, upload };
        await folder.write(intent);
      },
      idempotencyKey,
    };
    const made = await model.client.submit(batch, stop);
    if (made.ok) {
      const taken = await submitted(intent, made.value, false, context);
      return ok(taken.again_at === undefined ? taken : await cancelTwins(taken, context));
    }
    if (stop.aborted) return ok(undefined);
    const { error } = made;
    if (isQueueFull(error)) {
      note(`${provider} takes no more batches now: ${error.message}`);
      await folder.write(record);
      return ok(undefined);
    }
    if (!mayPass(error) || tries >= MOST_TRIES) return err(refused(error, record, context));
    note(`a batch could not be handed in yet: ${error.message}`);
    await clock.sleep(error.retryAfterMs ?? backoff(tries, clock.random), stop);
    // The request may have arrived all the same.
    const found = await findLost(intent, context, mayArriveLate(error) ? graceOf(record, context) : 0);
    if (!found.ok || found.value) return found;
    // A server that honours the key gives an answer of its own again, and the one that a gateway hid.
    if (!mayArriveLate(error)) idempotencyKey = `${id}-${tries}`;
    if (mayArriveLate(error) || (error.status ?? 0) >= 500) {
      intent = { ...intent, again_at: now() };
      await folder.write(intent);
    }
  }
}

/** No answer, or one of a gateway that did not wait for the provider. */
const mayArriveLate = ({ status }: CallError): boolean =>
  status === undefined || status === 408 || status === 502 || status === 504;

const isQueueFull = ({ message }: CallError): boolean =>
  /token_limit_exceeded|enqueued[ _]token/i.test(message);
