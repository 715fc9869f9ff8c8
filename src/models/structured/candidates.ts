import { type Json, jsonIn } from '../../core/json.js';
import { oneLine } from '../../core/one-line.js';
import { bracketsIn, nestsTooDeep, type Brackets } from './brackets.js';
import { mistakeIn } from './json-mistake.js';
import { repairJson } from './repair.js';
import { splitThinking } from './thinking.js';

/** A value that may be the answer. */
export interface Candidate {
  readonly value: Json;
  /** True when the JSON had to be repaired first. */
  readonly repaired: boolean;
}

export interface Candidates {
  /** Most likely first. */
  readonly values: readonly Candidate[];
  /** The mistake of JSON that cannot be read, as a sentence. */
  readonly mistake: string | undefined;
}

/** Enough for all drafts that a model may write before its answer. */
const mostCandidates = 20;

/**
 * The JSON values of an answer: the whole text, or the outermost objects and lists in it. One that does not parse is
 * repaired as a whole. What is inside of it is never a candidate, since that would present a part as the whole; and
 * an answer that ends before its brackets close has no candidates at all. Takes linear time for any text.
 */
export function candidatesIn(text: string): Candidates {
  const whole = wholeValue(text.replace(/^\uFEFF/, ''));
  if (whole) return whole;
  const { answer } = splitThinking(text);
  const found = embedded(answer);
  // A model that never closes its thinking may have answered inside it.
  return answer === '' && found.values.length === 0 ? embedded(text) : found;
}

function wholeValue(text: string): Candidates | undefined {
  const value = parseJson(escapedStart.test(text) ? unescaped(text) : text);
  return value === undefined ? undefined : { values: [{ value, repaired: false }], mistake: undefined };
}

/** `{\"a\": 1}`: JSON in a string that lost its quotes. */
const escapedStart = /^\s*(?:\[\s*)?\{\s*\\"/;

function unescaped(text: string): string {
  const value = jsonIn(`"${text.trim()}"`);
  return typeof value === 'string' ? value : text;
}

interface Ranked extends Candidate {
  readonly rank: number;
}

function embedded(text: string): Candidates {
  const whole = wholeValue(text);
  if (whole) return whole;
  const fences = fencedBlocks(text);
  const found: Ranked[] = [];
  let mistake: string | undefined;
  let repairs = longestRepair;
  for (const brackets of bracketsIn(text).toReversed()) {
    if (found.length >= mostCandidates) break;
    const { start, end, closed } = brackets;
    const introduction = introductionOf(text, start);
    if (!closed) {
      if (exampleWords.test(introduction)) continue;
      return { values: [], mistake: `${placeOf(text, start)}: the bracket that opens here is never closed` };
    }
    if (isPart(text, brackets)) continue;
    const source = text.slice(start, end);
    if (nestsTooDeep(source)) continue;
    const parsed = jsonIn(source);
    repairs -= parsed === undefined ? source.length : 0;
    const value = parsed ?? (repairs < 0 ? undefined : repairJson(source));
    if (value === undefined) {
      mistake ??= mistakeAt(text, source, start);
      continue;
    }
    const isFenced = fences.some((fence) => fence.start <= start && fence.source.trim() === source);
    if (isEmpty(value) && !isMeant(text, brackets, isFenced)) continue;
    const rank =
      (isFenced ? 1 : 0) +
      (finalWords.test(introduction) ? 2 : 0) -
      (exampleWords.test(introduction) ? 4 : 0);
    found.push({ value, repaired: parsed === undefined, rank });
  }
  const scalars = fences
    .map(({ source }) => parseJson(source))
    .filter((value) => value !== undefined && typeof value !== 'object')
    .toReversed()
    .map((value): Candidate => ({ value: value ?? null, repaired: false }));
  const containers = found.toSorted((a, b) => b.rank - a.rank);
  return { values: [...containers, ...scalars].slice(0, mostCandidates), mistake };
}

/** Repairing takes a third of a second per megabyte; no useful answer is longer than this. */
const longestRepair = 200_000;

const exampleWords =
  /\b(?:for example|for instance|e\.g\.|examples?|sample|such as|another|alternatives?|alternatively|instead of|rather than|unlike|first try|drafts?|wrong|invalid|incorrect)\b/i;
const finalWords = /\b(?:final|finally|corrected|revised|improved|better)\b/i;

/** The words right before a position: of its sentence, behind the bracket before. */
function introductionOf(text: string, start: number): string {
  const before = text
    .slice(Math.max(0, start - 160), start)
    .replace(/(?:`{3,}|~{3,})\w*\s*$/, '')
    .trimEnd();
  return (
    before
      .slice(Math.max(before.lastIndexOf('}'), before.lastIndexOf(']')) + 1)
      .split(sentenceEnd)
      .at(-1) ?? ''
  );
}

const sentenceEnd = /[!?]\s|\.\s+(?=[A-Z])|\n\s*\n/;

/** True for a value of a property whose object lost its own brackets, or closed them too early. */
function isPart(text: string, { start, end }: Brackets): boolean {
  return (
    /"\s*:\s*$/.test(text.slice(Math.max(0, start - 20), start)) ||
    /^(?:"|\s*,\s*"[^"]{0,100}"\s*:)/.test(text.slice(end, end + 130))
  );
}

function isEmpty(value: Json): boolean {
  return Object.keys(value ?? {}).length === 0;
}

/** True when an empty value is the answer: `There are none: []`, but not `I cannot fill in {} for you.` */
function isMeant(text: string, { start, end }: Brackets, isFenced: boolean): boolean {
  if (refusalWords.test(text)) return false;
  const before = text.slice(0, start).trimEnd();
  return isFenced || ((before === '' || before.endsWith(':')) && text.slice(end).trim().length < 3);
}

const refusalWords =
  /\b(?:sorry|apologi[sz]e|cannot|can ?not|unable|won['’]?t|can['’]?t|will not|not able|refuse|decline|as an ai)\b/i;

function mistakeAt(text: string, source: string, start: number): string {
  const { offset, expected } = mistakeIn(source) ?? { offset: 0, expected: 'less text' };
  const near = oneLine(source.slice(offset, offset + 20), 20);
  return `${placeOf(text, start + offset)}: expected ${expected}${near === '' ? '' : `, found: ${near}`}`;
}

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `the answer is not valid JSON at line ${line}, column ${offset - before.lastIndexOf('\n')}`;
}

/** The contents of Markdown code fences with any tag; an unclosed one ends with the text. */
function fencedBlocks(text: string): readonly { readonly start: number; readonly source: string }[] {
  const blocks: { start: number; source: string }[] = [];
  let open: { readonly mark: string; readonly start: number } | undefined;
  for (const line of text.matchAll(/^[ \t]*(`{3,}|~{3,})([^\n`]*)$/gm)) {
    const [whole, mark = '', tag = ''] = line;
    if (open && tag.trim() === '' && mark.startsWith(open.mark)) {
      blocks.push({ start: open.start, source: text.slice(open.start, line.index) });
      open = undefined;
    } else {
      open = { mark, start: line.index + whole.length };
    }
  }
  return open ? [...blocks, { start: open.start, source: text.slice(open.start) }] : blocks;
}

/** `undefined` for text that is not JSON, or is nested too deep. */
function parseJson(text: string): Json | undefined {
  const first = text.trimStart()[0];
  if (first === undefined || !'{["-0123456789tfn'.includes(first) || nestsTooDeep(text)) return undefined;
  return jsonIn(text);
}
