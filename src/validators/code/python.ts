/**
 * Python, checked by ruff in its WebAssembly build: no Python, no file and no settings of the folder are read. The
 * rules, the severities and the score are those of Data Designer. The score is pylint's formula
 * (https://pylint.readthedocs.io/en/stable/user_guide/configuration/all-options.html#evaluation), in which a statement
 * is a statement node of Python's own syntax tree.
 */
import { setFlagsFromString } from 'node:v8';
import { byCodePoint } from '../../core/code-points.js';
import { err, ok, type Result } from '../../core/result.js';
import type { Failure } from '../../core/failure.js';
import type { JsonObject } from '../../core/json.js';
import { runWithTimeout, TimeoutError } from '../../sandbox/run-with-timeout.js';
import { VALIDITY } from '../types.js';
import { load, type CheckedLanguage } from './language.js';

type Ruff = typeof import('@astral-sh/ruff-wasm-nodejs');
type Workspace = import('@astral-sh/ruff-wasm-nodejs').Workspace;
type Diagnostic = import('@astral-sh/ruff-wasm-nodejs').Diagnostic;

const PACKAGE = '@astral-sh/ruff-wasm-nodejs';

export const python: CheckedLanguage = {
  package: PACKAGE,
  result: {
    type: 'object',
    properties: {
      is_valid: VALIDITY,
      python_linter_score: { type: ['number', 'null'] },
      python_linter_severity: { type: ['string', 'null'] },
      python_linter_messages: {
        type: ['array', 'null'],
        items: {
          type: 'object',
          properties: {
            type: { type: 'string' },
            symbol: { type: 'string' },
            line: { type: 'integer' },
            column: { type: 'integer' },
            message: { type: 'string' },
          },
          required: ['type', 'symbol', 'line', 'column', 'message'],
          additionalProperties: false,
        },
      },
    },
    required: ['is_valid', 'python_linter_score', 'python_linter_severity', 'python_linter_messages'],
    additionalProperties: false,
  },
  check: async (code) => lint(code),
};

/** Milliseconds. Ruff needs about one; code that is nested very deep takes seconds. */
const LONGEST_CHECK = 30_000;

/** Most serious first. */
const SEVERITIES = ['fatal', 'error', 'warning', 'convention', 'refactor'] as const;

type Severity = (typeof SEVERITIES)[number];

const RULES: Readonly<Record<string, Severity>> = {
  E: 'refactor',
  F: 'error',
  SIM: 'refactor',
  PLC: 'convention',
  PLE: 'error',
  PLR: 'refactor',
  PLW: 'warning',
};

interface Message {
  readonly type: Severity;
  readonly symbol: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

function lint(code: string): Result<JsonObject, Failure> {
  try {
    return ok(runWithTimeout(() => resultOf(code), LONGEST_CHECK));
  } catch (error) {
    // What was interrupted is not used again.
    workspace = undefined;
    if (error instanceof TimeoutError) {
      const message = `ruff needs more than ${LONGEST_CHECK / 1000} seconds for this code`;
      return err({ class: 'timeout', message, attempts: [] });
    }
    if (!(error instanceof RangeError)) throw error;
    return ok(summary([tooDeep], 1));
  }
}

function resultOf(code: string): JsonObject {
  const ruff = (workspace ??= openWorkspace());
  const found = ruff.check(code) as readonly Diagnostic[];
  const messages = found.map(({ code: symbol, start_location: { row, column }, message }) => ({
    type: severityOf(symbol),
    symbol: symbol ?? SYNTAX,
    line: row,
    column,
    message,
  }));
  return summary(messages, messages.length === 0 ? 1 : statementsIn(ruff.parse(code)));
}

let workspace: Workspace | undefined;

function openWorkspace(): Workspace {
  delete load.cache[load.resolve(PACKAGE)];
  useBaselineCompiler();
  const { PositionEncoding, Workspace: Open } = load(PACKAGE) as Ruff;
  const select = ['E', 'F6', 'F7', 'F8', 'SIM', 'PLC', 'PLE', 'PLR', 'PLW'];
  // The command line of ruff counts columns in code points.
  return new Open({ lint: { select } }, PositionEncoding.Utf32);
}

/**
 * Ruff is 10 MB of WebAssembly. V8's optimizing compiler spends ten seconds on it in the background, and a check takes a
 * millisecond without it. This holds for all WebAssembly of the process, which is little. Each flag is needed: Node 24
 * does not derive one from the other once it runs.
 */
function useBaselineCompiler(): void {
  for (const flag of ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering'])
    setFlagsFromString(flag);
}

const SYNTAX = 'invalid-syntax';

const tooDeep: Message = {
  type: 'fatal',
  symbol: SYNTAX,
  line: 1,
  column: 1,
  message: 'The code is nested too deep',
};

function severityOf(symbol: string | null): Severity {
  if (symbol === null || symbol === SYNTAX || symbol === 'E999') return 'fatal';
  return RULES[symbol.replaceAll(/\P{L}/gu, '')] ?? 'warning';
}

function summary(found: readonly Message[], statements: number): JsonObject {
  const rank = ({ type }: Message): number => SEVERITIES.indexOf(type);
  const messages = found.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      a.line - b.line ||
      a.column - b.column ||
      byCodePoint(family(a), family(b)) ||
      byCodePoint(a.message, b.message),
  );
  const worst = messages[0]?.type ?? 'none';
  return {
    is_valid: worst !== 'fatal' && worst !== 'error',
    python_linter_score: scoreOf(messages, statements),
    python_linter_severity: worst,
    python_linter_messages: messages.map((message) => ({ ...message })),
  };
}

/** Ruff sorts by the names of rules, which this build does not tell: this comes closest. */
const family = ({ symbol }: Message): string => symbol.replace(/\d\d$/, '');

function scoreOf(messages: readonly Message[], statements: number): number {
  if (messages.some(({ type }) => type === 'fatal')) return 0;
  const weight = messages.reduce((sum, { type }) => sum + (type === 'error' ? 5 : 1), 0);
  return Math.max(0, 10 - (weight / Math.max(1, statements)) * 10);
}

/**
 * Counts statements in the syntax tree that ruff prints, one node a line; texts of the code are escaped in it. Python's
 * own tree has one more for each `elif`, which is an `if` in the `else` of the one before.
 */
function statementsIn(tree: string): number {
  const statements = tree.match(/^ *(?:\w+: )?Stmt\w+ \{$/gm) ?? [];
  const clauses = tree.match(/ElifElseClause \{\n(?: +(?:range|node_index): .*\n)* +test: Some\(/g) ?? [];
  return statements.length + clauses.length;
}
