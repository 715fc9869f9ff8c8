import type { SchemaPart } from '../../authoring/schema-reference.js';
import { isObject, type Json, type JsonObject, type JsonSchema } from '../../core/json.js';
import { wrap } from './text.js';

/** The reference of a part of the recipe language: each key with its type, default and description. */
export function renderReference({ name, schema, $defs }: SchemaPart, width: number): string {
  const root = resolve(schema, $defs);
  const head = [name, ...wrap(String(root['description'] ?? ''), width)];
  const rules = choiceOfKeys(root).map((line) => `  ${line}`);
  const body = innerLines(root, { $defs, width, indent: '  ' });
  return [head.join('\n'), [...body, ...rules].join('\n'), NOTE].filter((part) => part !== '').join('\n\n');
}

const NOTE = 'Any value can be ${{ params.NAME }}.';

interface Page {
  readonly $defs: JsonObject;
  readonly width: number;
  readonly indent: string;
}

/** The keys of a map, or of the items of a list. */
function innerLines(schema: JsonSchema, page: Page): readonly string[] {
  const resolved = resolve(schema, page.$defs);
  if (isObject(resolved['properties'])) {
    const required = Array.isArray(resolved['required']) ? resolved['required'] : [];
    return Object.entries(resolved['properties']).flatMap(([key, value]) =>
      isObject(value) && key !== '$schema' ? keyLines(key, value, required.includes(key), page) : [],
    );
  }
  const entry = entrySchema(resolved);
  if (entry) return innerLines(entry, page);
  return alternatives(resolved).flatMap((branch) => innerLines(branch, page));
}

function keyLines(key: string, schema: JsonSchema, isRequired: boolean, page: Page): readonly string[] {
  const resolved = resolve(schema, page.$defs);
  const below = { ...page, indent: `${page.indent}    ` };
  const facts = [typeOf(resolved, page.$defs), ...(isRequired ? ['required'] : []), ...limits(resolved)];
  const text = schema['description'] ?? resolved['description'];
  return [
    `${page.indent}${key}: ${facts.join(', ')}`,
    ...(typeof text === 'string' ? indented(text, below) : []),
    ...choices(resolved, below),
    ...innerLines(resolved, below),
  ];
}

const indented = (text: string, { indent, width }: Page): readonly string[] =>
  wrap(text, width - indent.length).map((line) => indent + line);

/** `text`, `list of maps`, `a | b`. */
function typeOf(schema: JsonSchema, $defs: JsonObject): string {
  if ('const' in schema) return show(schema['const']);
  const values = schema['enum'];
  if (Array.isArray(values))
    return isExplained(schema) ? 'one of these' : [...new Set(values.map(show))].join(' | ');
  const branches = alternatives(schema);
  if (branches.length > 0)
    return [...new Set(branches.map((branch) => typeOf(resolve(branch, $defs), $defs)))].join(' or ');
  const types = [schema['type'] ?? []].flat().map(String);
  return types.map((type) => typeWord(type, schema, $defs)).join(' or ') || 'any value';
}

function typeWord(type: string, schema: JsonSchema, $defs: JsonObject): string {
  const entry = entrySchema(schema);
  const entries = entry === undefined ? undefined : typeOf(resolve(entry, $defs), $defs);
  if (type === 'array') return entries === undefined ? 'list' : `list of ${PLURALS[entries] ?? entries}`;
  if (type === 'object' && entries !== undefined) return `map of names to ${PLURALS[entries] ?? entries}`;
  return WORDS[type] ?? type;
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  boolean: 'true or false',
  array: 'list',
  object: 'map',
  null: 'nothing',
};

const PLURALS: Readonly<Record<string, string>> = { text: 'texts', map: 'maps' };

/** Minimum, maximum, pattern and default, in words. */
function limits(schema: JsonSchema): readonly string[] {
  const bound = (key: string, words: string): readonly string[] =>
    schema[key] === undefined ? [] : [`${words} ${show(schema[key])}`];
  const {
    pattern,
    patternErrorMessage: words = pattern === undefined ? undefined : `of the form ${show(pattern)}`,
  } = schema;
  return [
    ...bound('minimum', 'at least'),
    ...bound('exclusiveMinimum', 'more than'),
    ...bound('maximum', 'at most'),
    ...(typeof words === 'string' ? [words] : []),
    ...bound('default', 'default'),
  ];
}

/** Allowed values with one line of explanation each. */
function choices(schema: JsonSchema, page: Page): readonly string[] {
  const { enum: values, enumDescriptions } = schema;
  if (!isExplained(schema) || !Array.isArray(values) || !Array.isArray(enumDescriptions)) return [];
  const column = Math.max(...values.map((value) => show(value).length));
  return [
    ...values.map(
      (value, at) => `${page.indent}${show(value).padEnd(column)}  ${show(enumDescriptions[at] ?? '')}`,
    ),
    ...indented('For the keys of each, see dd schema NAME.', page),
  ];
}

const isExplained = (schema: JsonSchema): boolean => Array.isArray(schema['enumDescriptions']);

/** `oneOf: [{ required: [a] }, { required: [b] }]` means that one of the keys is required. */
function choiceOfKeys(schema: JsonSchema): readonly string[] {
  const branches = schema['oneOf'];
  if (!Array.isArray(branches)) return [];
  const keys = branches.flatMap((branch: Json) =>
    isObject(branch) && Array.isArray(branch['required']) ? branch['required'].map(String) : [],
  );
  return keys.length === 0 ? [] : [`Either ${keys.join(' or ')} is required.`];
}

function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  const branches = schema['anyOf'] ?? schema['oneOf'];
  return Array.isArray(branches) ? branches.filter(isObject).filter(saysType) : [];
}

const saysType = (schema: JsonSchema): boolean =>
  ['type', 'enum', 'const', '$ref', 'anyOf'].some((keyword) => keyword in schema);

function entrySchema(schema: JsonSchema): JsonSchema | undefined {
  const entry = schema['items'] ?? schema['additionalProperties'];
  return isObject(entry) ? entry : undefined;
}

function resolve(schema: JsonSchema, $defs: JsonObject): JsonSchema {
  const { $ref, ...own } = schema;
  const target = typeof $ref === 'string' ? $defs[$ref.replace('#/$defs/', '')] : undefined;
  return isObject(target) ? { ...target, ...own } : schema;
}

const show = (value: Json | undefined): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null);
