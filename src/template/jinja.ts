import { Environment, parse, tokenize } from '@huggingface/jinja';
import type { Json, JsonObject } from '../core/json.js';
import type { Span } from '../core/problem.js';
import { memoize } from '../core/memoize.js';
import { err, ok, type Result } from '../core/result.js';
import { correction } from '../core/suggest.js';
import { runWithTimeout, TimeoutError, tooSlow } from '../sandbox/run-with-timeout.js';
import { allChildren, child, children, identifierName, isNode, type Node } from './jinja-ast.js';
import {
  KNOWN_FILTERS,
  KNOWN_FUNCTIONS,
  KNOWN_TESTS,
  OWN_FILTERS,
  scaledFit,
  type Filter,
} from './jinja-filters.js';
import { BoundedInterpreter, planOf, type TemplatePlan } from './jinja-interpreter.js';
import {
  findChains,
  findLiterals,
  scanBlocks,
  standalone,
  type Block,
  type Chain,
  joinTexts,
  plainPartsOf,
} from './jinja-source.js';
import { isRowAccess, readRowByName } from './jinja-row.js';
import { originOf, type BareComparison } from './jinja-values.js';
import { findUses, type Uses } from './jinja-walk.js';
import { BUDGET_LIMITS, isStackOverflow, type BudgetLimits } from '../sandbox/budget.js';
import type { Comparison, Parsed, Reference, Scope, TemplateProblem, TextTemplate } from './types.js';

/**
 * Parses and renders Jinja templates with `@huggingface/jinja`, an interpreter that reaches nothing but its
 * variables. It gives a syntax tree without positions and knows no limits, so this room adds both.
 *
 * 1. The text is split into blocks (`jinja-source.ts`), which gives every error and every reference a place.
 * 2. The tree is walked for what it reads (`jinja-walk.ts`): references, filters and tests are checked before a run.
 * 3. A template of plain text and paths is joined directly. All others go through `BoundedInterpreter`, which counts
 *    steps, lists and texts; templates with loops, macros or `set` also run with a timeout.
 * Whitespace is kept unless `-` asks to trim it. Values print as text and JSON (`null` as nothing), not as in Python.
 */
export const parseTemplate = memoize(
  (source: string) => parseWithLimits(source),
  (source) => source,
);

/** The most that one rendering may use. */
export interface RenderingLimits extends BudgetLimits {
  /** Milliseconds. Steps are counted, but one step may never end: printing a value that contains itself. */
  readonly timeout: number;
}

const LIMITS: RenderingLimits = { ...BUDGET_LIMITS, timeout: 5000 };

/** The same under other limits, not kept. */
export function parseWithLimits(source: string, limits: Partial<RenderingLimits> = {}): Parsed<TextTemplate> {
  try {
    return parseWhole(source, { ...LIMITS, ...limits });
  } catch (error) {
    if (!isStackOverflow(error)) throw error;
    const span = { offset: 0, length: source.length };
    return err([{ code: 'template-syntax', message: 'this is nested too deeply', span }]);
  }
}

function parseWhole(source: string, limits: RenderingLimits): Parsed<TextTemplate> {
  const scan = scanBlocks(source);
  if (!scan.ok) return err([{ code: 'template-syntax', ...withoutOk(scan) }]);
  const whole = parseText(source);
  if (!whole.ok) {
    // The parser's errors have no position; blocks that are parsed one by one have.
    const broken = scan.blocks.flatMap((block) => syntaxProblems(source, block));
    const span = { offset: 0, length: source.length };
    return err(broken.length > 0 ? broken : [{ code: 'template-syntax', message: whole.error, span }]);
  }
  const readsRow = readRowByName(whole.value);
  const uses = findUses(whole.value);
  const unknown = unknownNames(source, scan.blocks, uses);
  if (unknown.length > 0) return err(unknown);

  const references = locate(uses, source, scan.blocks, readsRow);
  const plainPath = plainPathOf(whole.value);
  const plainParts = plainPartsOf(whole.value);
  const program = laterProgram(whole.value);
  return ok({
    source,
    references,
    ...(plainPath && { plainPath }),
    usesFit: uses.filters.includes('fit'),
    render(scope, fitScale = 1) {
      const missing = findMissing(references, scope);
      if (missing) return err(`\`${missing.path.join('.')}\` has no value in this row`);
      const text = plainParts && joinTexts(plainParts, scope);
      return text === undefined ? interpret(program, references, scope, limits, fitScale) : ok(text);
    },
  });
}

/** The path of a template that is `{{ a.b }}` and nothing else. */
function plainPathOf(program: Node): readonly string[] | undefined {
  const [only, ...others] = children(program, 'body');
  return others.length === 0 ? originOf(only, new Map())?.path : undefined;
}

function findMissing(references: readonly Reference[], scope: Scope): Reference | undefined {
  return references.find((reference) => !reference.optional && !isPresent(scope, reference.path));
}

/** A template that can be rendered. */
interface Program {
  readonly tree: Node;
  readonly plan: TemplatePlan;
}

/** Prepared on first use: most templates that are checked are not rendered. */
function laterProgram(parsed: Node): () => Program {
  let program: Program | undefined;
  return () => {
    const tree = program?.tree ?? withOwnFilters(parsed);
    return (program ??= { tree, plan: planOf(tree) });
  };
}

function interpret(
  program: () => Program,
  references: readonly Reference[],
  scope: Scope,
  limits: RenderingLimits,
  fitScale: number,
): Result<string, string> {
  const work = ({ tree, plan }: Program): string => {
    const environment = new Environment(sharedGlobals);
    for (const [name, value] of prune(scope, references)) environment.set(name, value);
    if (fitScale !== 1) environment.set(ownFilterName('fit'), ownFunction(scaledFit(fitScale)));
    return String(new BoundedInterpreter(environment, plan, limits).run(tree).value);
  };
  try {
    const ready = program();
    return ok(ready.plan.isProgram ? runWithTimeout(() => work(ready), limits.timeout) : work(ready));
  } catch (error) {
    if (error instanceof TimeoutError) return err(tooSlow(limits.timeout));
    if (isStackOverflow(error)) return err('it is nested too deeply');
    return err(error instanceof Error ? error.message : String(error));
  }
}

/** Converting the row into the interpreter's values takes most of the time, so only referenced fields are passed. */
function prune(scope: Scope, references: readonly Reference[]): ReadonlyMap<string, Json> {
  const whole = new Set(references.filter((reference) => reference.path.length === 1).map((r) => r.path[0]));
  const pruned = new Map<string, Json>();
  for (const { path } of references) {
    const [root, field] = path;
    if (root === undefined || !Object.hasOwn(scope, root)) continue;
    const value = scope[root] ?? null;
    if (field === undefined || whole.has(root) || !isPlainObject(value)) pruned.set(root, value);
    else if (Object.hasOwn(value, field)) {
      pruned.set(root, { ...(pruned.get(root) as JsonObject | undefined), [field]: value[field] ?? null });
    } else if (!pruned.has(root)) pruned.set(root, {});
  }
  return pruned;
}

const RANGE_LIMIT = 10_000;

function range(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const length = Math.ceil((to - from) / step);
  if (!(length <= RANGE_LIMIT)) throw new Error(`range() is limited to ${RANGE_LIMIT} numbers`);
  return Array.from({ length: Math.max(0, length) }, (_, index) => from + index * step);
}

/** Values that a filter of ours takes at most: a list that holds another many times is short, and long in full. */
const MOST_VALUES = 1_000_000;

/** The interpreter's values back to plain ones: `{ type, value }` with arrays and maps inside. */
function plain(value: unknown, count = { values: 0 }): Json {
  count.values += 1;
  if (count.values > MOST_VALUES)
    throw new Error(`a filter takes at most ${MOST_VALUES.toLocaleString('en-US')} values`);
  if (Array.isArray(value)) return value.map((item: { value: unknown }) => plain(item.value, count));
  if (value instanceof Map) {
    return Object.fromEntries(
      [...value].map(([key, inner]: [string, { value: unknown }]) => [key, plain(inner.value, count)]),
    );
  }
  return (value ?? null) as Json;
}

/** The library knows only its own filters; `x | fit(100)` becomes the call of a hidden function. */
function withOwnFilters(node: Node): Node {
  for (const inner of allChildren(node)) withOwnFilters(inner);
  if (node.type !== 'FilterExpression') return node;
  const filter = child(node, 'filter');
  const name = identifierName(filter) ?? identifierName(filter && child(filter, 'callee'));
  if (name === undefined || !OWN_FILTERS.has(name)) return node;
  const rest: unknown = filter?.type === 'CallExpression' ? filter['args'] : [];
  const call = {
    type: 'CallExpression',
    callee: { type: 'Identifier', value: ownFilterName(name) },
    args: [node['operand'], ...(Array.isArray(rest) ? (rest as unknown[]) : [])],
  };
  for (const field of Object.keys(node)) Reflect.deleteProperty(node, field);
  return Object.assign(node, call);
}

/** Identifiers of a template contain no blank, so no column has this name. */
function ownFilterName(name: string): string {
  return `filter ${name}`;
}

/**
 * Values and functions for every template. A template can shadow them but not change them, and none of them reads a
 * clock or the host.
 */
const sharedGlobals = new Environment();
for (const [name, value] of globals()) sharedGlobals.set(name, value);

function globals(): readonly [string, unknown][] {
  return [
    ['true', true],
    ['True', true],
    ['false', false],
    ['False', false],
    ['none', null],
    ['None', null],
    ['range', range],
    ...[...OWN_FILTERS].map(([name, filter]): [string, unknown] => [
      ownFilterName(name),
      ownFunction(filter),
    ]),
  ];
}

/** A filter of ours as a function of the interpreter. */
function ownFunction(filter: Filter): (...values: unknown[]) => Json {
  return (...values) => filter(...(values.map((value) => plain(value)) as [Json, ...Json[]]));
}

function syntaxProblems(source: string, block: Block): readonly TemplateProblem[] {
  const text = standalone(source, block);
  if (text === undefined) return [];
  const parsed = parseText(text);
  if (parsed.ok) return [];
  const inner = source.slice(block.inner.offset, block.inner.offset + block.inner.length);
  const words = /^\s*([A-Za-z_]\w*(?:[ \t]+[A-Za-z_]\w*)+)\s*(?:\||$)/.exec(inner)?.[1];
  const isName = block.kind === 'expression' && words !== undefined;
  const hint = `a column with a blank in its name is read with {{ row["${words}"] }}`;
  return [{ code: 'template-syntax', message: parsed.error, ...(isName && { hint }), span: block.span }];
}

function parseText(source: string): Result<Node, string> {
  try {
    const program: unknown = parse(tokenize(source));
    return isNode(program) ? ok(program) : err('not a template');
  } catch (error) {
    return err(explain(error instanceof Error ? error.message : String(error)));
  }
}

/** The parser's message with tokens as the author writes them. */
function explain(message: string): string {
  const tokens: Record<string, string> = {
    CloseExpression: '`}}`',
    CloseStatement: '`%}`',
    OpenParen: '`(`',
    CloseParen: '`)`',
  };
  const readable = message.replace(/\b(\w+)\b/g, (word) => tokens[word] ?? word);
  if (message.startsWith('Maximum call stack')) return 'this is nested too deeply';
  if (message.startsWith('Cannot read properties')) return 'this expression ends too early';
  return `this is not valid Jinja: ${readable.charAt(0).toLowerCase()}${readable.slice(1)}`;
}

function unknownNames(source: string, blocks: readonly Block[], uses: Uses): readonly TemplateProblem[] {
  const kinds = [
    { code: 'unknown-filter', word: 'filter', used: uses.filters, known: KNOWN_FILTERS },
    { code: 'unknown-test', word: 'test', used: uses.tests, known: KNOWN_TESTS },
    { code: 'unknown-function', word: 'function', used: uses.functions, known: KNOWN_FUNCTIONS },
  ] as const;
  return kinds.flatMap(({ code, word, used, known }) =>
    [...new Set(used)]
      .filter((name) => !known.includes(name))
      .map((name) => {
        const words = correction(name, known, `known ${word}s: ${known.join(', ')}`);
        return {
          code,
          message: `unknown ${word} \`${name}\``,
          ...words,
          span: wordSpan(source, blocks, name),
        };
      }),
  );
}

function wordSpan(
  source: string,
  blocks: readonly Block[],
  name: string,
): { offset: number; length: number } {
  for (const { inner } of blocks) {
    const found = new RegExp(`\\b${name}\\b`).exec(source.slice(inner.offset, inner.offset + inner.length));
    if (found) return { offset: inner.offset + found.index, length: name.length };
  }
  return { offset: 0, length: 0 };
}

/** Ties each read to a place in the text: the next unused one that reads the same, else one of the same root. */
function locate(
  { reads }: Uses,
  source: string,
  blocks: readonly Block[],
  readsRow: boolean,
): readonly Reference[] {
  const allowedAbsent = new Set(reads.filter(({ optional }) => optional).map(({ path }) => path?.join('.')));
  const isByName = ({ span }: Chain): boolean =>
    readsRow && isRowAccess(source.slice(span.offset, span.offset + span.length));
  const unused = byRoot(
    findChains(source, blocks).map((chain) =>
      isByName(chain) ? { ...chain, path: chain.path.slice(1) } : chain,
    ),
  );
  const literals = findLiterals(source, blocks);
  return reads.flatMap(({ path, origin, written, compared: bare }) => {
    const place = typeof written === 'string' ? literalPlace(written, literals) : chainPlace(written, unused);
    const span = place?.span ?? { offset: 0, length: 0 };
    const compared = bare && located(bare, span, literals);
    const isSame = path !== undefined && origin?.join('.') === path.join('.');
    const read: Reference[] = [];
    if (path)
      read.push({
        path,
        span,
        optional: allowedAbsent.has(path.join('.')),
        ...(isSame && compared && { compared }),
      });
    if (origin && !isSame)
      read.push({ path: origin, span, optional: true, isInner: true, ...(compared && { compared }) });
    return read;
  });
}

/** Chains that belong to no reference yet, by their first name. */
type Unused = ReadonlyMap<string, Chain[]>;

function byRoot(chains: readonly Chain[]): Unused {
  const roots = new Map<string, Chain[]>();
  for (const chain of chains) {
    const [root = ''] = chain.path;
    const same = roots.get(root) ?? [];
    same.push(chain);
    roots.set(root, same);
  }
  return roots;
}

function chainPlace(written: readonly string[], unused: Unused): Chain | undefined {
  const candidates = unused.get(written[0] ?? '') ?? [];
  const exact = candidates.findIndex((chain) => startsWith(chain.path, written));
  return candidates.splice(Math.max(0, exact), 1)[0];
}

type Literals = ReturnType<typeof findLiterals>;

const literalPlace = (text: string, literals: Literals): Literals[number] | undefined =>
  literals.find((literal) => literal.text === text);

/** The nearest place where each value is written out: first behind what it is compared with, else before it. */
function located({ operator, values }: BareComparison, near: Span, literals: Literals): Comparison {
  const places = values.map((value) => {
    const same = literals.filter(({ text }) => text.toLowerCase() === String(value).toLowerCase());
    const place = same.find(({ span }) => span.offset >= near.offset + near.length) ?? same.at(-1);
    return { value, span: place?.span ?? near };
  });
  return { operator, values: places, isLoose: operator !== 'in' };
}

function startsWith(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((step, index) => path[index] === step);
}

function isPresent(scope: Scope, path: readonly string[]): boolean {
  let value: Json = scope;
  for (const step of path) {
    // Fields of lists and texts are methods or slices; only objects can lack a field.
    if (!isPlainObject(value)) return value !== null;
    if (!Object.hasOwn(value, step)) return false;
    value = value[step] ?? null;
  }
  return true;
}

function isPlainObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutOk<T extends { ok: false }>({ ok: _ok, ...rest }: T): Omit<T, 'ok'> {
  return rest;
}
