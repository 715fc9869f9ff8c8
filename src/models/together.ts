/** Joins requests of a column to a service that takes several rows in one, and hands each its part of the reply. */
import { stripVTControlCharacters } from 'node:util';
import { isObject, type Json } from '../core/json.js';
import { oneLine } from '../core/one-line.js';
import { onAbort } from '../core/on-abort.js';
import { err, ok, type Result } from '../core/result.js';
import { replyIn, type ServiceTransport } from './services.js';
import type { CallError, ServiceRequest } from './types.js';
import { cutOff } from './wire/call-errors.js';

interface Waiting {
  readonly request: ServiceRequest;
  readonly signal: AbortSignal;
  readonly settle: (outcome: Result<string, CallError>) => void;
}

interface Queue {
  readonly waiting: Waiting[];
  inFlight: number;
  isPlanned: boolean;
}

/** Requests without `together` go through as they are. */
export function joinRequests(send: ServiceTransport): ServiceTransport {
  const queues = new Map<string, Queue>();
  return (request, signal) => {
    const { column, together } = request;
    if (!together) return send(request, signal);
    const queue = queues.get(column) ?? { waiting: [], inFlight: 0, isPlanned: false };
    queues.set(column, queue);
    return new Promise((resolve) => {
      const drop = onAbort(signal, () => settle(err(cutOff)));
      const settle = (outcome: Result<string, CallError>): void => {
        drop();
        resolve(outcome);
      };
      queue.waiting.push({ request, signal, settle });
      plan(queue, together, send);
    });
  };
}

/** Rows that become ready in the same turn of the event loop go together. */
function plan(queue: Queue, together: NonNullable<ServiceRequest['together']>, send: ServiceTransport): void {
  if (queue.isPlanned) return;
  queue.isPlanned = true;
  setImmediate(() => {
    queue.isPlanned = false;
    while (queue.waiting.length > 0 && queue.inFlight < together.requests) {
      queue.inFlight += 1;
      void sendAll(queue.waiting.splice(0, together.rows), send).finally(() => {
        queue.inFlight -= 1;
        plan(queue, together, send);
      });
    }
  });
}

async function sendAll(all: readonly Waiting[], send: ServiceTransport): Promise<void> {
  const wanted = all.filter(({ signal }) => !signal.aborted);
  const [first] = wanted;
  if (!first) return;
  const data = wanted.flatMap(({ request }) => rowsIn(request.body));
  const stop = new AbortController();
  let left = wanted.length;
  const drops = wanted.map(({ signal }) =>
    onAbort(signal, () => {
      left -= 1;
      if (left === 0) stop.abort();
    }),
  );
  try {
    const sent = await send({ ...first.request, body: { ...first.request.body, data } }, stop.signal);
    const replies = sent.ok ? partsOf(sent.value, data.length, first.request.name) : sent;
    wanted.forEach(({ settle }, index) =>
      settle(replies.ok ? partOf(replies.value[index], first.request) : replies),
    );
  } finally {
    for (const drop of drops) drop();
  }
}

function partsOf(text: string, rows: number, name: string): Result<readonly Json[], CallError> {
  const replied = replyIn(text, name);
  if (!replied.ok) return replied;
  const reply = replied.value;
  const parts =
    isObject(reply) && Array.isArray(reply['data']) ? (reply['data'] as readonly Json[]) : undefined;
  if (parts?.length === rows) return ok(parts);
  const wrong = parts
    ? `\`data\` must have ${rows} results, not ${parts.length}`
    : 'it must be an object with a list `data`';
  return err({ class: 'schema', message: `the reply of ${name} is not as expected: ${wrong}`, answer: text });
}

function partOf(part: Json | undefined, { name }: ServiceRequest): Result<string, CallError> {
  return refusalIn(part, name) ?? ok(JSON.stringify({ data: [part ?? null] }));
}

/** The failure of a row: `{"error": "…"}` in place of its result. */
export function refusalIn(
  part: Json | undefined,
  name: string,
): { readonly ok: false; readonly error: CallError } | undefined {
  if (!isObject(part) || !Object.hasOwn(part, 'error') || typeof part['error'] !== 'string') return undefined;
  return err({
    class: 'invalid-request',
    message: `${name} failed: ${oneLine(stripVTControlCharacters(part['error']))}`,
    answer: JSON.stringify(part),
  });
}

const rowsIn = ({ data }: ServiceRequest['body']): readonly Json[] =>
  Array.isArray(data) ? (data as readonly Json[]) : [];
