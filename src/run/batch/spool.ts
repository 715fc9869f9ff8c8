/**
 * The requests of batches on disk, one JSON object a line: as this project needs them again when the answers come, and
 * beside it as they are handed in. A file ends where the provider's limits end it.
 */
import { randomBytes } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { estimateTokens } from '../../core/estimate-tokens.js';
import { isObject, jsonIn, type JsonSchema } from '../../core/json.js';
import { linesOf } from '../../core/read-lines.js';
import type { BatchModel } from './batch-models.js';
import { adapt, type Adaptation } from '../../models/providers/adaptation.js';
import type { ChatRequest, Model, SettledParameters } from '../../models/types.js';
import { estimatePrompt } from '../../models/usage/estimate.js';
import type { BatchFolder } from './records.js';

/** A request that waits for its batch. `key` comes first in its line. */
export interface SpooledRequest {
  readonly key: string;
  readonly column: string;
  readonly request: Omit<ChatRequest, 'model' | 'example'>;
  /** Of this cell: they may be drawn. */
  readonly parameters: SettledParameters;
  readonly adaptation: Adaptation;
}

/** The requests of one batch, written down. */
export interface SpooledPart {
  readonly id: string;
  readonly alias: string;
  readonly requests: number;
  readonly bytes: number;
  readonly tokens: number;
}

export interface Spool {
  /** Resolves when the line is handed to the system. */
  add(alias: string, spooled: SpooledRequest): Promise<void>;
  /** Resolves with the parts when all is on the disk. */
  close(): Promise<readonly SpooledPart[]>;
}

/** @param tokensOf the most tokens of prompts that a batch of this model may have */
export function openSpool(
  models: ReadonlyMap<string, BatchModel>,
  { spoolOf, linesOf }: BatchFolder,
  wave: number,
  tokensOf: (alias: string) => number,
): Spool {
  const parts: SpooledPart[] = [];
  const current = new Map<string, OpenPart>();
  let queue: Promise<unknown> = Promise.resolve();
  let count = 0;
  const begin = async (alias: string): Promise<OpenPart> => {
    count += 1;
    const id = `${wave}-${count}-${randomBytes(4).toString('hex')}`;
    const files = [await open(spoolOf(id), 'wx', 0o600), await open(linesOf(id), 'wx', 0o600)] as const;
    return { id, alias, requests: 0, bytes: 0, tokens: 0, files };
  };
  const end = async ({ files, ...part }: OpenPart): Promise<void> => {
    for (const file of files) {
      await file.sync();
      await file.close();
    }
    parts.push(part);
  };
  const addNow = async (alias: string, spooled: SpooledRequest): Promise<void> => {
    const model = models.get(alias);
    if (!model) throw new Error(`no batches of ${alias}`);
    const { limits, client } = model;
    const request = requestOf(spooled, model.model);
    const line = client.line(spooled.key, adapt(request, spooled.adaptation), spooled.adaptation.technique);
    const bytes = Buffer.byteLength(line) + 1;
    const { messages, schema } = spooled.request;
    const tokens = estimatePrompt(messages) + (schema ? tokensOfSchema(schema) : 0);
    let part = current.get(alias) ?? (await begin(alias));
    const isFull =
      part.requests > 0 &&
      (part.requests + 1 > limits.requests ||
        part.bytes + bytes > limits.bytes ||
        part.tokens + tokens > tokensOf(alias));
    if (isFull) {
      await end(part);
      part = await begin(alias);
    }
    await part.files[0].write(`${JSON.stringify(spooled)}\n`);
    await part.files[1].write(`${line}\n`);
    part.requests += 1;
    part.bytes += bytes;
    part.tokens += tokens;
    current.set(alias, part);
  };
  return {
    add(alias, spooled) {
      const added = queue.then(() => addNow(alias, spooled));
      queue = added.catch(() => undefined);
      return added;
    },
    async close() {
      await queue;
      const last = [...current.values()];
      current.clear();
      for (const part of last) await end(part);
      return parts;
    },
  };
}

/** A provider counts it as a part of the prompt. All requests of a column have the same. */
function tokensOfSchema(schema: JsonSchema): number {
  const known = schemaTokens.get(schema) ?? estimateTokens(JSON.stringify(schema));
  schemaTokens.set(schema, known);
  return known;
}

const schemaTokens = new WeakMap<JsonSchema, number>();

interface OpenPart extends SpooledPart {
  requests: number;
  bytes: number;
  tokens: number;
  /** The requests, and the lines to hand in. */
  readonly files: readonly [FileHandle, FileHandle];
}

/** The request as it was asked, with the model as the recipe has it now. */
export function requestOf({ request, parameters }: SpooledRequest, model: Model): ChatRequest {
  return { ...request, model: { ...model, parameters } };
}

/** The keys of a spool, in order. */
export async function* keysOf(file: string): AsyncGenerator<string> {
  for await (const { key } of placesOf(file)) yield key;
}

/** The requests of a spool by key: read from the disk one at a time. */
export interface SpoolReader {
  readonly size: number;
  get(key: string): Promise<SpooledRequest | undefined>;
  keys(): Iterable<string>;
  close(): Promise<void>;
}

export async function openSpoolReader(file: string): Promise<SpoolReader> {
  const places = new Map<string, Place>();
  for await (const place of placesOf(file)) places.set(place.key, place);
  const handle = await open(file, 'r');
  return {
    size: places.size,
    keys: () => places.keys(),
    async get(key) {
      const place = places.get(key);
      if (!place) return undefined;
      const { buffer } = await handle.read(Buffer.alloc(place.bytes), 0, place.bytes, place.at);
      const value = jsonIn(buffer.toString('utf8'));
      return isObject(value) ? (value as unknown as SpooledRequest) : undefined;
    },
    close: () => handle.close(),
  };
}

interface Place {
  readonly key: string;
  readonly at: number;
  readonly bytes: number;
}

const KEY = /^\{"key":"([\w-]+)"/;

async function* placesOf(file: string): AsyncGenerator<Place> {
  let at = 0;
  for await (const line of linesOf(file)) {
    const bytes = Buffer.byteLength(line);
    const key = KEY.exec(line)?.[1];
    if (key !== undefined) yield { key, at, bytes };
    at += bytes + 1;
  }
}

/** The requests of a batch as several smaller ones; none when it holds a single request. */
export async function splitSpool(
  {
    id,
    alias,
    wave,
    requests,
  }: { readonly id: string; readonly alias: string; readonly wave: number; readonly requests: number },
  model: BatchModel,
  folder: BatchFolder,
  tokens: number,
): Promise<readonly SpooledPart[]> {
  if (requests < 2) return [];
  const spool = openSpool(new Map([[alias, model]]), folder, wave, () => tokens);
  for await (const line of linesOf(folder.spoolOf(id))) {
    const spooled = jsonIn(line);
    if (isObject(spooled)) await spool.add(alias, spooled as unknown as SpooledRequest);
  }
  return spool.close();
}
