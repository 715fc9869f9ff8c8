import { hash } from 'node:crypto';
import { canonicalJson, type Json, type JsonSchema } from '../core/json.js';
import { extraBody, sampling } from './wire/chat-body.js';
import { imageRoute } from './wire/task-body.js';
import type { ChatMessage, ChatRequest, MediaPart, Model, Task, ToolDefinition } from './types.js';

/**
 * The key of an answer in the answer store: a SHA-256 of everything that can change the answer, and nothing else.
 * The way it is sent (timeout, parallelism, headers, alias, a technique that dd chose) is left out on purpose:
 * changing it must not cost a new call.
 *
 * @param rowId distinguishes equal requests of different rows
 * @param restart how often the conversation was restarted before
 */
export function requestKey(request: ChatRequest, rowId: string, restart: number): string {
  const { model, messages, schema, task, tools } = request;
  const fixed = fixedParts(model);
  const texts = messages.map(
    (message) =>
      `{"content":${json(message.content)},${message.media ? `"media":[${message.media.map(keyOfPart).join()}],` : ''}"role":${json(message.role)}${keyOfCalls(message)}}`,
  );
  const technique =
    schema && model.structuredOutput !== 'auto' ? `"technique":${json(model.structuredOutput)},` : '';
  // Canonical JSON, assembled from parts: those of the model are computed once, not for every cell.
  return sha256(
    `{"extra":${fixed.extra},"messages":[${texts.join()}],"model":${fixed.model},"restart":${restart},` +
      `"sample":${json(rowId)},"sampling":${fixed.sampling},` +
      `"schema":${schema ? json(schemaDigest(schema)) : 'null'},${task ? keyOfTask(task, model) : ''}${technique}${tools ? keyOfTools(tools) : ''}"url":${fixed.url}}`,
  );
}

/** By the hash of its bytes: a request may have megabytes of them. */
const keyOfPart = (part: MediaPart): string => json('url' in part ? part.url : `sha256:${part.sha256}`);

/** Nothing for messages of conversations without tools. */
function keyOfCalls({ toolCalls, toolCallId, isError, thoughts }: ChatMessage): string {
  const calls = toolCalls?.map(({ id, name, arguments: given, extra = null }) => [id, name, given, extra]);
  return [
    calls ? `,"tool_calls":${canonicalJson(calls)}` : '',
    thoughts ? `,"thoughts":${canonicalJson(thoughts)}` : '',
    toolCallId === undefined ? '' : `,"tool_call_id":${json(toolCallId)}`,
    isError ? ',"is_error":true' : '',
  ].join('');
}

function keyOfTools(tools: readonly ToolDefinition[]): string {
  const known = toolDigests.get(tools) ?? sha256(canonicalJson(tools as unknown as Json));
  toolDigests.set(tools, known);
  return `"tools":${json(known)},`;
}

/** All requests of a `tool_alias` have the same list. */
const toolDigests = new WeakMap<readonly ToolDefinition[], string>();

function keyOfTask(task: Task, model: Model): string {
  const { dimensions } = model.parameters;
  const way = task === 'image' ? imageRoute(model) : dimensions;
  return `"task":${json([task, way].filter((part) => part !== undefined).join(' '))},`;
}

/** The parts of a model that are in the keys of all its answers, as canonical JSON. */
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

/** A column uses the same schema object for every row: it is hashed once. */
const digests = new WeakMap<JsonSchema, string>();

function json(text: string): string {
  return JSON.stringify(text);
}

function sha256(text: string): string {
  return hash('sha256', text);
}
