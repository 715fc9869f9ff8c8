import { hash } from 'node:crypto';
import { canonicalJson, type JsonSchema } from '../core/json.js';
import { extraBody, sampling } from './wire/chat-body.js';
import type { ChatRequest, Model } from './types.js';

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
  const fixed = fixedParts(model);
  const spoken = messages.map(({ role, content }) => `{"content":${json(content)},"role":${json(role)}}`);
  const technique =
    schema && model.structuredOutput !== 'auto' ? `"technique":${json(model.structuredOutput)},` : '';
  // Canonical JSON, put together from its parts: those of the model are written once, not for every cell.
  return sha256(
    `{"extra":${fixed.extra},"messages":[${spoken.join()}],"model":${fixed.model},"restart":${restart},` +
      `"sample":${json(sample)},"sampling":${fixed.sampling},` +
      `"schema":${schema ? json(schemaDigest(schema)) : 'null'},${technique}"url":${fixed.url}}`,
  );
}

/** What a model adds to the keys of all its answers, as canonical JSON. */
interface FixedParts {
  readonly extra: string;
  readonly model: string;
  readonly sampling: string;
  readonly url: string;
}

const partsOfModels = new WeakMap<Model, FixedParts>();

function fixedParts(model: Model): FixedParts {
  const known = partsOfModels.get(model);
  if (known) return known;
  const parts = {
    extra: canonicalJson(extraBody(model)),
    model: json(model.model),
    sampling: canonicalJson(sampling(model)),
    url: json(model.endpoint.url),
  };
  partsOfModels.set(model, parts);
  return parts;
}

/** SHA-256 of a schema, the same whatever the order of its keys. */
export function schemaDigest(schema: JsonSchema): string {
  const known = digests.get(schema);
  if (known !== undefined) return known;
  const digest = sha256(canonicalJson(schema));
  digests.set(schema, digest);
  return digest;
}

/** A column hands over the very same schema for every row: it is hashed once. */
const digests = new WeakMap<JsonSchema, string>();

function json(text: string): string {
  return JSON.stringify(text);
}

function sha256(text: string): string {
  return hash('sha256', text);
}
