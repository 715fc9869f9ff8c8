/** An outermost object or list of a text, whether it parses or not. */
export interface Brackets {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** False when the text ends first. */
  readonly closed: boolean;
}

/**
 * The outermost objects and lists of a text, in its order. Brackets of prose and code are skipped, unless the answer
 * or a line of it begins with them. Takes linear time for any text: after an opening bracket, the scan continues
 * behind its end.
 */
export function bracketsIn(text: string): readonly Brackets[] {
  const found: Brackets[] = [];
  const first = text.search(/\S/);
  const openings = /[{[]/g;
  for (let opening = openings.exec(text); opening; opening = openings.exec(text)) {
    const start = opening.index;
    const isJson = opensJson(text, start);
    if (!isJson && !(text[start] === '{' && beginsLine(text, start))) continue;
    const end = closingOf(text, start);
    if (end !== undefined) openings.lastIndex = end;
    // Prose may leave a bracket open.
    else if (!isJson && start !== first) continue;
    found.push({ start, end: end ?? text.length, closed: end !== undefined });
    if (end === undefined) break;
  }
  return found;
}

function beginsLine(text: string, start: number): boolean {
  return /(?:^|\n)[ \t]*$/.test(text.slice(Math.max(0, start - 40), start));
}

/** True for an opening bracket with what follows it in JSON, or in a dialect of it. */
function opensJson(text: string, start: number): boolean {
  const at = skipSpace(text, start + 1);
  const head = text.slice(at, at + lookAhead);
  if (head === '') return true;
  if (head[0] === '"') {
    const behind = text.slice(endOfString(text, at) + 1).slice(0, lookAhead);
    return (text[start] === '{' ? afterKey : afterMember).test(behind);
  }
  return (
    (text[start] === '{' ? inObject : inList).test(head) &&
    !interval.test(text.slice(start, start + lookAhead))
  );
}

const lookAhead = 120;
const afterKey = /^\s*(?:[:,}"'{[\d]|$)/;
const afterMember = /^\s*(?:[,\]":}]|$)/;
const inObject = /^(?:\}|'[^'\n]{0,100}'\s*:|[“‘`][^”’`\n]{0,100}[”’`]\s*:|[A-Za-z_$][\w$-]{0,100}\s*:)/;
const inList = /^(?:[\]{["']|-?\d[\d.eE+-]*\s*[,\]]|(?:true|false|null|None|True|False)\s*[,\]])/;
/** Mathematics: `[0, 1)`. */
const interval = /^\[\s*[-\w.]+\s*,\s*[-+\w.∞]+\s*\)/;

/** Behind white space and comments. */
function skipSpace(text: string, start: number): number {
  const space = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
  space.lastIndex = start;
  return start + (space.exec(text)?.[0].length ?? 0);
}

/**
 * The end (exclusive) of the object or list that opens at `start`; `undefined` when the text ends before. A bracket
 * that closes an outer one closes the inner ones too, whose own were forgotten.
 */
function closingOf(text: string, start: number): number | undefined {
  const expected: string[] = [];
  const depths: Record<string, number> = { '}': 0, ']': 0 };
  let last = '';
  for (let at = start; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '"') at = endOfString(text, at);
    else if (char === "'" && '{[,:'.includes(last)) at = endOfSingleQuoted(text, at);
    else if (char === '/' && text[at + 1] === '/') at = endOf(text, '\n', at);
    else if (char === '/' && text[at + 1] === '*') at = endOf(text, '*/', at);
    else if (char === '{' || char === '[') {
      const close = char === '{' ? '}' : ']';
      expected.push(close);
      depths[close] = (depths[close] ?? 0) + 1;
    } else if ((char === '}' || char === ']') && (depths[char] ?? 0) > 0) {
      for (let inner = expected.pop(); inner !== undefined; inner = expected.pop()) {
        depths[inner] = (depths[inner] ?? 0) - 1;
        if (inner === char) break;
      }
      if (expected.length === 0) return at + 1;
    }
    if (!/\s/.test(char)) last = char;
  }
  return undefined;
}

/** Deeper nesting is an attack or an accident, and would overflow the stack of recursive code. */
const deepest = 100;

export function nestsTooDeep(text: string): boolean {
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

/** Position of the quote that ends the string which begins at `start`; the text's end when there is none. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

/** The same for single quotes, which are apostrophes too: it ends before a mark. Itself when it is no string. */
function endOfSingleQuoted(text: string, start: number): number {
  const string = /'(?:[^'\\]|\\[\s\S]|'(?!\s*(?:[,:}\]]|$))){0,20000}'/y;
  string.lastIndex = start;
  const found = string.exec(text);
  return found ? start + found[0].length - 1 : start;
}

/** Position of the last character of the next `mark`; the text's end when there is none. */
function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from + 2);
  return found < 0 ? text.length : found + mark.length - 1;
}
