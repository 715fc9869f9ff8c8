import type { JsonataError } from 'jsonata';
import { boundedRegExps, EndlessMatch } from '../sandbox/bounded-regexp.js';
import type { Json } from '../core/json.js';
import { remembered } from '../core/memoize.js';
import { err, ok } from '../core/result.js';
import { Overtime } from '../sandbox/run-with-timeout.js';
import { FORBIDDEN, unknownFunctions } from './jsonata-functions.js';
import { compile, run, type Compiled } from './jsonata-library.js';
import { writtenPatterns } from './jsonata-literals.js';
import { plainPath, readsOf } from './jsonata-references.js';
import { isStackOverflow } from './budget.js';
import type { Expression, Parsed, Reference, Scope, TemplateProblem } from './types.js';

/** An expression may take this long, nest this deep and make lists this long; none of it is ours to trust. */
const LIMITS = { timeout: 1000, stack: 500, sequence: 1_000_000 };

/** Milliseconds. What JSONata and its regular expressions say of their time being over is clearer than the watch. */
const GRACE = 250;

/** When the evaluation whose turn it is has to be over, in milliseconds since the epoch. */
let deadline = 0;

/** JSONata looks at its limit between two steps, and a match of a regular expression is one. */
const RegexEngine = boundedRegExps(() => deadline - Date.now());

/** Parses a JSONata expression. Field names at the top level are columns. */
export const parseExpression = remembered(parse, (source) => source);

function parse(source: string): Parsed<Expression> {
  try {
    const compiled = compile(source, { ...LIMITS, RegexEngine });
    const tree = compiled.ast();
    const unknown = unknownFunctions(tree, source);
    if (unknown.length > 0) return err(unknown);
    // Called under another name they would still be there.
    for (const name of FORBIDDEN.keys()) compiled.assign(name, undefined);
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
      evaluate: (scope) => evaluate(compiled, references, scope),
    });
  } catch (error) {
    const inner = /^\s*\{\{\s*([^{}]+?)\s*\}\}\s*$/.exec(source)?.[1];
    if (inner !== undefined) return err([inBraces(source, inner)]);
    return err([
      {
        code: 'jsonata-syntax',
        message: `this is not valid JSONata: ${sentence(error)}`,
        span: errorSpan(error, source),
      },
    ]);
  }
}

/** What works in a prompt is tried here as well. */
const inBraces = (source: string, inner: string): TemplateProblem => ({
  code: 'jsonata-syntax',
  message: 'JSONata stands without braces',
  hint: `write \`${inner}\``,
  fix: { replace: inner, instead: source },
  span: { offset: 0, length: source.length },
});

/** JSONata counts wall time against its limit, so evaluations take turns: nobody pays for another's time. */
let turn: Promise<unknown> = Promise.resolve();

function evaluate(
  compiled: Compiled,
  references: readonly Reference[],
  scope: Scope,
): ReturnType<Expression['evaluate']> {
  const result = turn.then(() => evaluateNow(compiled, references, scope));
  turn = result;
  return result;
}

async function evaluateNow(
  compiled: Compiled,
  references: readonly Reference[],
  scope: Scope,
): ReturnType<Expression['evaluate']> {
  const visible = Object.fromEntries(
    references.map(({ path: [root = ''] }) => [root, scope[root] ?? undefined]),
  );
  deadline = Date.now() + LIMITS.timeout;
  try {
    return ok(toJson(await run(compiled, visible, () => deadline + GRACE - Date.now())));
  } catch (error) {
    if (error instanceof Overtime || isTimeout(error)) return err('it takes longer than one second');
    if (error instanceof EndlessMatch)
      return err(`the regular expression /${error.pattern}/ took too long on a text of this row`);
    return err(sentence(error));
  }
}

/** JSONata's own word for it, between two steps. */
const isTimeout = (error: unknown): boolean => (error as Partial<JsonataError>).code === 'D1012';

/** Results carry null prototypes and hidden properties; a JSON round trip leaves the plain value. */
function toJson(value: unknown): Json {
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
