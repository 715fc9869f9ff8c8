/**
 * The text of a template as parts: text between blocks, and blocks with their tokens. The grammar of tokens is that of
 * Jinja2's `lexer.py`; unlike there, line ends are kept as written.
 */
import type { Span } from '../../core/problem.js';
import { Float } from './numbers.js';

export type Token =
  | (Span & { readonly type: 'name'; readonly text: string })
  | (Span & { readonly type: 'string'; readonly text: string })
  | (Span & { readonly type: 'number'; readonly text: string; readonly value: number | bigint | Float })
  | (Span & { readonly type: 'operator' | 'end'; readonly text: string });

/** One `{{ … }}` or `{% … %}`. */
export interface Block {
  readonly kind: 'expression' | 'statement';
  readonly span: Span;
  /** The text between its marks. */
  readonly inner: string;
  readonly tokens: readonly Token[];
  /** What is wrong in it. */
  readonly error: string | undefined;
}

export type Part = { readonly kind: 'text'; readonly value: string } | Block;

/** A mistake that leaves the rest of the template without a meaning. */
export class TemplateSyntaxError extends Error {
  constructor(
    message: string,
    readonly span: Span,
    readonly hint?: string,
  ) {
    super(message);
  }
}

const CLOSERS = { '{{': '}}', '{%': '%}', '{#': '#}' } as const;
type Opener = keyof typeof CLOSERS;

/** @throws TemplateSyntaxError when a block is never closed */
export function splitTemplate(source: string): readonly Part[] {
  const text = source.endsWith('\n') ? source.slice(0, source.endsWith('\r\n') ? -2 : -1) : source;
  const parts: Part[] = [];
  let at = 0;
  let trimsStart = false;
  const addText = (end: number, trimsEnd: boolean): void => {
    let value = text.slice(at, end);
    if (trimsStart) value = value.trimStart();
    if (trimsEnd) value = value.trimEnd();
    if (value !== '') parts.push({ kind: 'text', value });
  };
  for (;;) {
    const start = nextOpener(text, at);
    if (start === -1) break;
    const opener = text.slice(start, start + 2) as Opener;
    const end = closingOffset(text, start + 2, opener);
    if (end === -1) throw unclosed(`\`${opener}\` is never closed`, CLOSERS[opener], start, 2);
    addText(start, text.charAt(start + 2) === '-');
    const block = toBlock(text, opener, start, end);
    at = end + 2;
    trimsStart = text.charAt(end - 1) === '-' && end - 1 >= start + 2;
    if (block?.kind === 'statement' && /^\s*raw\s*$/.test(block.inner)) {
      const raw = /\{%([-+]?)\s*endraw\s*([-+]?)%\}/g;
      raw.lastIndex = at;
      const found = raw.exec(text);
      if (!found) throw unclosed('`{% raw %}` is never closed', '{% endraw %}', start, at - start);
      addText(found.index, found[1] === '-');
      at = raw.lastIndex;
      trimsStart = found[2] === '-';
    } else if (block) parts.push(block);
  }
  addText(text.length, false);
  return parts;
}

function unclosed(message: string, closer: string, offset: number, length: number): TemplateSyntaxError {
  return new TemplateSyntaxError(message, { offset, length }, `end it with \`${closer}\``);
}

function nextOpener(source: string, from: number): number {
  for (let at = source.indexOf('{', from); at !== -1; at = source.indexOf('{', at + 1)) {
    if (Object.hasOwn(CLOSERS, source.slice(at, at + 2))) return at;
  }
  return -1;
}

/** The offset of what closes a block, past texts in quotes and, in `{{ }}`, past the braces of objects. */
function closingOffset(source: string, from: number, opener: Opener): number {
  const closer = CLOSERS[opener];
  if (closer === '#}') return source.indexOf(closer, from);
  let depth = 0;
  for (let at = from; at < source.length; at++) {
    const char = source.charAt(at);
    if (char === '"' || char === "'") {
      at = stringEnd(source, at);
      if (at === -1) return -1;
    } else if (char === '{') depth++;
    else if (char === '}' && depth > 0) depth--;
    else if (source.startsWith(closer, at)) return at;
  }
  return -1;
}

function stringEnd(source: string, start: number): number {
  const quote = source.charAt(start);
  for (let at = start + 1; at < source.length; at++) {
    if (source.charAt(at) === '\\') at++;
    else if (source.charAt(at) === quote) return at;
  }
  return -1;
}

function toBlock(source: string, opener: Opener, start: number, end: number): Block | undefined {
  if (opener === '{#') return undefined;
  const isMark = (offset: number): boolean => ['-', '+'].includes(source.charAt(offset));
  const from = isMark(start + 2) && end > start + 2 ? start + 3 : start + 2;
  // `{{ a +}}` has no such mark; `{% if a +%}` has.
  const hasMark = end - 1 >= from && (source.charAt(end - 1) === '-' || (opener === '{%' && isMark(end - 1)));
  const inner = source.slice(from, hasMark ? end - 1 : end);
  return {
    kind: opener === '{{' ? 'expression' : 'statement',
    span: { offset: start, length: end + 2 - start },
    inner,
    ...tokensOf(inner, from, CLOSERS[opener]),
  };
}

const BLANKS = /\s*/y;
const NUMBER =
  /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|\d+(?:_\d+)*(?:(?:\.\d+(?:_\d+)*)?e[+-]?\d+(?:_\d+)*|\.\d+(?:_\d+)*)?/iy;
const NAME = /[\p{XID_Start}_][\p{XID_Continue}]*/uy;
const STRING = /'((?:\\[\s\S]|[^'\\])*)'|"((?:\\[\s\S]|[^"\\])*)"/y;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+*/%~[\](){}<>=.:|,;]/y;
/** After a dot, digits are an index: `list.0.1`. */
const INDEX = /\d+/y;

function tokensOf(
  inner: string,
  offset: number,
  closer: string,
): { readonly tokens: readonly Token[]; readonly error: string | undefined } {
  const tokens: Token[] = [];
  let at = 0;
  const next = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(inner);
  };
  for (;;) {
    at += next(BLANKS)?.[0].length ?? 0;
    if (at >= inner.length) break;
    const isAfterDot = tokens.at(-1)?.text === '.' && tokens.at(-1)?.type === 'operator';
    let found = next(isAfterDot ? INDEX : NUMBER);
    const place = { offset: offset + at, length: found?.[0].length ?? 0 };
    if (found) tokens.push({ type: 'number', text: found[0], value: numberOf(found[0]), ...place });
    else if ((found = next(NAME)))
      tokens.push({ type: 'name', text: found[0].normalize('NFKC'), ...place, length: found[0].length });
    else if ((found = next(STRING)))
      tokens.push({
        type: 'string',
        text: unescape(found[1] ?? found[2] ?? ''),
        ...place,
        length: found[0].length,
      });
    else if ((found = next(OPERATOR)))
      tokens.push({ type: 'operator', text: found[0], ...place, length: found[0].length });
    else
      return {
        tokens: [],
        error: `unexpected character: \`${String.fromCodePoint(inner.codePointAt(at) ?? 0)}\``,
      };
    at += found[0].length;
  }
  tokens.push({ type: 'end', text: closer, offset: offset + inner.length, length: 0 });
  return { tokens, error: undefined };
}

function numberOf(written: string): number | bigint | Float {
  const text = written.replaceAll('_', '');
  if (/^\d*\.|^\d+e/i.test(text)) return Float.of(Number(text));
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', a: '\x07', '\n': '',
}; // prettier-ignore

/** Escapes as in a Python text; an unknown one stays as it is written. */
function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(
    /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([0-7]{1,3})|([\s\S]))/gi,
    (whole, x: string, u: string, long: string, octal: string, char: string) => {
      const hex = x ?? u ?? long;
      if (hex !== undefined)
        return Number.parseInt(hex, 16) > 0x10ffff ? whole : String.fromCodePoint(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      return ESCAPES[char] ?? ('\\\'"'.includes(char) ? char : whole);
    },
  );
}
