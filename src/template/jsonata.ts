import type { JsonataError } from 'jsonata';
import type { Json } from '../core/json.js';
import { memoize } from '../core/memoize.js';
import { err, ok, type Result } from '../core/result.js';
import { RegExpTimeoutError } from '../sandbox/bounded-regexp.js';
import { BUDGET_LIMITS, isStackOverflow } from '../sandbox/budget.js';
import { TimeoutError, tooSlow } from '../sandbox/run-with-timeout.js';
import { unknownFunctions } from './jsonata-functions.js';
import { writtenPatterns } from './jsonata-literals.js';
import { plainPath, readsOf } from './jsonata-references.js';
import { compile, type CompiledExpression, type EvaluationLimits } from './jsonata-runtime.js';
import type { Expression, Parsed, Reference, Scope, TemplateProblem } from './types.js';

/** Recipes and rows come from elsewhere: neither may keep the program busy or fill its memory. */
const LIMITS: EvaluationLimits = { ...BUDGET_LIMITS, timeout: 1000, stack: 500, sequence: 1_000_000 };

/** Parses a JSONata expression. Field names at the top level are columns. */
export const parseExpression = memoize(
  (source: string) => parseWithLimits(source),
  (source) => source,
);

/** The same under other limits, not kept. */
export function parseWithLimits(source: string, limits: Partial<EvaluationLimits> = {}): Parsed<Expression> {
  const allLimits = { ...LIMITS, ...limits };
  try {
    const compiled = compile(source, allLimits);
    const { tree } = compiled;
    const unknown = unknownFunctions(tree, source);
    if (unknown.length > 0) return err(unknown);
    const { references, wholeRowAt } = readsOf(tree);
    if (wholeRowAt !== undefined) {
      const span = { offset: Math.max(0, wholeRowAt - 1), length: 1 };
      const message = 'this reads the whole row, so its dependencies cannot be known';
      return err([{ code: 'jsonata-syntax', message, hint: 'name the columns that are needed', span }]);
    }
    return ok({
      source,
      references,
      plainPath: plainPath(tree),
      patterns: writtenPatterns(tree),
      evaluate: (scope) => evaluate(compiled, references, scope, allLimits),
    });
  } catch (error) {
    const inner = /^\s*\{\{\s*([^{}]+?)\s*\}\}\s*$/.exec(source)?.[1];
    if (inner !== undefined) return err([inBraces(source, inner)]);
    const message = `this is not valid JSONata: ${sentence(error)}`;
    return err([{ code: 'jsonata-syntax', message, span: errorSpan(error, source) }]);
  }
}

/** The braces of a prompt are a common mistake here. */
const inBraces = (source: string, inner: string): TemplateProblem => ({
  code: 'jsonata-syntax',
  message: 'JSONata is written without braces',
  hint: `write \`${inner}\``,
  fix: { replace: inner, instead: source },
  span: { offset: 0, length: source.length },
});

function evaluate(
  compiled: CompiledExpression,
  references: readonly Reference[],
  scope: Scope,
  { timeout }: EvaluationLimits,
): Result<Json, string> {
  const visible = Object.fromEntries(
    references.map(({ path: [root = ''] }) => [root, scope[root] ?? undefined]),
  );
  try {
    return ok(toJson(compiled.evaluate(visible)));
  } catch (error) {
    if (error instanceof TimeoutError || isTimeout(error)) return err(tooSlow(timeout));
    if (error instanceof RegExpTimeoutError)
      return err(`the regular expression /${error.pattern}/ took too long on a text of this row`);
    return err(sentence(error));
  }
}

/** JSONata's own error for it, thrown between two steps. */
const isTimeout = (error: unknown): boolean => (error as Partial<JsonataError>).code === 'D1012';

/** Results carry null prototypes and hidden properties; a JSON round trip leaves the plain value. */
function toJson(value: unknown): Json {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? null : (JSON.parse(text) as Json);
}

function errorSpan(error: unknown, source: string): { offset: number; length: number } {
  const { position, token } = error as Partial<JsonataError>;
  const length = Math.max(1, String(token ?? '').length);
  const offset = Math.max(0, Math.min((position ?? source.length) - length, source.length - length));
  return { offset, length };
}

function sentence(error: unknown): string {
  const { message } = error as Partial<JsonataError>;
  if (isStackOverflow(error)) return 'it is nested too deeply';
  const text = typeof message === 'string' && message !== '' ? message : 'it ends too early';
  return text.charAt(0).toLowerCase() + text.slice(1);
}
