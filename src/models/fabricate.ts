import { hash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import { type Json, type JsonSchema, isObject, type JsonObject } from '../core/json.js';
import { err, ok } from '../core/result.js';
import { runWithTimeout, TimeoutError } from '../sandbox/run-with-timeout.js';
import { compileOutput, type OutputCheck } from '../json-schema/compile.js';
import { requestKey } from './request-key.js';
import type { ServiceTransport } from './services.js';
import type { Answer, CallError, ChatRequest, ChatTransport, Task } from './types.js';

/** Some schemas are met only by chance: contains, multipleOf, if/then. */
const triesPerStyle = 10;

/** Milliseconds. Most values take a few; a schema can describe values too large for any memory. */
const longestFabrication = 2000;

/** Schemas that timed out: they would time out again for the next row. */
const hopeless = new WeakSet<JsonSchema>();

type Generate = typeof import('json-schema-faker').generateSync;

/**
 * The transport of a dry run: no network, no key, no cost. Answers are generated from the schema and checked like
 * real ones. The same request gets the same answer, in whatever order requests are sent.
 */
export function createFabricator(): ChatTransport {
  const checks = new WeakMap<JsonSchema, OutputCheck>();
  return {
    async send(request) {
      const { schema, example, task } = request;
      if (task) return ok(answer(request, JSON.stringify(fabricateTask(request, task))));
      if (!schema) {
        const text = `Fabricated answer ${seedOf(request)} of ${request.model.alias}.`;
        return ok(answer(request, example ? example(text) : text));
      }
      const { generateSync } = await import('json-schema-faker');
      const check = checks.get(schema) ?? compile(schema);
      checks.set(schema, check);
      const value = fabricateValue(schema, check, seedOf(request), generateSync);
      return value === undefined ? err(notFabricable(request)) : ok(answer(request, JSON.stringify(value)));
    },
  };
}

/** Vectors of length 1, or a small image of one colour. Each follows from the text that it is of. */
function fabricateTask(request: ChatRequest, task: Task): readonly Json[] {
  if (task === 'image')
    return [plainPng(hash('sha256', String(seedOf(request)), 'buffer')).toString('base64')];
  const { dimensions = 8 } = request.model.parameters;
  return request.messages.map(({ content }) => {
    const values = Array.from(
      { length: dimensions },
      (_, index) => hash('sha256', `${index} ${content}`, 'buffer').readUInt32BE() / 2 ** 31 - 1,
    );
    const length = Math.hypot(...values) || 1;
    return values.map((value) => Math.round((value / length) * 1e6) / 1e6);
  });
}

/** A PNG of 8 by 8 pixels: its bytes are the same with every version of zlib, since they are not compressed. */
export function plainPng(colour: Buffer): Buffer {
  const side = 8;
  const line = Buffer.concat([Buffer.of(0), ...Array.from({ length: side }, () => colour.subarray(0, 3))]);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // 8 bits a colour, red green blue.
  header.set([8, 2], 8);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: side }, () => line)), { level: 0 });
  const chunk = (name: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const parts = [chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, ...parts]);
}

/** The transport of a dry run to services. */
export const fabricateReply: ServiceTransport = async ({ name, example }) => {
  const reply = await example();
  return reply === undefined
    ? err({
        class: 'invalid-request',
        message: `no reply of ${name} could be fabricated for its output_schema`,
      })
    : ok(JSON.stringify(reply));
};

/** A value that fits a schema that was checked, the same for the same seed; `undefined` when none was found in time. */
export async function fabricate(schema: JsonSchema, seed: number): Promise<Json | undefined> {
  const { generateSync } = await import('json-schema-faker');
  return fabricateValue(schema, compile(schema), seed, generateSync);
}

/** A value that passes the check, the same for the same seed; `undefined` when none was found in time. */
export function fabricateValue(
  schema: JsonSchema,
  check: OutputCheck,
  seed: number,
  generate: Generate,
): Json | undefined {
  if (hopeless.has(schema)) return undefined;
  try {
    return runWithTimeout(() => tryAll(schema, check, seed, generate), longestFabrication);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    hopeless.add(schema);
    return undefined;
  }
}

function tryAll(
  schema: JsonSchema,
  { check }: OutputCheck,
  seed: number,
  generate: Generate,
): Json | undefined {
  const readable = readableSchema(schema, 'text');
  const styles = [
    { schema: readable, alwaysFakeOptionals: true },
    { schema: readable, alwaysFakeOptionals: false },
    { schema, alwaysFakeOptionals: false },
  ];
  for (const style of styles) {
    for (let turn = 0; turn < triesPerStyle; turn += 1) {
      const value = tryOnce(style.schema, { ...style, seed: seed + turn }, generate);
      if (value !== undefined && check(value).length === 0) return value;
    }
  }
  return undefined;
}

function tryOnce(
  schema: JsonSchema,
  { seed, alwaysFakeOptionals }: { readonly seed: number; readonly alwaysFakeOptionals: boolean },
  generate: Generate,
): Json | undefined {
  try {
    const own = structuredClone(schema) as Parameters<Generate>[0];
    return generate(own, { seed, alwaysFakeOptionals }) as Json | undefined;
  } catch {
    // The generator does not support every keyword.
    return undefined;
  }
}

function compile(schema: JsonSchema): OutputCheck {
  const compiled = compileOutput(schema);
  if (!compiled.ok) throw new Error(`a schema was not checked before the run: ${compiled.error}`);
  return compiled.value;
}

/** 32 bits of the request's hash. */
function seedOf(request: ChatRequest): number {
  return Number.parseInt(requestKey(request, '', 0).slice(0, 8), 16);
}

function answer(request: ChatRequest, text: string): Answer {
  return {
    text,
    finishReason: 'stop',
    model: request.model.model,
    usage: { input: undefined, output: undefined, cached: undefined, reasoning: undefined },
  };
}

function notFabricable({ model }: ChatRequest): CallError {
  return {
    class: 'invalid-request',
    message: `no answer of ${model.alias} could be fabricated for this schema`,
    hint: 'a dry run cannot fabricate values for every schema, nor very large ones; simplify the schema, or run with a model',
  };
}

/** Different texts for the items of a list, since they may have to be unique. */
const variantsOfItems = 8;

/** Longer texts are left to the generator, which runs with a timeout. */
const longestText = 10_000;

/**
 * The schema with every free text limited to texts that contain the name of their field, so that fabricated
 * records are readable. Everything else is left to the generator.
 *
 * @param name used for a value without a name of its own
 */
function readableSchema(schema: JsonSchema, name: string, variants = 1): JsonSchema {
  if (isFreeText(schema)) return { ...schema, enum: textsFor(schema, name, variants) };
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, readableKeyword(keyword, value, name)]),
  );
}

function readableKeyword(keyword: string, value: Json, name: string): Json {
  switch (keyword) {
    case 'properties':
    case '$defs':
    case 'definitions':
      return isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inside(inner, key)]))
        : value;
    case 'items':
      return inside(value, name, variantsOfItems);
    case 'additionalProperties':
      return inside(value, name);
    case 'anyOf':
    case 'oneOf':
    case 'prefixItems':
      return Array.isArray(value) ? value.map((inner: Json) => inside(inner, name)) : value;
    default:
      return value;
  }
}

function inside(schema: Json, name: string, variants?: number): Json {
  return isObject(schema) ? readableSchema(schema, name, variants) : schema;
}

function isFreeText(schema: JsonObject): boolean {
  const isText = schema.type === 'string' && !(Number(schema.minLength) > longestText);
  return isText && !['enum', 'const', 'pattern', 'format'].some((keyword) => Object.hasOwn(schema, keyword));
}

function textsFor({ minLength, maxLength }: JsonObject, name: string, variants: number): readonly string[] {
  const least = typeof minLength === 'number' ? minLength : 0;
  const most = typeof maxLength === 'number' ? maxLength : Infinity;
  const texts = Array.from({ length: variants }, (_, index) => {
    const number = variants > 1 ? `${index + 1} ` : '';
    return `fabricated ${number}${name}`.padEnd(least, ' …').slice(0, most);
  });
  return [...new Set(texts)];
}
