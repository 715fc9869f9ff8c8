/**
 * Fenced code blocks of a Markdown text, by the rules of CommonMark 0.31 (section 4.5): a fence is three or more
 * backticks or tildes, and a block ends at a fence of the same character that is at least as long and has no tag, or
 * with the text. Two rules are added, since models write code that has fences in it: a fence with a tag inside a block
 * opens an inner block (Markdown would end the outer block at the end of the inner one), and a fence may be indented
 * by more than three spaces, quoted, or in an item of a list.
 */
export interface CodeBlock {
  /** First word behind the opening fence, in lower case; empty without one. */
  readonly tag: string;
  /** The lines between the fences, without the indentation of the fence. */
  readonly code: string;
  /** False when fences inside the block make it unclear where the block ends. */
  readonly isClear: boolean;
}

/** In the order of the text. Takes linear time for any text, unless many fences do not pair. */
export function codeBlocksIn(text: string): readonly CodeBlock[] {
  const lines = text.split(/\r\n|\n|\r/);
  const blocks: CodeBlock[] = [];
  for (let at = 0; at < lines.length && blocks.length < mostBlocks;) {
    const fence = openingOf(lines[at] ?? '');
    if (!fence) {
      at += 1;
      continue;
    }
    const { end, isClear } = endOf(lines, at + 1, fence);
    const code = lines.slice(at + 1, end).map((line) => contentOf(line, fence));
    blocks.push({ tag: fence.tag, code: code.join('\n'), isClear });
    at = leftQuote(lines[end] ?? '>', fence) ? end : end + 1;
  }
  return blocks;
}

/** More would be an accident. */
const mostBlocks = 500;

interface Fence {
  readonly mark: string;
  readonly tag: string;
  /** How many `>` are before it. */
  readonly quotes: number;
  /** Width of what is before it, behind the last `>`. */
  readonly indent: number;
}

/** Marks of quotes and list items, the fence, and what follows it. */
const opening = /^((?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*)([ \t]*)(`{3,}(?=[^`]*$)|~{3,})(.*)$/;

function openingOf(line: string): Fence | undefined {
  const found = opening.exec(line);
  if (!found) return undefined;
  const [, containers = '', space = '', mark = '', info = ''] = found;
  const before = containers + space;
  const quotes = before.split('>').length - 1;
  const indent = before.slice(before.lastIndexOf('>') + 1).replace(quotes > 0 ? /^ / : '', '').length;
  return { mark, tag: tagOf(info), quotes, indent };
}

/** The language in `python title="a.py"`, `{.python}`, `python:main.py` and `C++`. */
const tagOf = (info: string): string => /^[\s{.]*([^\s{}:,;=(]*)/.exec(info)?.[1]?.toLowerCase() ?? '';

/** The line that ends a block: its closing fence, or the first line behind its quote or behind the text. */
function endOf(
  lines: readonly string[],
  from: number,
  fence: Fence,
): { readonly end: number; readonly isClear: boolean } {
  let depth = 0;
  let firstClosing: number | undefined;
  let isNested = false;
  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (leftQuote(line, fence)) return { end: at, isClear: depth === 0 };
    const kind = kindOf(line, fence);
    if (kind === 'opening') {
      depth += 1;
      isNested = true;
    }
    if (kind !== 'closing') continue;
    if (depth === 0) return { end: at, isClear: true };
    firstClosing ??= at;
    depth -= 1;
  }
  return isNested
    ? { end: firstClosing ?? lines.length, isClear: false }
    : { end: lines.length, isClear: true };
}

const leftQuote = (line: string, { quotes }: Fence): boolean =>
  quotes > 0 && (/^[ \t>]*/.exec(line)?.[0].split('>').length ?? 0) <= quotes;

const innerFence = /^([ \t]*)(`{3,}(?=[^`]*$)|~{3,})(.*)$/;

/** What a line does to the block: a fence that is indented deeper belongs to the code, such as in a docstring. */
function kindOf(line: string, fence: Fence): 'opening' | 'closing' | 'content' {
  const found = innerFence.exec(withoutQuotes(line, fence.quotes));
  if (!found) return 'content';
  const [, space = '', mark = '', info = ''] = found;
  if (!mark.startsWith(fence.mark) || space.length > fence.indent + 3) return 'content';
  return info.trim() === '' ? 'closing' : 'opening';
}

function contentOf(line: string, { quotes, indent }: Fence): string {
  const content = withoutQuotes(line, quotes);
  const space = /^[ \t]*/.exec(content)?.[0].length ?? 0;
  return content.slice(Math.min(space, indent));
}

function withoutQuotes(line: string, quotes: number): string {
  let rest = line;
  for (let quote = 0; quote < quotes; quote += 1) rest = rest.replace(/^[ \t]*> ?/, '');
  return rest;
}
