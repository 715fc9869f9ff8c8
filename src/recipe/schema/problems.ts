/**
 * Rewords the errors of the JSON Schema validator (Ajv) as messages about the recipe: they name the column or model
 * instead of a JSON pointer, and suggest a correction. `errors.ts` decides before which errors are worth reporting.
 */
import type { ErrorObject } from 'ajv';
import { isObject, type Json, type JsonPath } from '../../core/json.js';
import { pluginHint, unsupportedValue } from '../unsupported.js';
import type { Problem } from '../../core/problem.js';
import { pointerPath } from '../../json-schema/pointer.js';
import { TYPE_WORDS } from '../../json-schema/possible-values.js';
import { isList, valueAt } from '../../core/paths.js';
import { nameOf, showValue, within } from './naming.js';
import { requiredKeys, stringParam } from './errors.js';
import { correction, didYouMeanOneOf } from '../../core/suggest.js';

/** The problem for an error of the validator; `undefined` for errors that need no report. */
export function toProblem(error: ErrorObject, recipe: Json): Problem | undefined {
  const at = pathOf(error.instancePath, recipe);
  if (error.propertyName !== undefined) return keyName(error, at, recipe);
  const isKey = at.at(-1) === 'api_key' || at.join('.').endsWith('seed_config.source.token');
  if (isKey) return literalKey(error, at, recipe);
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownKey(error, at, recipe);
    case 'required':
      return missingKey(stringParam(error, 'missingProperty'), at, recipe);
    case 'type':
      return wrongType(error, at, recipe);
    case 'enum':
    case 'const':
      return wrongValue(error, at, recipe);
    case 'anyOf':
    case 'oneOf':
      return exclusive(error, at, recipe);
    case 'if':
    case 'propertyNames':
      return undefined;
    default:
      return { code: 'invalid-value', message: `${nameOf(at, recipe)} ${requirement(error)}`, at };
  }
}

function missingKey(key: string, at: JsonPath, recipe: Json): Problem {
  return {
    code: 'missing-key',
    message: `missing key \`${key}\`${within(at, recipe)}`,
    hint: `add \`${key}: …\``,
    at,
  };
}

function unknownKey(error: ErrorObject, path: JsonPath, recipe: Json): Problem | undefined {
  const key = stringParam(error, 'additionalProperty') || stringParam(error, 'unevaluatedProperty');
  const at = [...path, key];
  const known = isObject(error.parentSchema) ? Object.keys(error.parentSchema['properties'] ?? {}) : [];
  const present = Object.keys(isObject(error.data) ? error.data : {});
  const free = known.filter((name) => !present.includes(name));
  const words = correction(key, free, didYouMeanOneOf(key, known));
  return {
    code: 'unknown-key',
    message: `unknown key \`${key}\`${within(path, recipe)}`,
    ...words,
    at,
    onKey: true,
  };
}

function wrongType(error: ErrorObject, at: JsonPath, recipe: Json): Problem {
  const types = [error.schema].flat().map(String);
  const expected = types.map((type) => typeWords[type] ?? type).join(' or ');
  const value: unknown = error.data;
  if (value === null) {
    return { code: 'missing-value', message: `${nameOf(at, recipe)} is empty: expected ${expected}`, at };
  }
  return withHint(
    {
      code: 'wrong-type',
      message: `${nameOf(at, recipe)} must be ${expected}, not ${showValue(value)}`,
      at,
    },
    typeHint(types, value),
  );
}

/** In the words of YAML. */
const typeWords: Readonly<Record<string, string>> = { ...TYPE_WORDS, object: 'a map', null: 'nothing' };

function typeHint(types: readonly string[], value: unknown): string | undefined {
  if (types.includes('string') && ['number', 'boolean'].includes(typeof value))
    return `in quotes: "${String(value)}"`;
  if (typeof value !== 'string') return types.includes('array') ? 'start each entry with `- `' : undefined;
  if (types.includes('boolean') && /^(?:yes|on|y)$/i.test(value)) return 'write `true`';
  if (types.includes('boolean') && /^(?:no|off|n)$/i.test(value)) return 'write `false`';
  const isNumber = value.trim() !== '' && Number.isFinite(Number(value));
  if (isNumber && (types.includes('number') || types.includes('integer'))) return `without quotes: ${value}`;
  return undefined;
}

function wrongValue(error: ErrorObject, at: JsonPath, recipe: Json): Problem {
  const key = String(at.at(-1) ?? '');
  const schema: unknown = error.schema;
  const allowed = isList(schema) ? [...new Set(schema.map(String))] : [String(schema)];
  const value = showValue(error.data).replace('the text ', '');
  const unsupported = unsupportedValue(key, error.data);
  if (unsupported) return { ...unsupported, at };
  const message = `${nameOf(at, recipe)} cannot be ${value}`;
  const { hint, ...fix } = correction(String(error.data), allowed);
  const plugin = hint?.startsWith('did you mean') ? undefined : pluginHint(key);
  const words = [hint, plugin].filter((part) => part !== undefined).join('; ');
  return withHint({ code: 'unknown-value', message, ...fix, at }, words || undefined);
}

function exclusive(error: ErrorObject, at: JsonPath, recipe: Json): Problem {
  const keys = requiredKeys(error);
  if (!keys) {
    const alternatives = isList(error.schema)
      ? [...new Set(error.schema.map(describe).filter((words) => words !== undefined))]
      : [];
    const expected =
      alternatives.length > 0 ? `must be ${alternatives.join(' or ')}` : 'does not have an allowed form';
    return { code: 'invalid-value', message: `${nameOf(at, recipe)} ${expected}`, at };
  }
  const names = keys.map((key) => `\`${key}\``);
  const [, second] = keys.filter((key) => isObject(error.data) && Object.hasOwn(error.data, key));
  if (second === undefined) {
    return { code: 'missing-key', message: `${nameOf(at, recipe)} needs one of ${names.join(' and ')}`, at };
  }
  const message = `${names.join(' and ')} exclude each other${within(at, recipe)}`;
  return { code: 'exclusive-keys', message, hint: 'keep one of them', at: [...at, second], onKey: true };
}

function describe(schema: unknown): string | undefined {
  if (!isObject(schema)) return undefined;
  return typeof schema['type'] === 'string' ? typeWords[schema['type']] : undefined;
}

/** The message never shows the value, because it may be the key itself. */
function literalKey(error: ErrorObject, at: JsonPath, recipe: Json): Problem {
  const value: unknown = error.data;
  const variable = typeof value === 'string' ? /^\$\{?([A-Z][A-Z0-9_]*)\}?$/.exec(value)?.[1] : undefined;
  return {
    code: 'literal-key',
    message: `${nameOf(at, recipe)} must be the NAME of an environment variable, never a key`,
    hint: variable ? `write \`${variable}\`` : 'for example `MY_API_KEY`; if this is a real key, revoke it',
    at,
  };
}

function keyName(error: ErrorObject, at: JsonPath, recipe: Json): Problem {
  const key = String(error.propertyName);
  return {
    code: 'invalid-name',
    message: `\`${key}\`${within(at, recipe)} ${requirement(error)}`,
    at: [...at, key],
    onKey: true,
  };
}

/** The rule of a keyword, as the predicate of a sentence. */
function requirement(error: ErrorObject): string {
  const limit = stringParam(error, 'limit');
  const value = `, not ${showValue(error.data)}`;
  switch (error.keyword) {
    case 'minimum':
      return `must be at least ${limit}${value}`;
    case 'maximum':
      return `must be at most ${limit}${value}`;
    case 'exclusiveMinimum':
      return `must be more than ${limit}${value}`;
    case 'exclusiveMaximum':
      return `must be less than ${limit}${value}`;
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return limit === '1' ? 'must not be empty' : `must have at least ${limit} entries`;
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return `must have at most ${limit} entries`;
    case 'uniqueItems':
      return 'must not have the same entry twice';
    case 'pattern':
      return `must be ${patternWords(error)}`;
    default:
      return error.message ?? 'is not valid';
  }
}

function patternWords(error: ErrorObject): string {
  const words: unknown = error.parentSchema?.['patternErrorMessage'];
  return typeof words === 'string' ? words : `text of the form ${stringParam(error, 'pattern')}`;
}

function withHint(problem: Problem, hint: string | undefined): Problem {
  return hint === undefined ? problem : { ...problem, hint };
}

/** Converts a pointer such as `/columns/0/name` to a path, with numbers for list indices. */
function pathOf(pointer: string, recipe: Json): JsonPath {
  const path: (string | number)[] = [];
  for (const key of pointerPath(pointer) ?? []) path.push(isList(valueAt(recipe, path)) ? Number(key) : key);
  return path;
}
