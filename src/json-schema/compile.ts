import { isNativeError } from 'node:util/types';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { boundedRegExp, RegExpTimeoutError } from '../sandbox/bounded-regexp.js';
import type { Json, JsonSchema } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import { readyValidators } from '../core/ready-validators.js';
import { memoize } from '../core/memoize.js';
import { oneLine } from '../core/one-line.js';

/** A compiled schema. */
export interface OutputCheck {
  /** The errors of a value, one sentence each, for the model to read; empty when it is valid. */
  check(value: Json): readonly string[];
}

/** More errors would only fill the model's context. */
const mostErrors = 10;

/**
 * Compiles a schema of a recipe (JSON Schema 2020-12; a `$schema` of draft-07 is accepted). The error is one
 * sentence for its author. Memoized, because compiling takes milliseconds and recipes share their schemas.
 */
export const compileOutput = memoize(compile, (schema) => JSON.stringify(schema));

function compile(schema: JsonSchema): Result<OutputCheck, string> {
  const { $schema: _dialect, ...plain } = schema;
  const ajv = validator();
  try {
    const unsound = metaschemaErrors(plain, ajv);
    if (unsound.length > 0) return err(oneLine(`schema is invalid: ${ajv.errorsText(unsound)}`));
    const validate = ajv.compile<Json>(plain);
    return ok({
      check: (value) => withinTime(() => (validate(value) ? [] : describe(validate.errors ?? []))),
    });
  } catch (thrown) {
    return err(
      oneLine(isNativeError(thrown) ? thrown.message.replace(/^strict mode: /, '') : String(thrown)),
    );
  } finally {
    // Two schemas may have the same $id.
    ajv.removeSchema(plain);
  }
}

/** True for the keywords that a schema may have. */
export const isKeyword = (name: string): boolean => Object.hasOwn(validator().RULES.keywords, name);

/** True for the values that `format` may have. */
export const isFormat = (name: string): boolean => Object.hasOwn(validator().formats, name);

/** An answer is invalid when a pattern takes too long on it, even when the pattern is inside `not`. */
function withinTime(check: () => readonly string[]): readonly string[] {
  try {
    return check();
  } catch (thrown) {
    if (!(thrown instanceof RegExpTimeoutError)) throw thrown;
    return [oneLine(`a text is too long or too intricate for the pattern ${quote(thrown.pattern)}`)];
  }
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** The errors of the schema itself. The metaschema is compiled at build time, because that takes long. */
function metaschemaErrors(schema: JsonSchema, ajv: Ajv2020): ErrorObject[] {
  const validate = readyValidators.metaschema ?? ajv.getSchema(DIALECT);
  return validate?.(schema) === false ? (validate.errors ?? []) : [];
}

let shared: Ajv2020 | undefined;

function validator(): Ajv2020 {
  if (shared) return shared;
  shared = new Ajv2020({
    allErrors: true,
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    logger: false,
    validateSchema: false,
    // Optimized code takes longer to compile and is hardly faster.
    code: { optimize: false, regExp: Object.assign(boundedRegExp, { code: 'boundedRegExp' }) },
    // So that 0.07 is a multiple of 0.01 despite rounding.
    multipleOfPrecision: 9,
  });
  addFormats.default(shared);
  // Annotations that Pydantic and OpenAPI write into schemas.
  shared.addVocabulary(['discriminator', 'example']);
  return shared;
}

function describe(errors: readonly ErrorObject[]): readonly string[] {
  const sentences = [...new Set(errors.map(sentence))];
  const shown = sentences.slice(0, mostErrors);
  return shown.length === sentences.length
    ? shown
    : [...shown.slice(0, -1), `and ${sentences.length - mostErrors + 1} more`];
}

function sentence(error: ErrorObject): string {
  return oneLine(`${error.instancePath || 'the answer'} ${demand(error)}`);
}

/** The rule that the value breaks; Ajv's own message where that is clear. */
function demand({ keyword, params, message }: ErrorObject): string {
  const limit = Number(params.limit);
  switch (keyword) {
    case 'required':
      return `must have the property ${quote(params.missingProperty)}`;
    case 'additionalProperties':
      return `must not have the property ${quote(params.additionalProperty)}`;
    case 'unevaluatedProperties':
      return `must not have the property ${quote(params.unevaluatedProperty)}`;
    case 'enum':
      return `must be one of ${(params.allowedValues as readonly Json[]).map(quote).join(', ')}`;
    case 'const':
      return `must be ${quote(params.allowedValue)}`;
    case 'minItems':
      return `must have at least ${count(limit, 'item')}`;
    case 'maxItems':
      return `must have at most ${count(limit, 'item')}`;
    case 'minLength':
      return `must have at least ${count(limit, 'character')}`;
    case 'maxLength':
      return `must have at most ${count(limit, 'character')}`;
    default:
      return message ?? `must satisfy ${keyword}`;
  }
}

function quote(value: unknown): string {
  return JSON.stringify(value);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
