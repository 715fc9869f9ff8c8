import { jsonrepair } from 'jsonrepair';
import { type Json, jsonIn, isObject } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import { oneLine } from '../../core/one-line.js';
import type { StructuredOutput } from '../types.js';
import { splitThinking } from './thinking.js';

/** A value that was found in an answer and is valid. */
export interface ReadValue {
  readonly value: Json;
  /** True when the JSON had to be repaired first. */
  readonly repaired: boolean;
}

/**
 * Finds the value in an answer: the first valid candidate. When no candidate is valid, the errors are those of the
 * most likely one.
 */
export function readAnswer(text: string, output: StructuredOutput): Result<ReadValue, readonly string[]> {
  const extracted = jsonCandidates(text);
  const repaired = extracted.length > 0 ? undefined : repairJson(text);
  const candidates = repaired === undefined ? extracted : [repaired];

  let firstErrors: readonly string[] | undefined;
  for (const candidate of candidates) {
    const value = output.coerce ? output.coerce(candidate) : candidate;
    const errors = output.check(value);
    if (errors.length === 0) return ok({ value, repaired: repaired !== undefined });
    firstErrors ??= errors;
  }
  return err(firstErrors ?? [noJson(text)]);
}

function noJson(text: string): string {
  return text.trim() === ''
    ? 'the answer is empty'
    : `the answer must be JSON, but none was found in: ${oneLine(text, 80)}`;
}

/** Repairing takes a third of a second per megabyte; no useful answer is longer than this. */
const longestRepair = 200_000;

/**
 * Repairs invalid JSON (single quotes, comments, missing or trailing commas, Python's `None`); only for answers
 * without a candidate. Unbalanced brackets mean that the text was cut off: it is not repaired, since closing the
 * brackets would present a part as the whole.
 */
export function repairJson(text: string): Json | undefined {
  const { answer } = splitThinking(text);
  const source = fencedBlocks(answer).at(-1) ?? answer;
  const broken = outermost(source);
  if (broken === undefined || broken.length > longestRepair || nestsTooDeep(broken)) return undefined;
  try {
    const value = JSON.parse(jsonrepair(broken)) as Json;
    return isContainer(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The text from the first opening bracket to the last closing one, when these match. */
function outermost(text: string): string | undefined {
  const start = text.search(/[{[]/);
  if (start < 0) return undefined;
  const end = text.lastIndexOf(text[start] === '{' ? '}' : ']') + 1;
  return matchingClose(text, start).end === end ? text.slice(start, end) : undefined;
}

/** Enough for all drafts that a model may write before its answer. */
const mostCandidates = 20;

/**
 * The JSON values that may be the answer, most likely first: the whole text; else the code fences, last first;
 * else the objects and lists in the text, last first. Takes linear time for any text.
 */
export function jsonCandidates(text: string): readonly Json[] {
  const whole = parseJson(text.replace(/^\uFEFF/, ''));
  if (whole !== undefined) return [whole];
  const { answer } = splitThinking(text);
  const candidates = candidatesIn(answer);
  // A model that never closes its thinking may have answered inside it.
  return candidates.length > 0 || answer !== '' ? candidates : candidatesIn(text);
}

function candidatesIn(text: string): readonly Json[] {
  const whole = parseJson(text);
  if (whole !== undefined) return [whole];
  const fenced = fencedBlocks(text)
    .map(parseJson)
    .filter((value) => value !== undefined)
    .toReversed();
  const containers = [...fenced.filter(isContainer), ...embedded(text).toReversed()];
  return [...containers, ...fenced.filter((value) => !isContainer(value))].slice(0, mostCandidates);
}

/** The contents of Markdown code fences with any tag; an unclosed one ends with the text. */
function fencedBlocks(text: string): readonly string[] {
  const blocks: string[] = [];
  let open: { readonly mark: string; readonly start: number } | undefined;
  for (const line of text.matchAll(/^[ \t]*(`{3,}|~{3,})([^\n`]*)$/gm)) {
    const [whole, mark = '', tag = ''] = line;
    if (open && tag.trim() === '' && mark.startsWith(open.mark)) {
      blocks.push(text.slice(open.start, line.index));
      open = undefined;
    } else {
      open = { mark, start: line.index + whole.length };
    }
  }
  return open ? [...blocks, text.slice(open.start)] : blocks;
}

/** The outermost objects and lists in a text that parse, in the order of the text. */
function embedded(text: string): readonly Json[] {
  const found: Json[] = [];
  // Each unmatched opening bracket costs a scan; the budget keeps a text full of them from quadratic time.
  let budget = 4 * text.length + 100_000;
  const brackets = /[{[]/g;
  for (let bracket = brackets.exec(text); bracket && budget > 0; bracket = brackets.exec(text)) {
    if (!opensJson.test(text.slice(bracket.index, bracket.index + lookAhead))) continue;
    const { end, scanned } = matchingClose(text, bracket.index);
    budget -= scanned;
    if (end === undefined) continue;
    const source = text.slice(bracket.index, end);
    const value = parseJson(source);
    if (value !== undefined) found.push(value);
    // Continue after a value, but inside of anything else, which may contain one.
    if (value !== undefined || nestsTooDeep(source)) brackets.lastIndex = end;
  }
  return found;
}

/** An opening bracket as in JSON: excludes most braces of prose and code. */
const opensJson = /^(?:\{\s*(?:["}]|$)|\[\s*(?:[[{"\]\-\dtfn]|$))/;
const lookAhead = 64;

/** `undefined` for text that is not JSON, or is nested too deep. */
function parseJson(text: string): Json | undefined {
  const first = text.trimStart()[0];
  if (first === undefined || !'{["-0123456789tfn'.includes(first) || nestsTooDeep(text)) return undefined;
  return jsonIn(text);
}

/** Deeper nesting is an attack or an accident, and would overflow the stack of recursive code. */
const deepest = 100;

/**
 * The end (exclusive) of the object or list that opens at `start`; `undefined` when its brackets do not match or it
 * never ends. `scanned` is the number of characters read.
 */
function matchingClose(
  text: string,
  start: number,
): { readonly end: number | undefined; readonly scanned: number } {
  const expected: string[] = [];
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === '{') expected.push('}');
    else if (char === '[') expected.push(']');
    else if (char === '}' || char === ']') {
      if (expected.pop() !== char) return { end: undefined, scanned: at - start + 1 };
      if (expected.length === 0) return { end: at + 1, scanned: at - start + 1 };
    }
  }
  return { end: undefined, scanned: text.length - start };
}

function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    if (depth > deepest) return true;
  }
  return false;
}

function isContainer(value: Json): boolean {
  return isObject(value) || Array.isArray(value);
}

/** Position of the quote that ends the string which begins at `start`; the text's end when there is none. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}
