import { isObject, type Json, type JsonObject, type JsonSchema } from '../../core/json.js';

/** A schema as it is sent. */
export interface WireSchema {
  readonly schema: JsonSchema;
  /** Whether the server is asked to enforce it exactly. */
  readonly strict: boolean;
}

/** The schemas that a provider's strict mode accepts. */
export interface StrictDialect {
  /** True for keywords without subschemas that may stay. */
  keeps(keyword: string, value: Json): boolean;
  readonly formats: ReadonlySet<string>;
  /** True when every property must be required. */
  readonly requiresAll: boolean;
  /** True when removed rules are added to the description, which the model reads. */
  readonly describesRules: boolean;
}

/**
 * Adapts a schema to a strict mode: objects are closed, unsupported keywords removed. The result is only sent;
 * answers are checked against the author's schema. A schema that would change its meaning (an open map, a tuple,
 * `allOf`) is sent unchanged, without `strict`.
 */
export function toStrictSchema(schema: JsonSchema, dialect: StrictDialect = openAiStrict): WireSchema {
  const adapted = adaptedTo(dialect);
  const known = adapted.get(schema);
  if (known) return known;
  const strict = schema.type === 'object' ? strictNode(schema, dialect) : undefined;
  const wire = strict ? { schema: strict, strict: true } : { schema: withoutDialect(schema), strict: false };
  adapted.set(schema, wire);
  return wire;
}

/** The schema without `$schema`, which servers do not need and some refuse. */
export function withoutDialect({ $schema: _dialect, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

const caches = new WeakMap<StrictDialect, WeakMap<JsonSchema, WireSchema>>();

function adaptedTo(dialect: StrictDialect): WeakMap<JsonSchema, WireSchema> {
  const cache = caches.get(dialect) ?? new WeakMap<JsonSchema, WireSchema>();
  caches.set(dialect, cache);
  return cache;
}

const annotations = ['type', 'title', 'description', 'enum', 'const'];
const limits = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
];
const formats = ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'];

const openAiKeywords: ReadonlySet<string> = new Set([...annotations, ...limits]);

/** @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas */
const openAiStrict: StrictDialect = {
  keeps: (keyword) => openAiKeywords.has(keyword),
  formats: new Set(formats),
  requiresAll: true,
  describesRules: false,
};

/**
 * For servers that turn the schema into a grammar (llama.cpp and what is built on it, vLLM): the lengths of strings
 * stay, so that a model that repeats itself comes to an end. llama.cpp refuses more than 2,000 repetitions.
 */
export const grammarStrict: StrictDialect = {
  ...openAiStrict,
  keeps: (keyword, value) =>
    openAiKeywords.has(keyword) ||
    ((keyword === 'minLength' || keyword === 'maxLength') && Number(value) <= 2000),
};

/** @see https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations */
export const anthropicStrict: StrictDialect = {
  keeps: (keyword, value) =>
    annotations.includes(keyword) || (keyword === 'minItems' && (value === 0 || value === 1)),
  formats: new Set([...formats, 'uri']),
  requiresAll: false,
  describesRules: true,
};

/** Keywords that cannot be removed without changing the meaning of the schema. */
const foreignKeywords = [
  'allOf',
  'not',
  'if',
  'prefixItems',
  'patternProperties',
  'dependentSchemas',
  'unevaluatedProperties',
  '$dynamicRef',
];

/** Rules that move to the description where they cannot stay. */
const rules = [...limits, 'minLength', 'maxLength', 'uniqueItems', 'pattern', 'format'];

/** A keyword of the strict form; `undefined` when it cannot be expressed, and then the whole schema cannot. */
type Part = readonly [keyword: string, value: Json] | undefined;

/** The strict form of a schema, `undefined` when it has none. */
function strictNode(node: Json, dialect: StrictDialect): JsonObject | undefined {
  if (!isObject(node) || foreignKeywords.some((keyword) => Object.hasOwn(node, keyword))) return undefined;
  // Strict mode allows no other keyword next to a `$ref`.
  if (typeof node.$ref === 'string') return node.$ref.startsWith('#') ? { $ref: node.$ref } : undefined;

  const parts: Part[] = Object.entries(node).filter(([keyword, value]) => dialect.keeps(keyword, value));
  if (isType(node, 'object')) parts.push(...closedObject(node, dialect));
  if (isType(node, 'array')) parts.push(part('items', node.items && strictNode(node.items, dialect)));
  if (isSafePattern(node.pattern)) parts.push(['pattern', node.pattern]);
  if (typeof node.format === 'string' && dialect.formats.has(node.format))
    parts.push(['format', node.format]);
  const choices = node.anyOf ?? node.oneOf;
  if (choices !== undefined) parts.push(part('anyOf', strictList(choices, dialect)));
  for (const keyword of ['$defs', 'definitions']) {
    if (node[keyword] !== undefined) parts.push(part(keyword, strictMap(node[keyword], dialect)));
  }
  if (dialect.describesRules) parts.push(...rulesInWords(node, parts));

  const saysSomething = ['type', 'enum', 'const', 'anyOf'].some((keyword) =>
    parts.some((entry) => entry?.[0] === keyword),
  );
  return saysSomething && parts.every((entry) => entry !== undefined) ? Object.fromEntries(parts) : undefined;
}

/** The description, extended by the rules that are not among the parts. */
function rulesInWords(node: JsonObject, parts: readonly Part[]): readonly Part[] {
  const kept = new Set(parts.map((entry) => entry?.[0]));
  const lost = rules.filter((rule) => Object.hasOwn(node, rule) && !kept.has(rule));
  if (lost.length === 0) return [];
  const words = lost.map((rule) => `${rule}: ${JSON.stringify(node[rule])}`).join(', ');
  const { description } = node;
  return [['description', typeof description === 'string' ? `${description} (${words})` : words]];
}

function closedObject(node: JsonObject, dialect: StrictDialect): readonly Part[] {
  const isOpen = node.additionalProperties !== undefined && node.additionalProperties !== false;
  if (isOpen || !isObject(node.properties)) return [undefined];
  return [
    part('properties', strictMap(node.properties, dialect)),
    ['required', dialect.requiresAll ? Object.keys(node.properties) : (node.required ?? [])],
    ['additionalProperties', false],
  ];
}

function strictMap(schemas: Json, dialect: StrictDialect): JsonObject | undefined {
  if (!isObject(schemas)) return undefined;
  const entries = Object.entries(schemas).map(([name, schema]) => part(name, strictNode(schema, dialect)));
  return entries.every((entry) => entry !== undefined) ? Object.fromEntries(entries) : undefined;
}

function strictList(schemas: Json, dialect: StrictDialect): Json | undefined {
  if (!Array.isArray(schemas)) return undefined;
  const nodes = schemas.map((schema: Json) => strictNode(schema, dialect));
  return nodes.every((node) => node !== undefined) ? nodes : undefined;
}

function part(keyword: string, value: Json | undefined): Part {
  return value === undefined ? undefined : [keyword, value];
}

function isType(node: JsonObject, type: string): boolean {
  return node.type === type || (Array.isArray(node.type) && node.type.includes(type));
}

/** Servers' grammars do not support look-around. */
function isSafePattern(pattern: Json | undefined): pattern is string {
  return typeof pattern === 'string' && !/\(\?[=!<]/.test(pattern);
}
