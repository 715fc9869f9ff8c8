import { jsonIn, type Json } from '../../json.js';
import { isContainer, matchingClose, nestsTooDeep } from './json-scan.js';
import { splitThinking } from './thinking.js';

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
export function fencedBlocks(text: string): readonly string[] {
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
