/**
 * Batches of OpenAI and of those who have the same API: a file of requests is uploaded, a batch of it is created, and
 * its answers are in an output file and an error file. https://developers.openai.com/api/docs/guides/batch
 * The `openai` package makes the calls; how the providers differ is in the table `dialects`.
 */
import type { BatchCreateParams } from 'openai/resources/batches';
import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { err, ok, type Result } from '../../../core/result.js';
import { httpUrl } from '../../providers/endpoint-url.js';
import { sendableKey } from '../../providers/providers.js';
import type { CallError, Endpoint } from '../../types.js';
import { errorOfResponse, notAUrl } from '../../wire/call-errors.js';
import { chatBody } from '../../wire/chat-body.js';
import { headersOf, readChatAnswer } from '../../wire/openai-transport.js';
import { unsendableHeader } from '../../wire/sdk-call.js';
import type { OpenAIBatchClient } from '../openai-client.js';
import { downloadFiles } from '../download-files.js';
import { callProvider, type ProviderCall } from '../provider-call.js';
import { formBody } from '../streaming-fetch.js';
import type { BatchClient, BatchItem, BatchProtocol, BatchStatus } from '../types.js';

/** What is particular about the batches of one provider. */
interface Dialect {
  readonly hosts: RegExp;
  readonly requests?: number;
  readonly bytes?: number;
  /** What each line, and the batch, names as the address that is asked. */
  readonly path?: string;
  readonly window?: string;
  readonly purpose?: string;
  /** True where a batch has no metadata: it is found by its file. */
  readonly isUnnamed?: boolean;
  /** True where the batch names its model. */
  readonly namesModel?: boolean;
  /** True where a file is uploaded in two steps: its name is posted, and the address in the answer takes the file. */
  readonly uploadsElsewhere?: boolean;
}

const MB = 1_000_000;
const usual = { requests: 50_000, bytes: 200 * MB, path: '/v1/chat/completions', window: '24h' } as const;

const dialects: readonly Dialect[] = [
  { hosts: /^api\.openai\.com$/ },
  // https://learn.microsoft.com/azure/ai-foundry/openai/how-to/batch
  {
    hosts: /\.(?:openai|services\.ai|cognitiveservices)\.azure\.(?:com|us)$/,
    requests: 100_000,
    path: '/chat/completions',
  },
  // https://console.groq.com/docs/batch
  { hosts: /^api\.groq\.com$/, bytes: 100 * MB },
  // https://docs.together.ai/docs/batch-inference
  {
    hosts: /^api\.together\.(?:xyz|ai)$/,
    bytes: 100 * MB,
    purpose: 'batch-api',
    isUnnamed: true,
    namesModel: true,
    uploadsElsewhere: true,
  },
  // https://novita.ai/docs/guides/llm-batch-api
  { hosts: /^api\.novita\.ai$/, window: '48h' },
  { hosts: /^api\.cerebras\.ai$/ },
];

const hostOf = ({ url }: Endpoint): string => httpUrl(url)?.hostname ?? '';
const dialectOf = (endpoint: Endpoint): Dialect | undefined =>
  dialects.find(({ hosts }) => hosts.test(hostOf(endpoint)));

export const openAiBatch: BatchProtocol = {
  name: 'openai-batch',
  summary: 'OpenAI, Azure, Groq, Together, Novita, Cerebras and servers of the same API',
  serves(endpoint) {
    if (endpoint.definition.protocol.name !== 'openai-chat') return 'no';
    // The built-in provider may be moved by its variable, to a gateway of the same API.
    return dialectOf(endpoint) || endpoint.provider === 'openai' ? 'known' : 'possible';
  },
  limits(endpoint) {
    const { requests = usual.requests, bytes = usual.bytes } = dialectOf(endpoint) ?? {};
    // A margin, since nobody says whether it counts line breaks or the form around the file.
    return { requests, bytes: bytes - MB };
  },
  priceShare: 0.5,
  open: (endpoint, env, route) => openBatches({ endpoint, env, route }),
};

export type Called = Pick<ProviderCall, 'endpoint' | 'env' | 'route'>;

/** @param special what is not in the table of dialects */
export function openBatches(called: Called, special: Partial<Dialect> = {}): BatchClient {
  const dialect = { hosts: /^$/, ...usual, ...dialectOf(called.endpoint), ...special };
  const call = <T>(
    signal: AbortSignal,
    act: (client: OpenAIBatchClient) => Promise<T>,
  ): Promise<Result<T, CallError>> => callClient(called, signal, act);
  return {
    line(id, request, technique) {
      const body = chatBody(request, technique);
      const { stream: _, stream_options: __, ...whole } = body as JsonObject;
      return JSON.stringify({ custom_id: id, method: 'POST', url: dialect.path, body: whole });
    },

    submit: ({ id, model, file, upload, onUploaded, idempotencyKey }, signal) =>
      call(signal, async (client) => {
        const input = upload ?? (await uploadFile(client, file, dialect, signal));
        if (upload === undefined) await onUploaded(input);
        const body = {
          input_file_id: input,
          endpoint: dialect.path,
          completion_window: dialect.window,
          ...(!dialect.isUnnamed && { metadata: { dd_batch: id } }),
          ...(dialect.namesModel && { model_id: model.model }),
        };
        const made: unknown = await client.batches.create(body as BatchCreateParams, {
          signal,
          headers: { 'idempotency-key': idempotencyKey },
        });
        return idOf(
          isObject(made as Json) && isObject((made as JsonObject)['job'])
            ? (made as JsonObject)['job']
            : made,
        );
      }),

    find: ({ id, upload, since }, signal) =>
      call(signal, async (client) => {
        const ids: string[] = [];
        for await (const page of client.pages(signal)) {
          for (const batch of page) {
            const { metadata, input_file_id: input } = batch;
            const isNamed = isObject(metadata) && metadata['dd_batch'] === id;
            if (isNamed || (upload !== undefined && input === upload)) ids.push(idOf(batch));
          }
          if (isOlder(page, since)) break;
        }
        return { ids };
      }),

    status: (batch, signal) =>
      call(signal, async (client) => statusOf(await client.get<unknown>(pathOf(batch), { signal }))),

    download: ({ results = [] }, folder, signal) =>
      call(signal, (client) =>
        downloadFiles(results, folder, signal, (id) => client.fileContent(id, signal)),
      ),

    item: readItem,

    read: ({ status, body }, model) => {
      const isAnswer = status >= 200 && status < 300;
      const response = { status, headers: { get: () => null }, body };
      return isAnswer ? readChatAnswer(body, model) : err(errorOfResponse(response, model));
    },

    cancel: (batch, signal) =>
      call(signal, async (client) => void (await client.post(`${pathOf(batch)}/cancel`, { signal }))),
  };
}

/** Whether nothing newer follows a page: not where a list has the oldest first. An hour, since clocks differ. */
function isOlder(page: readonly JsonObject[], since: number): boolean {
  const times = page.map((batch) => Number(batch['created_at']) * 1000);
  const [first = NaN, last = NaN] = [times[0], times.at(-1)];
  return first >= last && last < since - 3_600_000;
}

export async function callClient<T>(
  called: Called,
  signal: AbortSignal,
  act: (client: OpenAIBatchClient) => Promise<T>,
): Promise<Result<T, CallError>> {
  const client = await openClient(called);
  return client.ok ? callProvider({ ...called, signal }, () => act(client.value)) : client;
}

async function openClient({ endpoint, env, route }: Called): Promise<Result<OpenAIBatchClient, CallError>> {
  const url = httpUrl(endpoint.url);
  if (!url) return err(notAUrl(endpoint));
  const key = sendableKey(endpoint, env);
  if (!key.ok) return key;
  const unsendable = unsendableHeader(endpoint);
  if (unsendable) return err(unsendable);
  const [{ OpenAIBatchClient: Client }, dispatcher] = await Promise.all([
    import('../openai-client.js'),
    route.open(),
  ]);
  const { 'content-type': _, ...headers } = headersOf(endpoint, key.value);
  return ok(new Client(url, headers, dispatcher));
}

export async function uploadFile(
  client: OpenAIBatchClient,
  path: string,
  { purpose = 'batch', uploadsElsewhere = false }: Partial<Dialect>,
  signal: AbortSignal,
): Promise<string> {
  if (uploadsElsewhere) return client.uploadElsewhere(path, purpose, signal);
  // Not `files.create`, which reads the whole file into memory.
  return idOf(await client.post('/files', { ...(await formBody(path, { purpose })), signal }));
}

export function idOf(made: unknown): string {
  const id = isObject(made as Json) ? (made as JsonObject)['id'] : undefined;
  if (typeof id === 'string' && id !== '') return id;
  throw new Error('the response has no id');
}

/** Ids of Gemini have a slash. */
const pathOf = (batch: string): string => `/batches/${batch.split('/').map(encodeURIComponent).join('/')}`;

const running = new Set([
  'validating', 'in_progress', 'finalizing', 'cancelling', 'canceling', 'queued', 'pending', 'running',
  'processing', 'paused', 'updating',
]); // prettier-ignore
const ended = new Set(['completed', 'succeeded', 'partially_succeeded', 'expired', 'cancelled', 'canceled']);

/** A state in OpenAI's spelling. Together writes the same words in capitals, Google also as `JOB_STATE_…`. */
export const stateOf = (given: unknown): string =>
  String(given ?? 'no status')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')
    .replace(/^(?:job|batch)_state_/, '');

function statusOf(batch: unknown): BatchStatus {
  const given: JsonObject = isObject(batch as Json) ? (batch as JsonObject) : {};
  const says = stateOf(given['status']);
  const counts = isObject(given['request_counts']) ? given['request_counts'] : undefined;
  const results = [given['output_file_id'], given['error_file_id']].filter(
    (id): id is string => typeof id === 'string' && id !== '',
  );
  const about = {
    says,
    ...(counts && {
      counts: {
        total: Number(counts['total'] ?? 0),
        answered: Number(counts['completed'] ?? 0),
        failed: Number(counts['failed'] ?? 0),
      },
    }),
    results,
  };
  if (running.has(says)) return { state: 'running', ...about };
  if (ended.has(says)) return { state: 'ended', ...about };
  // A batch that failed half-way has results as well.
  if (says === 'failed')
    return { state: results.length > 0 ? 'ended' : 'failed', ...about, error: errorOf(given) };
  return { state: 'unknown', ...about };
}

function errorOf({ errors, error }: JsonObject): { readonly message: string; readonly isQueueFull: boolean } {
  const given = isObject(errors) ? errors['data'] : errors;
  const listed = [...(Array.isArray(given) ? given : []), error].filter(isObject);
  const words = listed.map(({ code, message }) => [code, message].filter(Boolean).join(': '));
  if (typeof error === 'string') words.push(error);
  const message = words.slice(0, 3).join('; ') || 'no reason given';
  return { message, isQueueFull: /token_limit_exceeded|enqueued[ _]token/i.test(message) };
}

/** What a provider writes in place of a response when it did not ask. */
const unasked = /batch_(?:expired|cancell?ed)|request_cancell?ed/i;

/** Some write a response beside an error: one without a body, or of the status 0. */
function readItem(line: JsonObject): BatchItem | undefined {
  const { custom_id: id, response, error = null } = line;
  if (typeof id !== 'string') return undefined;
  const { status_code = 200, body = null } = isObject(response) ? response : { status_code: 0 };
  const said = Number(status_code);
  if (isHttp(said) && (error === null || body !== null)) {
    // An error of Mistral is JSON in a text.
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return { id, kind: 'response', response: { status: said, body: text } };
  }
  const words = typeof error === 'string' ? error : JSON.stringify(error);
  if (unasked.test(words)) return { id, kind: 'unanswered' };
  const given = isObject(error) ? [error['status_code'], error['status'], error['code'], said] : [said];
  const status = given.map(Number).find((code) => isHttp(code) && code >= 400) ?? 502;
  const reason = error ?? { message: 'the batch has no response to this request' };
  return { id, kind: 'response', response: { status, body: JSON.stringify({ error: reason }) } };
}

const isHttp = (status: number): boolean => status >= 100 && status < 600;
