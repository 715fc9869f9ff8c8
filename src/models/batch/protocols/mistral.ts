/**
 * Batch jobs of Mistral: files as at OpenAI, and jobs of its own form, with metadata.
 * https://docs.mistral.ai/capabilities/batch
 */
import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { httpUrl } from '../../providers/endpoint-url.js';
import { chatBody } from '../../wire/chat-body.js';
import type { OpenAIBatchClient } from '../openai-client.js';
import type { BatchClient, BatchProtocol, BatchStatus } from '../types.js';
import { callClient, idOf, openBatches, stateOf, uploadFile, type Called } from './openai.js';

const MB = 1_000_000;
const jobs = '/batch/jobs';

export const mistralBatch: BatchProtocol = {
  name: 'mistral-batch',
  summary: 'Mistral',
  serves({ definition, provider, url }) {
    if (definition.protocol.name !== 'openai-chat') return 'no';
    return httpUrl(url)?.hostname === 'api.mistral.ai' || provider === 'mistral' ? 'known' : 'no';
  },
  limits: () => ({ requests: 1_000_000, bytes: 512 * MB - MB }),
  priceShare: 0.5,
  open: (endpoint, env, route) => openJobs({ endpoint, env, route }),
};

function openJobs(called: Called): BatchClient {
  return {
    ...openBatches(called),

    line(id, request, technique) {
      // The job names the model.
      const {
        model: _,
        stream: __,
        stream_options: ___,
        ...body
      } = chatBody(request, technique) as JsonObject;
      return JSON.stringify({ custom_id: id, body });
    },

    submit: ({ id, model, file, upload, onUploaded, idempotencyKey }, signal) =>
      callClient(called, signal, async (client) => {
        const input = upload ?? (await uploadFile(client, file, {}, signal));
        if (upload === undefined) await onUploaded(input);
        const body = {
          input_files: [input],
          endpoint: '/v1/chat/completions',
          model: model.model,
          metadata: { dd_batch: id },
          timeout_hours: 24,
        };
        return idOf(
          await client.post<Json>(jobs, { body, signal, headers: { 'idempotency-key': idempotencyKey } }),
        );
      }),

    find: ({ id, upload }, signal) =>
      callClient(called, signal, async (client) => {
        const ids = new Set<string>();
        for await (const job of everyJob(client, signal)) {
          const { metadata, input_files: inputs } = job;
          const isNamed = isObject(metadata) && metadata['dd_batch'] === id;
          const hasFile = upload !== undefined && Array.isArray(inputs) && inputs.includes(upload);
          if (isNamed || hasFile) ids.add(idOf(job));
        }
        return { ids: [...ids] };
      }),

    status: (batch, signal) =>
      callClient(called, signal, async (client) =>
        statusOf(await client.get<Json>(pathOf(batch), { signal })),
      ),

    cancel: (batch, signal) =>
      callClient(
        called,
        signal,
        async (client) => void (await client.post(`${pathOf(batch)}/cancel`, { signal })),
      ),
  };
}

const pathOf = (batch: string): string => `${jobs}/${encodeURIComponent(batch)}`;

async function* everyJob(client: OpenAIBatchClient, signal: AbortSignal): AsyncGenerator<JsonObject> {
  let seen = 0;
  for (let page = 0; ; page += 1) {
    const given = await client.get<Json>(jobs, { query: { page, page_size: 100 }, signal });
    const { data, total } = isObject(given) ? given : ({} as JsonObject);
    const listed = Array.isArray(data) ? data.filter(isObject) : [];
    yield* listed;
    seen += listed.length;
    // A server may give shorter pages than it was asked for.
    if (listed.length === 0 || seen >= Number(total ?? (listed.length < 100 ? 0 : Infinity))) return;
  }
}

const running = new Set(['queued', 'running', 'cancellation_requested']);
const ended = new Map([['success', 'success'], ['cancelled', 'cancelled'], ['timeout_exceeded', 'expired']]); // prettier-ignore

function statusOf(job: Json): BatchStatus {
  const given: JsonObject = isObject(job) ? job : {};
  const says = stateOf(given['status']);
  const results = [given['output_file'], given['error_file']].filter(
    (id): id is string => typeof id === 'string' && id !== '',
  );
  const count = (name: string): number => Number(given[name] ?? 0);
  const counts = {
    total: count('total_requests'),
    answered: count('succeeded_requests'),
    failed: count('failed_requests'),
  };
  if (running.has(says)) return { state: 'running', says, counts };
  const end = ended.get(says) ?? (says === 'failed' && results.length > 0 ? says : undefined);
  if (end !== undefined) return { state: 'ended', says: end, counts, results };
  if (says !== 'failed') return { state: 'unknown', says, counts };
  const errors = Array.isArray(given['errors']) ? given['errors'].filter(isObject) : [];
  const message = errors.map((error) => String(error['message'])).join('; ') || 'no reason given';
  return { state: 'failed', says, counts, error: { message, isQueueFull: false } };
}
