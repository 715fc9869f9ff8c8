import type { Plan, SeedColumn } from '../engine/types.js';
import type { JsonObject, JsonSchema } from '../core/json.js';
import { ok, type Result } from '../core/result.js';
import { typeOf } from '../json-schema/possible-values.js';
import { listOf, objectOf } from '../traces/fields.js';
import { UNKNOWN_FORMAT } from '../traces/format.js';
import { summariseNotes, type NoteSummary } from '../seeds/notes.js';
import type { RunProblem } from '../run/problem.js';
import { openRows } from '../run/seed-rows.js';
import type { SeedNote } from '../core/events.js';
import { redactedPlaces, type RedactedPlace } from './redacted-places.js';

/** The content of a recipe's seed, after `where`, `dedupe` and redaction. */
export interface SeedReport {
  readonly kinds: readonly KindCounts[];
  /** In the order of the seed. */
  readonly columns: readonly ColumnReport[];
  readonly rows: number;
  readonly notes: readonly NoteSummary[];
  /** The requested row; `undefined` if it does not exist. */
  readonly row: JsonObject | undefined;
  /** The trace formats that there are, if a file has none of them. */
  readonly formats?: readonly string[];
  /** What was redacted and where, if it was asked for. */
  readonly redacted?: readonly RedactedPlace[];
}

/** A seed column, as the rows fill it. */
export interface ColumnReport {
  readonly name: string;
  /** `text`, `integer`, `number`, `boolean`, `list` or `object`; several with `or` between; `null` when it is empty. */
  readonly type: string;
  /** Rows that have a value. */
  readonly filled: number;
  /** The first value, cut to a line; `null` when there is none. */
  readonly example: string | null;
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
  /** Seed of every random choice. */
  readonly seed: number | undefined;
  /** Whether to list what was redacted. */
  readonly secrets?: boolean;
}

/** Reads a whole seed, in the order of a run. */
export async function inspectSeed(
  plan: Plan,
  env: Readonly<Record<string, string | undefined>>,
  { row, shuffle, seed, secrets = false }: SeedView,
): Promise<Result<SeedReport, RunProblem>> {
  const notes: SeedNote[] = [];
  const opened = await openRows(plan, {
    rows: { shuffle, seed },
    env,
    onNote: (note) => notes.push(note),
  });
  if (!opened.ok) return opened;

  const kinds = new Map<string, KindCounts>();
  const columns = columnCounter(plan.output.filter(({ from }) => from === 'seed'));
  let count = 0;
  let picked: JsonObject | undefined;
  const redacted: RedactedPlace[] = [];
  for await (const values of opened.value.rows) {
    if (count === row) picked = values;
    if (secrets) redacted.push(...redactedPlaces(values, count));
    count += 1;
    columns.add(values);
    const kind = String(values['source_kind'] ?? plan.seed?.config.source.seed_type ?? 'rows');
    kinds.set(kind, add(kinds.get(kind), kind, values));
  }
  const sorted = [...kinds.values()].sort((a, b) => (a.kind < b.kind ? -1 : 1));
  return ok({
    kinds: sorted,
    columns: columns.report(),
    rows: count,
    notes: summariseNotes(notes),
    row: picked,
    ...(notes.some(({ reason }) => reason.startsWith(UNKNOWN_FORMAT)) && { formats: formatsOf(plan) }),
    ...(secrets && { redacted }),
  });
}

/** Those that the seed's `format` can name. */
function formatsOf({ seed }: Plan): readonly string[] {
  const { format } = seed?.type.schema.properties ?? {};
  return listOf(objectOf(format)['enum']).map(String);
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

interface ColumnCounter {
  add(row: JsonObject): void;
  report(): readonly ColumnReport[];
}

function columnCounter(known: readonly SeedColumn[]): ColumnCounter {
  const empty = (): { filled: number; types: Set<string>; example: string | null } => ({
    filled: 0,
    types: new Set(),
    example: null,
  });
  const columns = new Map(known.map(({ name }) => [name, empty()]));
  const declared = new Map(known.map(({ name, schema }) => [name, declaredTypes(schema)]));
  return {
    add(row) {
      for (const [name, value] of Object.entries(row)) {
        const column = columns.get(name) ?? empty();
        columns.set(name, column);
        if (value === null) continue;
        column.filled += 1;
        column.types.add(typeName(typeOf(value)));
        column.example ??= shorten(typeof value === 'string' ? value : JSON.stringify(value));
      }
    },
    report: () =>
      Array.from(columns, ([name, { filled, types, example }]) => {
        const seen = [...types].filter((type) => !(type === 'integer' && types.has('number')));
        const stated = declared.get(name) ?? [];
        return { name, type: (stated.length > 0 ? stated : seen).join(' or ') || 'null', filled, example };
      }),
  };
}

const TYPE_NAMES: Readonly<Record<string, string>> = { string: 'text', array: 'list' };

const typeName = (type: string): string => TYPE_NAMES[type] ?? type;

function declaredTypes({ type }: JsonSchema): readonly string[] {
  const types = Array.isArray(type) ? type : [type];
  return types.flatMap((each) => (typeof each === 'string' && each !== 'null' ? [typeName(each)] : []));
}

const LONGEST_EXAMPLE = 60;

function shorten(text: string): string {
  const line = text
    .slice(0, 4 * LONGEST_EXAMPLE)
    .replaceAll(/\s+/g, ' ')
    .trim();
  const points = [...line];
  return points.length > LONGEST_EXAMPLE || text.length > 4 * LONGEST_EXAMPLE
    ? `${points.slice(0, LONGEST_EXAMPLE - 1).join('')}…`
    : line;
}
