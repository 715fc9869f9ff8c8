import { jsonrepair } from 'jsonrepair';
import { type Json, jsonIn, isObject } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import { oneLine } from '../../core/one-line.js';
import type { StructuredOutput } from '../types.js';
import { splitThinking } from './thinking.js';

/** A value that was found in an answer and passed the check. */
export interface ReadValue {
  readonly value: Json;
  /** Whether the JSON had to be mended first. */
  readonly repaired: boolean;
}

/**
 * Finds the value that an answer means. Of several candidates the first that passes the check is taken; when
 * none does, the errors are those of the likeliest one.
 */
export function readAnswer(text: string, output: StructuredOutput): Result<ReadValue, readonly string[]> {
  const extracted = jsonCandidates(text);
  const mended = extracted.length > 0 ? undefined : repairJson(text);
  const candidates = mended === undefined ? extracted : [mended];

  let firstErrors: readonly string[] | undefined;
  for (const candidate of candidates) {
    const value = output.coerce ? output.coerce(candidate) : candidate;
    const errors = output.check(value);
    if (errors.length === 0) return ok({ value, repaired: mended !== undefined });
    firstErrors ??= errors;
  }
  return err(firstErrors ?? [noJson(text)]);
}

function noJson(text: string): string {
  return text.trim() === ''
    ? 'the answer is empty'
    : `the answer must be JSON, but none was found in: ${oneLine(text, 80)}`;
}

/** Repairing takes a third of a second per megabyte; no answer worth repairing is as long as this. */
const longestRepair = 200_000;

/**
 * Mends JSON that is written wrong (single quotes, comments, missing or trailing commas, Python's `None`); only
 * for answers from which nothing could be extracted. A text whose brackets do not add up was cut off: closing
 * it would pass a part for the whole, so it is left alone.
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

/** From the first opening bracket to the last closing one, when these belong together. */
function outermost(text: string): string | undefined {
  const start = text.search(/[{[]/);
  if (start < 0) return undefined;
  const end = text.lastIndexOf(text[start] === '{' ? '}' : ']') + 1;
  return matchingClose(text, start).end === end ? text.slice(start, end) : undefined;
}

/** Enough for every draft a model may show before its answer. */
const mostCandidates = 20;

/**
 * The JSON values that may be meant by an answer, the likeliest first: the whole text; else the code fences
 * from the last; else the objects and lists that stand in the text, from the last. Takes time in proportion
 * to the text, whatever is in it.
 */
export function jsonCandidates(text: string): readonly Json[] {
  const whole = parseJson(text.replace(/^\uFEFF/, ''));
  if (whole !== undefined) return [whole];
  const { answer } = splitThinking(text);
  const candidates = candidatesIn(answer);
  // A model that never closes its thinking may still have answered in there.
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

/** The contents of Markdown code fences, whatever their tag; one that is never closed ends with the text. */
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

/** The outermost objects and lists that stand in a text and parse, in the order of the text. */
function embedded(text: string): readonly Json[] {
  const found: Json[] = [];
  // Each opening bracket that leads nowhere costs a scan; a text made of them must not cost a square.
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
    // What is inside a value is no answer of its own; inside of something else there may be one.
    if (value !== undefined || nestsTooDeep(source)) brackets.lastIndex = end;
  }
  return found;
}

/** What can follow a bracket in JSON: rules out most braces of prose and code. */
const opensJson = /^(?:\{\s*(?:["}]|$)|\[\s*(?:[[{"\]\-\dtfn]|$))/;
const lookAhead = 64;

/** `undefined` when it is not JSON, or nested deeper than any schema asks for. */
function parseJson(text: string): Json | undefined {
  const first = text.trimStart()[0];
  if (first === undefined || !'{["-0123456789tfn'.includes(first) || nestsTooDeep(text)) return undefined;
  return jsonIn(text);
}

/** Deeper nesting is an attack or an accident, and would overflow the stack of whoever walks it. */
const deepest = 100;

/**
 * The end (exclusive) of the object or list that opens at `start`; `undefined` when its brackets do not match
 * or it never ends. `scanned` is how many characters were looked at.
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
