import { isObject, type Json } from '../core/json.js';
import { memoize } from '../core/memoize.js';
import { err, ok, type Result } from '../core/result.js';
import { correction } from '../core/suggest.js';
import { Budget, BUDGET_LIMITS, isStackOverflow, type BudgetLimits } from '../sandbox/budget.js';
import { runWithTimeout, TimeoutError, tooSlow } from '../sandbox/run-with-timeout.js';
import type { Body } from './jinja/ast.js';
import { FILTERS } from './jinja/filters.js';
import { Interpreter } from './jinja/interpreter.js';
import { parseJsonPath } from './jinja/jsonpath-syntax.js';
import { originOf } from './jinja/origins.js';
import { parseBody } from './jinja/parser.js';
import { joinTexts, plainPartsOf } from './jinja/plain.js';
import { hasNoValue } from './jinja/scope.js';
import { TESTS } from './jinja/tests.js';
import { findUses, KNOWN_FUNCTIONS, type UsedName, type Uses } from './jinja/uses.js';
import type { Parsed, RenderOptions, Scope, TemplateProblem, TextTemplate } from './types.js';

/**
 * Parses and renders Jinja templates: the language of Jinja2 with Python's semantics, for text that nobody trusts.
 *
 * 1. The text is split into blocks and tokens (`jinja/lexer.ts`), and parsed to a tree that knows its places
 *    (`jinja/parser.ts`, `jinja/expressions.ts`).
 * 2. The tree is walked for what it reads (`jinja/uses.ts`): references, filters and tests are checked before a run.
 * 3. A template of plain text and paths is joined directly. All others are interpreted (`jinja/interpreter.ts`): the
 *    tree is walked, nothing is compiled, only own fields of the row are read, and a budget counts steps, lists and
 *    texts before they are made. Templates with loops, macros or `set` also run with a timeout.
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
  const parsed = parseBody(source);
  if (!parsed.ok) return err(parsed.problems);
  const { body } = parsed;
  const uses = findUses(body);
  const mistakes = [...unknownNames(uses), ...wrongPaths(uses, source)];
  if (mistakes.length > 0) return err(mistakes);
  const { references, filters, isProgram } = uses;
  const plainPath = plainPathOf(body);
  const plainParts = plainPartsOf(body);
  return ok({
    source,
    references,
    ...(plainPath && { plainPath }),
    usesFit: filters.some(({ name }) => name === 'fit'),
    usesRandom: filters.some(({ name }) => name === 'random'),
    render(scope, options = {}) {
      const missing = references.filter(
        (reference) => !reference.optional && !isPresent(scope, reference.path),
      );
      const always = missing.find(({ isConditional }) => isConditional !== true);
      if (always) return err(hasNoValue(always.path.join('.')));
      const absent = new Set(missing.map(({ path }) => path.join('.')));
      const text = plainParts && joinTexts(plainParts, scope);
      return text === undefined
        ? interpret(body, scope, { limits, isProgram, absent, ...options })
        : ok(text);
    },
  });
}

/** The path of a template that is `{{ a.b }}` and nothing else. */
function plainPathOf(body: Body): readonly string[] | undefined {
  const [only, ...others] = body;
  const [value, ...values] = only?.type === 'print' ? only.values : [];
  return value && values.length === 0 && others.length === 0 ? originOf(value, new Map())?.path : undefined;
}

function isPresent(scope: Scope, path: readonly string[]): boolean {
  let value: Json = scope;
  for (const step of path) {
    // Fields of lists and texts are methods or slices; only objects can lack a field.
    if (!isObject(value)) return value !== null;
    if (!Object.hasOwn(value, step)) return false;
    value = value[step] ?? null;
  }
  return true;
}

interface Interpretation extends RenderOptions {
  readonly limits: RenderingLimits;
  readonly isProgram: boolean;
  readonly absent: ReadonlySet<string>;
}

function interpret(
  body: Body,
  row: Scope,
  { limits, isProgram, absent, fitScale = 1, random, nullText = '' }: Interpretation,
): Result<string, string> {
  const work = (): string =>
    new Interpreter({ row, budget: new Budget(limits), fitScale, random, absent, nullText }).render(body);
  try {
    return ok(isProgram ? runWithTimeout(work, limits.timeout) : work());
  } catch (error) {
    if (error instanceof TimeoutError) return err(tooSlow(limits.timeout));
    if (isStackOverflow(error)) return err('it is nested too deeply');
    return err(error instanceof Error ? error.message : String(error));
  }
}

/** What other engines have, and what to write here. */
const INSTEAD: Readonly<Record<string, string>> = {
  urlize: 'there are no links here: write the address as text',
  from_json: 'write `fromjson`',
  to_json: 'write `tojson`',
  split: 'write `text.split(",")`',
  regex_replace: 'use an expression column with `jsonata`: `$replace(text, /pattern/, "with")`',
  lipsum: 'a model writes better text',
  now: 'the same input must give the same dataset: use a param',
};

function unknownNames({ filters, tests, functions }: Uses): readonly TemplateProblem[] {
  const kinds = [
    { code: 'unknown-filter', word: 'filter', used: filters, known: KNOWN_FILTERS },
    { code: 'unknown-test', word: 'test', used: tests, known: KNOWN_TESTS },
    { code: 'unknown-function', word: 'function', used: functions, known: KNOWN_FUNCTIONS },
  ] as const;
  return kinds.flatMap(({ code, word, used, known }) =>
    firstOfEach(used)
      .filter(({ name }) => !known.includes(name))
      .map(({ name, span }): TemplateProblem => {
        const message = `unknown ${word} \`${name}\``;
        if (Object.hasOwn(INSTEAD, name)) return { code, message, hint: INSTEAD[name] ?? '', span };
        return { code, message, ...correction(name, known, `known ${word}s: ${known.join(', ')}`), span };
      }),
  );
}

function wrongPaths({ jsonPaths }: Uses, source: string): readonly TemplateProblem[] {
  return jsonPaths.flatMap(({ path, span }) => {
    const parsed = parseJsonPath(path);
    if (parsed.ok) return [];
    const { offset, message } = parsed.error;
    // A path with escapes is written in more characters than it has.
    const isAsWritten = source.slice(span.offset, span.offset + span.length) === path;
    const place = isAsWritten && offset !== undefined ? { offset: span.offset + offset, length: 1 } : span;
    return [{ code: 'template-syntax', message: `\`${path}\` is not a JSONPath: ${message}`, span: place }];
  });
}

const KNOWN_FILTERS: readonly string[] = [...FILTERS.keys()].sort();
/** Those with names that are words. */
const KNOWN_TESTS: readonly string[] = [...TESTS.keys()].sort();

function firstOfEach(used: readonly UsedName[]): readonly UsedName[] {
  return used.filter(({ name }, index) => used.findIndex((other) => other.name === name) === index);
}
