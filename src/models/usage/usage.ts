import type { Answer, Usage } from '../types.js';

/** Sums of tokens. Answers without a count are not included; `unknown` is their number. */
export interface TokenTotals {
  /** All tokens sent, `cached` included. */
  readonly input: number;
  /** All tokens received, `reasoning` included. */
  readonly output: number;
  readonly cached: number;
  readonly reasoning: number;
  /** Answers whose server did not report tokens. */
  readonly unknown: number;
}

/** The usage of one alias by one column in a run. */
export interface UsageEntry {
  readonly alias: string;
  readonly column: string;
  /** Requests sent, failed ones and retries included. */
  readonly calls: number;
  readonly failedCalls: number;
  /** Answers from the store, at no cost. */
  readonly reusedAnswers: number;
  /** Answers whose JSON had to be repaired. */
  readonly repairedAnswers: number;
  /** Doubts about answers that were taken, with the number of answers; absent when there are none. */
  readonly notes?: Readonly<Record<string, number>>;
  /** Calls of tools by name; absent when there are none. */
  readonly toolCalls?: Readonly<Record<string, number>>;
  /** Those whose results were stored. */
  readonly reusedToolCalls?: Readonly<Record<string, number>>;
  /** Cells with a value from this alias. */
  readonly cells: number;
  readonly tokens: TokenTotals;
  /** Tokens of the reused answers, paid for in an earlier run. */
  readonly reusedTokens: TokenTotals;
  /** Answers that cost less than usual, those from the store included; absent when there are none. */
  readonly batchAnswers?: number;
  /** The part of `tokens`, and of `reusedTokens`, that is not paid for: half of those of batches. */
  readonly rebate?: TokenTotals;
  readonly reusedRebate?: TokenTotals;
}

/** Records the usage of one column. */
export interface UsageLog {
  /** A request was sent; `answer` is `undefined` when it failed. */
  called(alias: string, answer: Answer | undefined): void;
  reused(alias: string, answer: Answer): void;
  repaired(alias: string): void;
  /** An answer was taken with a doubt. */
  noted(alias: string, note: string): void;
  /** The model called a tool; `isStored`: its result was there already. */
  toolCalled(alias: string, tool: string, isStored: boolean): void;
  /** The cell has a value from this alias. */
  answered(alias: string): void;
}

/** The usage of a run. */
export interface RunUsage {
  of(column: string): UsageLog;
  /** One entry for each used pair of column and alias. */
  entries(): readonly UsageEntry[];
}

export const noTokens: TokenTotals = { input: 0, output: 0, cached: 0, reasoning: 0, unknown: 0 };

export function createRunUsage(): RunUsage {
  const entries: UsageEntry[] = [];
  const logs = new Map<string, UsageLog>();
  return {
    of(column) {
      const log = logs.get(column) ?? columnLog(column, entries);
      logs.set(column, log);
      return log;
    },
    entries: () => entries,
  };
}

/** Mutable, since it is updated several times for every cell. */
type Counts<Totals> = { -readonly [Key in keyof Totals]: Totals[Key] };

interface OpenEntry extends Counts<UsageEntry> {
  readonly tokens: Counts<TokenTotals>;
  readonly reusedTokens: Counts<TokenTotals>;
}

function columnLog(column: string, entries: UsageEntry[]): UsageLog {
  const byAlias = new Map<string, OpenEntry>();
  const entryOf = (alias: string): OpenEntry => {
    const known = byAlias.get(alias);
    if (known) return known;
    const entry = emptyEntry(alias, column);
    byAlias.set(alias, entry);
    entries.push(entry);
    return entry;
  };
  return {
    called(alias, answer) {
      const entry = entryOf(alias);
      entry.calls += 1;
      if (!answer) entry.failedCalls += 1;
      else {
        addUsage(entry.tokens, answer.usage);
        if (isCheaper(answer)) entry.rebate = withRebate(entry, entry.rebate, answer);
      }
    },
    reused(alias, answer) {
      const entry = entryOf(alias);
      entry.reusedAnswers += 1;
      addUsage(entry.reusedTokens, answer.usage);
      if (isCheaper(answer)) entry.reusedRebate = withRebate(entry, entry.reusedRebate, answer);
    },
    repaired(alias) {
      entryOf(alias).repairedAnswers += 1;
    },
    noted(alias, note) {
      const entry = entryOf(alias);
      entry.notes = addOne(entry.notes, note);
    },
    toolCalled(alias, tool, isStored) {
      const entry = entryOf(alias);
      if (isStored) entry.reusedToolCalls = addOne(entry.reusedToolCalls, tool);
      else entry.toolCalls = addOne(entry.toolCalls, tool);
    },
    answered(alias) {
      entryOf(alias).cells += 1;
    },
  };
}

const isCheaper = ({ priceShare = 1 }: Answer): boolean => priceShare !== 1;

function withRebate(
  entry: OpenEntry,
  before: TokenTotals = noTokens,
  { usage, priceShare = 1 }: Answer,
): TokenTotals {
  const free = 1 - priceShare;
  const part = (tokens: number | undefined): number => (tokens ?? 0) * free;
  const { input, output, cached, reasoning } = usage;
  entry.batchAnswers = (entry.batchAnswers ?? 0) + 1;
  return addTokens(before, {
    input: part(input),
    output: part(output),
    cached: part(cached),
    reasoning: part(reasoning),
    unknown: 0,
  });
}

type Tally = Readonly<Record<string, number>>;

/** A name may be any text, `__proto__` too. */
function addOne(tally: Tally = {}, name: string): Tally {
  const before = Object.hasOwn(tally, name) ? (tally[name] ?? 0) : 0;
  return Object.fromEntries([...Object.entries(tally), [name, before + 1]]);
}

/** An entry with all counts 0. */
function emptyEntry(alias: string, column: string): OpenEntry {
  return {
    alias,
    column,
    calls: 0,
    failedCalls: 0,
    reusedAnswers: 0,
    repairedAnswers: 0,
    cells: 0,
    tokens: { ...noTokens },
    reusedTokens: { ...noTokens },
  };
}

function addUsage(totals: Counts<TokenTotals>, { input, output, cached, reasoning }: Usage): void {
  totals.input += input ?? 0;
  totals.output += output ?? 0;
  totals.cached += cached ?? 0;
  totals.reasoning += reasoning ?? 0;
  if (input === undefined || output === undefined) totals.unknown += 1;
}

/** One entry for each pair of column and alias. */
export function sumUsage(entries: readonly UsageEntry[]): readonly UsageEntry[] {
  const sums = new Map<string, UsageEntry>();
  for (const entry of entries) {
    const key = `${entry.column}\n${entry.alias}`;
    const known = sums.get(key);
    sums.set(key, known ? addEntries(known, entry) : entry);
  }
  return [...sums.values()];
}

function addEntries(a: UsageEntry, b: UsageEntry): UsageEntry {
  const notes: Record<string, number> = { ...a.notes };
  for (const [note, count] of Object.entries(b.notes ?? {})) notes[note] = (notes[note] ?? 0) + count;
  return {
    alias: a.alias,
    column: a.column,
    calls: a.calls + b.calls,
    failedCalls: a.failedCalls + b.failedCalls,
    reusedAnswers: a.reusedAnswers + b.reusedAnswers,
    repairedAnswers: a.repairedAnswers + b.repairedAnswers,
    ...(Object.keys(notes).length > 0 && { notes }),
    ...tallies('toolCalls', a, b),
    ...tallies('reusedToolCalls', a, b),
    cells: a.cells + b.cells,
    tokens: addTokens(a.tokens, b.tokens),
    reusedTokens: addTokens(a.reusedTokens, b.reusedTokens),
  };
}

function tallies(
  key: 'toolCalls' | 'reusedToolCalls',
  a: UsageEntry,
  b: UsageEntry,
): Partial<Pick<UsageEntry, 'toolCalls' | 'reusedToolCalls'>> {
  const sum = sumTallies([a[key], b[key]]);
  return sum ? { [key]: sum } : {};
}

/** `undefined` where nothing was counted. */
export function sumTallies(all: readonly (Tally | undefined)[]): Tally | undefined {
  const sums = new Map<string, number>();
  for (const [name, count] of all.flatMap((tally) => Object.entries(tally ?? {})))
    sums.set(name, (sums.get(name) ?? 0) + count);
  return sums.size === 0 ? undefined : Object.fromEntries(sums);
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
