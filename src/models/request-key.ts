import { createHash } from 'node:crypto';
import { canonicalJson, type Json, type JsonSchema } from '../json.js';
import { extraBody, sampling } from './chat-body.js';
import type { ChatRequest } from './types.js';

/**
 * The name of an answer in the cell store: a SHA-256 of everything that can make the answer another one, and
 * of nothing else. How it is sent (timeout, parallelism, headers, alias, a technique that dd chose) is left out
 * on purpose: changing those must not cost a new call.
 *
 * @param sample tells equal requests of different rows apart
 * @param restart how often this question was asked afresh
 */
export function requestKey(request: ChatRequest, sample: string, restart: number): string {
  const { model, messages, schema } = request;
  return sha256({
    url: model.endpoint.url,
    model: model.model,
    sampling: sampling(model),
    extra: extraBody(model),
    messages: messages.map(({ role, content }) => ({ role, content })),
    schema: schema ? schemaDigest(schema) : null,
    sample,
    restart,
    ...(schema && model.structuredOutput !== 'auto' ? { technique: model.structuredOutput } : {}),
  });
}

/** SHA-256 of a schema, the same whatever the order of its keys. */
export function schemaDigest(schema: JsonSchema): string {
  const known = digests.get(schema);
  if (known !== undefined) return known;
  const digest = sha256(schema);
  digests.set(schema, digest);
  return digest;
}

/** A column hands over the very same schema for every row: it is hashed once. */
const digests = new WeakMap<JsonSchema, string>();

function sha256(value: Json): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
