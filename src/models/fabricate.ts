import type { Json, JsonSchema } from '../json.js';
import { err, ok } from '../result.js';
import { inTime, Overtime } from '../in-time.js';
import { humaneSchema } from './humane-schema.js';
import { compileOutput, type OutputCheck } from './output-check.js';
import { requestKey } from './request-key.js';
import type { Answer, CallError, ChatRequest, ChatTransport } from './types.js';

/** Some schemas are met by chance only: contains, multipleOf, if/then. */
const triesPerStyle = 10;

/** Milliseconds. Values are made up in a few; a schema can ask for more than fits into any memory. */
const longestFabrication = 2000;

/** Schemas that were given up: another row would only wait as long. */
const hopeless = new WeakSet<JsonSchema>();

type Generate = typeof import('json-schema-faker').generateSync;

/**
 * The transport of a dry run: no network, no key, no cost. Answers are made up from the schema, the same for
 * the same request whatever the order of the calls, and checked like real ones.
 */
export function createFabricator(): ChatTransport {
  const checks = new WeakMap<JsonSchema, OutputCheck>();
  return {
    async send(request) {
      const { schema } = request;
      if (!schema)
        return ok(answer(request, `Fabricated answer ${seedOf(request)} of ${request.model.alias}.`));
      const { generateSync } = await import('json-schema-faker');
      const check = checks.get(schema) ?? compile(schema);
      checks.set(schema, check);
      const value = fabricateValue(schema, check, seedOf(request), generateSync);
      return value === undefined ? err(notFabricable(request)) : ok(answer(request, JSON.stringify(value)));
    },
  };
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
    return inTime(() => tryAll(schema, check, seed, generate), longestFabrication);
  } catch (error) {
    if (!(error instanceof Overtime)) throw error;
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
  const readable = humaneSchema(schema, 'text');
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
    // The generator does not know every keyword.
    return undefined;
  }
}

function compile(schema: JsonSchema): OutputCheck {
  const compiled = compileOutput(schema);
  if (!compiled.ok) throw new Error(`a schema that was not checked before the run: ${compiled.error}`);
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
    message: `no answer of ${model.alias} could be made up for this schema`,
    hint: 'a dry run cannot meet every rule a schema can state, nor make up very much; simplify the schema, or run with a model',
  };
}
