import { isObject, type Json, type JsonSchema } from '../core/json.js';
import { followRef } from '../json-schema/pointer.js';
import { ok } from '../core/result.js';
import { fitRequest } from './fit-prompt.js';
import type { Model, Models, StructuredOutput } from './types.js';
import { estimateTokens } from '../core/estimate-tokens.js';
import { plainPng } from './fabricate.js';
import { estimatePrompt, tokensPerPart } from './usage/estimate.js';

/** Assumptions about answers, shown with every estimate. */
export const ASSUMED = {
  /** Characters of a text within a structured answer, unless its schema says otherwise. */
  fieldCharacters: 160,
  /** Entries of a list, unless its schema says otherwise. */
  listEntries: 3,
  /** Tokens of an answer that is plain text. */
  textTokens: 300,
} as const;

/** Calls and tokens of one column, summed over the rows that were tried. */
export interface Estimate {
  readonly calls: number;
  /** Prompts that are shortened to fit into the context window of the recipe. */
  readonly shortened: number;
  readonly input: number;
  readonly output: number;
}

/** Models that answer at once with values of a likely size, and count calls and tokens. */
export interface Estimator extends Models {
  estimates(): ReadonlyMap<string, Estimate>;
}

export function createEstimator(models: ReadonlyMap<string, Model>): Estimator {
  const byColumn = new Map<string, Estimate>();
  return {
    async ask(request) {
      const { alias, column, output } = request;
      const model = models.get(alias);
      const nothing = { recall: () => undefined };
      const fitted = model && fitRequest(request, model, nothing, () => false);
      const { messages } = fitted?.request ?? request;
      const note = (input: number, outputTokens: number): void => {
        const before = byColumn.get(column) ?? { calls: 0, shortened: 0, input: 0, output: 0 };
        byColumn.set(column, {
          calls: before.calls + 1,
          shortened: before.shortened + (fitted && fitted.scale < 1 ? 1 : 0),
          input: before.input + input,
          output: before.output + outputTokens,
        });
      };
      if (request.task) {
        const isImage = request.task === 'image';
        const list = isImage ? [plainPng(Buffer.alloc(3)).toString('base64')] : messages.map(() => [1]);
        note(estimatePrompt(messages), isImage ? tokensPerPart : 0);
        return ok({ value: list, text: '', conversation: messages });
      }
      const value = output ? likelyValue(output) : 'word '.repeat((ASSUMED.textTokens * 4) / 5).trimEnd();
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      const most = model?.parameters.max_tokens ?? Number.POSITIVE_INFINITY;
      note(estimatePrompt(messages), Math.min(most, estimateTokens(text)));
      return ok({ value, text, conversation: [...messages, { role: 'assistant', content: text }] });
    },
    estimates: () => byColumn,
  };
}

function likelyValue({ schema }: StructuredOutput): Json {
  return likely(schema, schema, 0);
}

/** Schemas may refer to themselves: deeper than this nothing is filled in. */
const deepest = 8;

function likely(given: Json | undefined, root: JsonSchema, depth: number): Json {
  const schema = isObject(given) && depth <= deepest ? followRef(given, root) : undefined;
  if (!schema) return null;
  const { const: constant, enum: values, properties, items } = schema;
  if (constant !== undefined) return constant;
  if (Array.isArray(values)) return (values[0] as Json | undefined) ?? null;
  for (const branches of [schema['anyOf'], schema['oneOf'], schema['allOf']])
    if (Array.isArray(branches) && !isObject(properties)) return likely(branches[0], root, depth + 1);
  switch ([schema['type']].flat().find((type) => type !== 'null')) {
    case 'string':
      return 'word '.repeat(textLength(schema)).slice(0, textLength(schema));
    case 'integer':
    case 'number':
      return Number(schema['minimum'] ?? schema['maximum'] ?? 1);
    case 'boolean':
      return true;
    case 'array':
      return Array.from({ length: listLength(schema) }, () => likely(items, root, depth + 1));
    default:
      if (!isObject(properties)) return null;
      return Object.fromEntries(
        Object.entries(properties).map(([name, inner]) => [name, likely(inner, root, depth + 1)]),
      );
  }
}

const textLength = ({ minLength, maxLength }: JsonSchema): number =>
  bounded(ASSUMED.fieldCharacters, minLength, maxLength, 10_000);

const listLength = ({ minItems, maxItems }: JsonSchema): number =>
  bounded(ASSUMED.listEntries, minItems, maxItems, 100);

function bounded(usual: number, least: Json | undefined, most: Json | undefined, ceiling: number): number {
  const atLeast = typeof least === 'number' ? Math.max(usual, least) : usual;
  return Math.min(ceiling, typeof most === 'number' ? Math.min(atLeast, most) : atLeast);
}
