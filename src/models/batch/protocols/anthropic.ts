/**
 * Message Batches of Anthropic: the requests are the body of one POST, and the results one file of lines.
 * https://platform.claude.com/docs/en/build-with-claude/batch-processing
 *
 * A batch has no name and no metadata, and its requests cannot be read back before it has ended. So our id of the batch
 * is the start of every `custom_id`. A batch that was perhaps handed in before the program ended is looked for among
 * those made since, with as many requests, that no record names: one that has ended is read as far as its first line,
 * and one that has not is waited for. Guessing would pay twice, or take in the answers of another program.
 */
import { Readable } from 'node:stream';
import { isObject, jsonIn, type Json, type JsonObject } from '../../../core/json.js';
import { linesIn, linesOf } from '../../../core/read-lines.js';
import { err, ok, type Result } from '../../../core/result.js';
import { httpUrl } from '../../providers/endpoint-url.js';
import { sendableKey } from '../../providers/providers.js';
import type { CallError, Endpoint } from '../../types.js';
import { anthropicBody } from '../../wire/anthropic-body.js';
import type { AnthropicClient } from '../../wire/anthropic-client.js';
import { errorOfAnthropic } from '../../wire/anthropic-errors.js';
import { anthropicHeaders, readAnthropicAnswer } from '../../wire/anthropic-transport.js';
import { notAUrl } from '../../wire/call-errors.js';
import { unsendableHeader } from '../../wire/sdk-call.js';
import { bodyOf, downloadFiles, isGone } from '../download-files.js';
import { callProvider, type ProviderCall } from '../provider-call.js';
import { createStreamingFetch, type FileBody } from '../streaming-fetch.js';
import type {
  BatchClient,
  BatchItem,
  BatchProtocol,
  BatchStatus,
  FoundBatches,
  LostBatch,
} from '../types.js';

const MB = 1_000_000;
const batches = '/v1/messages/batches';

export const anthropicBatch: BatchProtocol = {
  name: 'anthropic-batch',
  summary: 'Anthropic',
  serves: ({ definition }) => (definition.protocol.name === 'anthropic-messages' ? 'known' : 'no'),
  // Less a margin: each line becomes longer by our id of the batch.
  limits: () => ({ requests: 100_000, bytes: 256 * MB - 4 * MB }),
  priceShare: 0.5,
  isOneRequest: true,
  // The request is as large as the batch, and a second batch cannot be told from one of another program.
  graceMs: 10 * 60_000,
  open: (endpoint, env, route) => openBatches(endpoint, { endpoint, env, route }),
};

type Called = Pick<ProviderCall, 'endpoint' | 'env' | 'route'>;
type Options = Readonly<{ signal: AbortSignal; headers: Readonly<Record<string, string | null>> }>;

function openBatches(endpoint: Endpoint, called: Called): BatchClient {
  const call = async <T>(
    signal: AbortSignal,
    act: (client: AnthropicClient, options: Options) => Promise<T>,
  ): Promise<Result<T, CallError>> => {
    const opened = await openClient(called);
    if (!opened.ok) return opened;
    const { client, headers } = opened.value;
    return callProvider({ ...called, signal, readError: errorOfAnthropic }, () =>
      act(client, { signal, headers }),
    );
  };
  return {
    line(id, request, technique) {
      const { stream: _, ...params } = anthropicBody(request, technique);
      return JSON.stringify({ custom_id: Buffer.from(id, 'hex').toString('base64url'), params });
    },

    submit: ({ id, file, idempotencyKey }, signal) =>
      call(signal, async (client, { headers }) => {
        const { body, headers: about } = await requestsBody(file, prefixOf(id));
        const options = {
          body,
          headers: { ...headers, ...about, 'idempotency-key': idempotencyKey },
          signal,
        };
        return idOf(await client.post<Json>(batches, options));
      }),

    find: (lost, signal) => call(signal, (client, options) => findBatch(lost, client, options)),

    status: (batch, signal) =>
      call(signal, async (client, options) =>
        statusOf(await client.get<Json>(pathOf(batch), options), batch),
      ),

    download: ({ results = [] }, folder, signal) =>
      call(signal, (client, options) =>
        downloadFiles(results, folder, signal, (batch) => resultsOf(batch, client, options)),
      ),

    item: readItem,

    read: ({ status, body }, model) =>
      status >= 200 && status < 300
        ? readAnthropicAnswer(body, model)
        : err(errorOfAnthropic({ status, headers: { get: () => null }, body }, model)),

    cancel: (batch, signal) =>
      call(signal, async (client, options) => void (await client.post(`${pathOf(batch)}/cancel`, options))),
  };
}

async function openClient({
  endpoint,
  env,
  route,
}: Called): Promise<
  Result<{ readonly client: AnthropicClient; readonly headers: Options['headers'] }, CallError>
> {
  if (!httpUrl(endpoint.url)) return err(notAUrl(endpoint));
  const key = sendableKey(endpoint, env);
  if (!key.ok) return key;
  const unsendable = unsendableHeader(endpoint);
  if (unsendable) return err(unsendable);
  const [{ AnthropicClient: Client }, dispatcher] = await Promise.all([
    import('../../wire/anthropic-client.js'),
    route.open(),
  ]);
  const client = new Client(endpoint.url, createStreamingFetch(dispatcher));
  return ok({ client, headers: anthropicHeaders(endpoint, key.value) });
}

/** Every line begins with it, so that our id of the batch can be put behind it. */
const start = '{"custom_id":"';

/** Our id of a batch in a `custom_id`, which is at most 64 characters long: a SHA-256 has 43 in base64url. */
const prefixOf = (id: string): string => `${id.replaceAll('-', '').slice(0, 16)}-`;
const prefixLength = 17;

/** The body of the POST, read from the disk while it is sent. */
async function requestsBody(file: string, prefix: string): Promise<FileBody> {
  const before = '{"requests":[';
  const after = ']}';
  let length = before.length + after.length - 1;
  for await (const line of linesOf(file)) length += Buffer.byteLength(line) + prefix.length + 1;
  const content = async function* (): AsyncGenerator<Buffer> {
    let comma = '';
    yield Buffer.from(before);
    for await (const line of linesOf(file)) {
      yield Buffer.from(`${comma}${start}${prefix}${line.slice(start.length)}`);
      comma = ',';
    }
    yield Buffer.from(after);
  };
  return {
    body: Readable.from(content(), { objectMode: false }),
    headers: { 'content-type': 'application/json', 'content-length': String(length) },
  };
}

/** The batches come newest first. */
async function findBatch(
  { id, since, requests, known }: LostBatch,
  client: AnthropicClient,
  options: Options,
): Promise<FoundBatches> {
  const ids: string[] = [];
  let unsure: string | undefined;
  const found = (): FoundBatches => ({ ids, ...(unsure !== undefined && { unsure }) });
  for (let after: string | undefined; ;) {
    const query = { limit: 100, ...(after !== undefined && { after_id: after }) };
    const page = await client.get<Json>(batches, { ...options, query });
    const listed = isObject(page) && Array.isArray(page['data']) ? page['data'].filter(isObject) : [];
    for (const batch of listed) {
      const name = idOf(batch);
      // An hour, since clocks differ.
      const isOlder = Date.parse(String(batch['created_at'])) < since - 3_600_000;
      if (isOlder) return found();
      const { state, counts } = statusOf(batch, name);
      const isGone = typeof batch['archived_at'] === 'string';
      if (known.has(name) || counts?.total !== requests || isGone) continue;
      if (state !== 'ended') unsure ??= name;
      else if (await beginsWith(prefixOf(id), name, client, options)) ids.push(name);
    }
    const last = listed.at(-1)?.['id'];
    if (!isObject(page) || page['has_more'] !== true || typeof last !== 'string' || last === after)
      return found();
    after = last;
  }
}

/** Whether the first result is of our batch; not where they are gone. */
async function beginsWith(
  prefix: string,
  name: string,
  client: AnthropicClient,
  options: Options,
): Promise<boolean> {
  const response = await resultsOf(name, client, options).catch((thrown: unknown) => {
    if (isGone(thrown)) return undefined;
    throw thrown;
  });
  const results = response ? bodyOf(response) : Readable.from([]);
  results.setEncoding('utf8');
  for await (const line of linesIn(results as AsyncIterable<string>)) {
    const result = jsonIn(line);
    if (isObject(result) && typeof result['custom_id'] === 'string')
      return result['custom_id'].startsWith(prefix);
  }
  return false;
}

/** Not from `results_url`: the key goes to the endpoint's address only. */
const resultsOf = (batch: string, client: AnthropicClient, options: Options): Promise<Response> =>
  client.get(`${pathOf(batch)}/results`, options).asResponse();

const pathOf = (batch: string): string => `${batches}/${encodeURIComponent(batch)}`;

function idOf(made: Json): string {
  const id = isObject(made) ? made['id'] : undefined;
  if (typeof id === 'string' && id !== '') return id;
  throw new Error('the response has no id');
}

function statusOf(batch: Json, name: string): BatchStatus {
  const given: JsonObject = isObject(batch) ? batch : {};
  const says = String(given['processing_status'] ?? 'no status');
  const tally = isObject(given['request_counts']) ? given['request_counts'] : {};
  const of = (...names: readonly string[]): number =>
    names.reduce((sum, each) => sum + Number(tally[each] ?? 0), 0);
  const counts = {
    total: of('processing', 'succeeded', 'errored', 'canceled', 'expired'),
    answered: of('succeeded'),
    failed: of('errored'),
  };
  if (says === 'in_progress' || says === 'canceling') return { state: 'running', says, counts };
  if (says !== 'ended') return { state: 'unknown', says, counts };
  // One word for all: why it has ended is in its counts.
  const why = of('canceled') > 0 ? 'canceled' : of('expired') > 0 ? 'expired' : says;
  return { state: 'ended', says: why, counts, results: [name] };
}

/** https://platform.claude.com/docs/en/api/errors */
const statuses: ReadonlyMap<Json | undefined, number> = new Map([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['api_error', 500],
  ['timeout_error', 504],
  ['overloaded_error', 529],
]);

function readItem({ custom_id, result }: JsonObject): BatchItem | undefined {
  if (typeof custom_id !== 'string') return undefined;
  const id = Buffer.from(custom_id.slice(prefixLength), 'base64url').toString('hex');
  const { type, message, error } = isObject(result) ? result : ({} as JsonObject);
  if (type === 'canceled' || type === 'expired') return { id, kind: 'unanswered' };
  if (type === 'succeeded')
    return { id, kind: 'response', response: { status: 200, body: JSON.stringify(message ?? null) } };
  const inner = isObject(error) && isObject(error['error']) ? error['error'] : error;
  const status = statuses.get(isObject(inner) ? inner['type'] : undefined) ?? 502;
  const body = JSON.stringify(
    isObject(error) ? error : { error: { message: `the result is ${String(type)}` } },
  );
  return { id, kind: 'response', response: { status, body } };
}
