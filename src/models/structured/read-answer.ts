import { canonicalJson, isObject, type Json } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import { oneLine } from '../../core/one-line.js';
import { wellFormed } from '../../core/well-formed.js';
import type { StructuredOutput } from '../types.js';
import { candidatesIn } from './candidates.js';
import { readingsOf } from './lenient.js';

/** A value that was found in an answer and is valid. */
export interface ReadValue {
  readonly value: Json;
  /** True when the JSON had to be repaired first. */
  readonly repaired: boolean;
  /** What the record of the run should say about it. */
  readonly note?: string;
}

/**
 * Finds the value in an answer: the one candidate that is valid, or the most likely of several. When none is valid,
 * the errors are those of the most likely one.
 */
export function readAnswer(text: string, output: StructuredOutput): Result<ReadValue, readonly string[]> {
  const { values, mistake } = candidatesIn(text);
  const valid: ReadValue[] = [];
  let firstErrors: readonly string[] | undefined;
  for (const { value: candidate, repaired } of values) {
    const read = readValue(wellFormed(candidate), output);
    if (read.ok) valid.push({ value: read.value, repaired });
    else firstErrors ??= read.error;
  }
  const [best] = valid;
  if (!best) return err(mistake === undefined ? (firstErrors ?? [noJson(text)]) : [mistake]);
  const different = new Set(valid.map(({ value }) => canonicalJson(value)));
  return ok(different.size > 1 ? { ...best, note: severalValid } : best);
}

/** The value as it is when it is valid, or else the first valid reading of it. */
function readValue(value: Json, output: StructuredOutput): Result<Json, readonly string[]> {
  const exact = checked(value, output);
  if (exact.ok) return exact;
  for (const reading of readingsOf(value, output.schema)) {
    const read = checked(reading, output);
    if (read.ok) return read;
  }
  return exact;
}

function checked(given: Json, { coerce, check }: StructuredOutput): Result<Json, readonly string[]> {
  const value = coerce ? coerce(given) : given;
  const errors = check(value);
  if (errors.length > 0) return err(errors);
  return isEmptied(given, value) ? err([nothingOfIt]) : ok(value);
}

/** True for an object of which nothing was left: `{"error":"…"}` is no answer to a schema without required parts. */
function isEmptied(candidate: Json, value: Json): boolean {
  return (
    isObject(candidate) &&
    isObject(value) &&
    Object.keys(candidate).length > 0 &&
    Object.keys(value).length === 0
  );
}

const severalValid = 'the likeliest of several valid values in one answer';
const nothingOfIt = 'the answer must have a property of the schema';

function noJson(text: string): string {
  return text.trim() === ''
    ? 'the answer is empty'
    : `the answer must be JSON, but none was found in: ${oneLine(text, 80)}`;
}
