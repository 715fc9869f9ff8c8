import type { Plan } from '../engine/types.js';
import type { JsonObject } from '../core/json.js';
import { ok, type Result } from '../core/result.js';
import { summariseNotes, type NoteSummary } from '../seeds/notes.js';
import type { RunProblem } from '../run/problem.js';
import { openRows } from '../run/seed-rows.js';
import type { SeedNote } from '../core/events.js';

/** The content of a recipe's seed, after `where`, `dedupe` and redaction. */
export interface SeedReport {
  readonly kinds: readonly KindCounts[];
  readonly rows: number;
  readonly notes: readonly NoteSummary[];
  /** The requested row; `undefined` if it does not exist. */
  readonly row: JsonObject | undefined;
}

/** Counts for one format. A seed without formats has one entry, named after its type. */
export interface KindCounts {
  readonly kind: string;
  readonly rows: number;
  readonly messages: number;
  readonly tool_calls: number;
}

/** The order of the rows, and the row to show. */
export interface SeedView {
  /** Counted from 0; optional. */
  readonly row: number | undefined;
  readonly shuffle: boolean;
  /** Seed of the shuffle. */
  readonly seed: number;
}

/** Reads a whole seed, in the order of a run. */
export async function inspectSeed(
  plan: Plan,
  env: Readonly<Record<string, string | undefined>>,
  { row, shuffle, seed }: SeedView,
): Promise<Result<SeedReport, RunProblem>> {
  const notes: SeedNote[] = [];
  const opened = await openRows(plan, {
    rows: { shuffle, seed },
    env,
    onNote: (note) => notes.push(note),
  });
  if (!opened.ok) return opened;

  const kinds = new Map<string, KindCounts>();
  let count = 0;
  let picked: JsonObject | undefined;
  for await (const values of opened.value.rows) {
    if (count === row) picked = values;
    count += 1;
    const kind = String(values['source_kind'] ?? plan.seed?.config.source.seed_type ?? 'rows');
    kinds.set(kind, add(kinds.get(kind), kind, values));
  }
  const sorted = [...kinds.values()].sort((a, b) => (a.kind < b.kind ? -1 : 1));
  return ok({ kinds: sorted, rows: count, notes: summariseNotes(notes), row: picked });
}

function add(counts: KindCounts | undefined, kind: string, row: JsonObject): KindCounts {
  const number = (key: string): number => (typeof row[key] === 'number' ? Number(row[key]) : 0);
  return {
    kind,
    rows: (counts?.rows ?? 0) + 1,
    messages: (counts?.messages ?? 0) + number('message_count'),
    tool_calls: (counts?.tool_calls ?? 0) + number('tool_call_count'),
  };
}
