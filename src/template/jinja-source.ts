import type { Span } from '../core/problem.js';
import type { Json } from '../core/json.js';
import { child, children, type Node } from './jinja-ast.js';
import { fieldName, isOfRow } from './jinja-values.js';
import type { Scope } from './types.js';

/** One `{{ … }}` or `{% … %}` of a template, with the text between its marks. */
export interface Block {
  readonly kind: 'expression' | 'statement';
  readonly span: Span;
  readonly inner: Span;
  /** First word of a statement: `if`, `endfor`, … */
  readonly keyword: string;
}

const OPENERS = { '{{': '}}', '{%': '%}', '{#': '#}' } as const;

/** Statements that must be closed, and by what. */
const CLOSED_BY = new Map([
  ['if', 'endif'],
  ['for', 'endfor'],
  ['macro', 'endmacro'],
  ['call', 'endcall'],
  ['filter', 'endfilter'],
]);

/** All that `@huggingface/jinja` understands: Jinja2 also has `raw`, `with`, `block` and others. */
const STATEMENTS = new Set([
  ...CLOSED_BY.keys(),
  ...CLOSED_BY.values(),
  'elif',
  'else',
  'set',
  'endset',
  'break',
  'continue',
]);

export type Scan =
  | { readonly ok: true; readonly blocks: readonly Block[] }
  | { readonly ok: false; readonly message: string; readonly hint?: string; readonly span: Span };

/** Finds the blocks of a template and checks that each is closed, since errors of the parser have no position. */
export function scanBlocks(source: string): Scan {
  const blocks: Block[] = [];
  const open: Block[] = [];
  let at = 0;
  for (;;) {
    const start = nextOpener(source, at);
    if (start === -1) break;
    const opener = source.slice(start, start + 2) as keyof typeof OPENERS;
    const end = closingOffset(source, start + 2, OPENERS[opener]);
    if (end === -1) {
      const message = `\`${opener}\` is never closed`;
      return {
        ok: false,
        message,
        hint: `end it with \`${OPENERS[opener]}\``,
        span: { offset: start, length: 2 },
      };
    }
    at = end + 2;
    if (opener === '{#') continue;
    const block = toBlock(source, opener, start, end);
    if (block.kind === 'statement' && !STATEMENTS.has(block.keyword)) {
      return {
        ok: false,
        message: `there is no statement \`{% ${block.keyword} %}\` here`,
        span: block.span,
      };
    }
    blocks.push(block);
    const mismatch = block.kind === 'statement' ? track(block, open) : undefined;
    if (mismatch !== undefined) return { ok: false, message: mismatch, span: block.span };
  }
  const unclosed = open.at(-1);
  if (unclosed) {
    const closer = CLOSED_BY.get(unclosed.keyword) ?? '';
    const message = `\`{% ${unclosed.keyword} %}\` is never closed`;
    return { ok: false, message, hint: `end it with \`{% ${closer} %}\``, span: unclosed.span };
  }
  return { ok: true, blocks };
}

/** The block as a template of its own, so that it can be parsed alone. */
export function standalone(source: string, block: Block): string | undefined {
  const inner = source.slice(block.inner.offset, block.inner.offset + block.inner.length);
  if (block.kind === 'expression') return `{{${inner}}}`;
  if (block.keyword === 'elif') return `{%${inner.replace('elif', 'if')}%}{% endif %}`;
  const closer = CLOSED_BY.get(block.keyword);
  if (closer !== undefined) return `{%${inner}%}{% ${closer} %}`;
  return block.keyword === 'set' && inner.includes('=') ? `{%${inner}%}` : undefined;
}

/** A name with the fields read from it, as in the text: `sft_record.instruction`. */
export interface Chain {
  readonly path: readonly string[];
  readonly span: Span;
}

/** All such names in the blocks of a template; strings inside the blocks are passed over. */
export function findChains(source: string, blocks: readonly Block[]): readonly Chain[] {
  const pattern =
    /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|(?<![\w.])([A-Za-z_]\w*)((?:\s*\.\s*[A-Za-z_]\w*|\[\s*(?:'[^'\]]*'|"[^"\]]*"|-?\d*(?:\s*:\s*-?\d*)?)\s*\])*)/g;
  return blocks.flatMap((block) => {
    const inner = source.slice(block.inner.offset, block.inner.offset + block.inner.length);
    return [...inner.matchAll(pattern)]
      .filter((match) => match[1] !== undefined)
      .map((match) => ({
        path: [match[1] ?? '', ...fields(match[2] ?? '')],
        span: { offset: block.inner.offset + match.index, length: match[0].length },
      }));
  });
}

/** All literals in the blocks of a template, with their positions. */
export function findLiterals(
  source: string,
  blocks: readonly Block[],
): readonly { readonly text: string; readonly span: Span }[] {
  const pattern =
    /'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|(?<![\w.])-?\d+(?:\.\d+)?|\b(?:true|false|True|False)\b/g;
  return blocks.flatMap(({ inner }) =>
    [...source.slice(inner.offset, inner.offset + inner.length).matchAll(pattern)].map((match) => {
      const text = match[1] ?? match[2] ?? match[0];
      const quote = text.length < match[0].length ? 1 : 0;
      return { text, span: { offset: inner.offset + match.index + quote, length: text.length } };
    }),
  );
}

function fields(text: string): readonly string[] {
  return [...text.matchAll(/\.\s*(\w+)|\[\s*['"]([^'"]*)['"]\s*\]/g)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
}

function nextOpener(source: string, from: number): number {
  for (let at = source.indexOf('{', from); at !== -1; at = source.indexOf('{', at + 1)) {
    if (source.slice(at, at + 2) in OPENERS) return at;
  }
  return -1;
}

/** The offset of `closer`, past strings and, in `{{ }}`, past the braces of object literals. */
function closingOffset(source: string, from: number, closer: string): number {
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

function toBlock(source: string, opener: string, start: number, end: number): Block {
  const from = source.charAt(start + 2) === '-' ? start + 3 : start + 2;
  const to = source.charAt(end - 1) === '-' && end - 1 >= from ? end - 1 : end;
  const inner = { offset: from, length: to - from };
  return {
    kind: opener === '{{' ? 'expression' : 'statement',
    span: { offset: start, length: end + 2 - start },
    inner,
    keyword: /^\s*(\w*)/.exec(source.slice(from, to))?.[1] ?? '',
  };
}

/** Keeps the stack of open statements; returns a message when a closing one has no partner. */
function track(block: Block, open: Block[]): string | undefined {
  if (CLOSED_BY.has(block.keyword)) {
    open.push(block);
    return undefined;
  }
  if (!block.keyword.startsWith('end') || block.keyword === 'endset') return undefined;
  const partner = open.pop();
  const expected = partner && CLOSED_BY.get(partner.keyword);
  if (expected === block.keyword) return undefined;
  return expected === undefined
    ? `\`{% ${block.keyword} %}\` closes nothing`
    : `\`{% ${block.keyword} %}\` where \`{% ${expected} %}\` was expected`;
}

/**
 * A part of a template without filters, conditions and loops: literal text, or the path to a value of the row. Most
 * prompts consist of these, and need no interpreter when the values are texts.
 */
type PlainPart = string | readonly (string | number)[];

/** The parts of a template; `undefined` when it has other parts than text and paths. */
export function plainPartsOf(program: Node): readonly PlainPart[] | undefined {
  const parts = children(program, 'body').map((node) =>
    node.type === 'StringLiteral' ? String(node['value']) : stepsOf(node),
  );
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

/** The rendered text; `undefined` when a value is not a text, which only the interpreter can print. */
export function joinTexts(parts: readonly PlainPart[], scope: Scope): string | undefined {
  let text = '';
  for (const part of parts) {
    const value = typeof part === 'string' ? part : valueAt(scope, part);
    if (typeof value !== 'string') return undefined;
    text += value;
  }
  return text;
}

function stepsOf(node: Node | undefined): readonly (string | number)[] | undefined {
  if (node?.type === 'Identifier') {
    const name = String(node['value']);
    return isOfRow(name, new Map()) ? [name] : undefined;
  }
  const property = node?.type === 'MemberExpression' ? child(node, 'property') : undefined;
  const owner = node && property && stepsOf(child(node, 'object'));
  const step =
    property?.type === 'IntegerLiteral'
      ? Number(property['value'])
      : property && fieldName(property, node?.['computed'] === true);
  return owner && step !== undefined ? [...owner, step] : undefined;
}

function valueAt(scope: Scope, steps: readonly (string | number)[]): Json | undefined {
  let value: Json | undefined = scope;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value) !== (typeof step === 'number') || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string | number, Json>>)[step];
  }
  return value;
}
