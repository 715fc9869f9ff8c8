import type { Answer, Usage } from '../types.js';

/** Sums of tokens. What servers did not count is not in the sums: `unknown` says in how many answers. */
export interface TokenTotals {
  /** Everything that was sent, `cached` included. */
  readonly input: number;
  /** Everything that was answered, `reasoning` included. */
  readonly output: number;
  readonly cached: number;
  readonly reasoning: number;
  /** Answers whose server did not say how many tokens they took. */
  readonly unknown: number;
}

/** What one alias was used for by one column in a run. */
export interface UsageEntry {
  readonly alias: string;
  readonly column: string;
  /** Requests that went out, failed ones and retries included. */
  readonly calls: number;
  readonly failedCalls: number;
  /** Answers that came from the store, at no cost. */
  readonly reusedAnswers: number;
  /** Answers whose JSON had to be mended. */
  readonly repairedAnswers: number;
  /** Cells whose value this alias gave. */
  readonly cells: number;
  readonly tokens: TokenTotals;
  /** Tokens of the reused answers: paid in an earlier run. */
  readonly reusedTokens: TokenTotals;
}

/** Where the parts of the request path note what they did for one column. */
export interface UsageLog {
  /** A request was sent; `answer` is `undefined` when it failed. */
  called(alias: string, answer: Answer | undefined): void;
  reused(alias: string, answer: Answer): void;
  repaired(alias: string): void;
  /** The cell has its value, and this alias gave it. */
  answered(alias: string): void;
}

/** The usage of a whole run. */
export interface RunUsage {
  of(column: string): UsageLog;
  /** One entry for each column and alias that had to do with each other. */
  entries(): readonly UsageEntry[];
}

export const noTokens: TokenTotals = { input: 0, output: 0, cached: 0, reasoning: 0, unknown: 0 };

export function createRunUsage(): RunUsage {
  const entries = new Map<string, UsageEntry>();
  const logs = new Map<string, UsageLog>();
  return {
    of(column) {
      const log = logs.get(column) ?? columnLog(column, entries);
      logs.set(column, log);
      return log;
    },
    entries: () => [...entries.values()],
  };
}

function columnLog(column: string, entries: Map<string, UsageEntry>): UsageLog {
  const update = (alias: string, change: (usage: UsageEntry) => Partial<UsageEntry>): void => {
    const key = JSON.stringify([column, alias]);
    const usage = entries.get(key) ?? unused(alias, column);
    entries.set(key, { ...usage, ...change(usage) });
  };
  return {
    called: (alias, answer) =>
      update(alias, ({ calls, failedCalls, tokens }) => ({
        calls: calls + 1,
        failedCalls: failedCalls + (answer ? 0 : 1),
        tokens: answer ? withUsage(tokens, answer.usage) : tokens,
      })),
    reused: (alias, answer) =>
      update(alias, ({ reusedAnswers, reusedTokens }) => ({
        reusedAnswers: reusedAnswers + 1,
        reusedTokens: withUsage(reusedTokens, answer.usage),
      })),
    repaired: (alias) => update(alias, ({ repairedAnswers }) => ({ repairedAnswers: repairedAnswers + 1 })),
    answered: (alias) => update(alias, ({ cells }) => ({ cells: cells + 1 })),
  };
}

/** An entry before anything happened. */
function unused(alias: string, column: string): UsageEntry {
  return {
    alias,
    column,
    calls: 0,
    failedCalls: 0,
    reusedAnswers: 0,
    repairedAnswers: 0,
    cells: 0,
    tokens: noTokens,
    reusedTokens: noTokens,
  };
}

function withUsage(totals: TokenTotals, usage: Usage): TokenTotals {
  const isKnown = usage.input !== undefined && usage.output !== undefined;
  return addTokens(totals, {
    input: usage.input ?? 0,
    output: usage.output ?? 0,
    cached: usage.cached ?? 0,
    reasoning: usage.reasoning ?? 0,
    unknown: isKnown ? 0 : 1,
  });
}

export function addTokens(a: TokenTotals, b: TokenTotals): TokenTotals {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cached: a.cached + b.cached,
    reasoning: a.reasoning + b.reasoning,
    unknown: a.unknown + b.unknown,
  };
}
