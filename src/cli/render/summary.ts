import type { Metadata, AliasUsage, ColumnUsage } from '../../dataset/metadata.js';
import { isComplete, missingBeside, tooFewAccepted } from '../../run/status.js';
import type { NoteSummary } from '../../seeds/notes.js';
import { count, duration, safe, compact, money } from './text.js';
import { validLine } from './dataset-report/words.js';
import { renderTable } from './table.js';
import type { CellFailure } from '../../core/events.js';

/**
 * The summary at the end of a run: row counts, failures, notes, usage and cost.
 *
 * @param examples failed cells to show, one of each class
 */
export function renderSummary(
  metadata: Metadata,
  notes: readonly NoteSummary[],
  examples: readonly CellFailure[] = [],
): string {
  const usage = renderUsage(metadata);
  return [
    rowsLine(metadata),
    ...shortfallLines(metadata),
    ...fewLines(metadata),
    ...acceptLines(metadata),
    ...processorLines(metadata),
    ...validityLines(metadata),
    ...failureLines(metadata),
    ...nullLines(metadata),
    ...examples.map(exampleLine),
    // What was passed over is for `dd seed` and the metadata.
    ...noteLines(notes.filter(({ kind }) => kind !== 'note')),
    ...answerNotes(metadata),
    ...(usage === undefined ? [] : ['', usage, '']),
  ].join('\n');
}

function rowsLine({ rows, seconds, fabricated, seed_read_to_end, status }: Metadata): string {
  const parts = [
    `${count(rows.done, 'row')} done`,
    ...(['failed', 'rejected', 'skipped', 'filtered', 'unfinished'] as const)
      .filter((state) => (rows[state] ?? 0) > 0)
      .map((state) => `${rows[state]} ${state}`),
  ];
  if (!seed_read_to_end && status !== 'finished') parts.push('the rest of the seed was not read');
  const made = fabricated ? ' · dry run: fake answers, no model was called' : '';
  return `${parts.join(', ')} in ${duration(seconds)}${made}`;
}

function shortfallLines({ shortfall }: Metadata): readonly string[] {
  if (!shortfall) return [];
  const { asked, found } = shortfall;
  return [
    `${count(asked, 'row')} were asked for, and the seed has ${found}; \`cycle: true\` in seed_config takes them again`,
  ];
}

/** What each processor did, a line each. */
function processorLines({
  processors = [],
  processors_due: due,
  dataset,
  parts,
}: Metadata): readonly string[] {
  const lines = processors.map(({ name, type, rows_in, rows_out, left_out, dataset: beside }) => {
    const leftOut = mostFirst(left_out).map(([reason, number]) => `${number} left out: ${safe(reason)}`);
    const made = beside && `${count(beside.rows, 'row')} for processors-files/${safe(name)}`;
    const rows = rows_in === rows_out ? count(rows_out, 'row') : `${rows_in} → ${count(rows_out, 'row')}`;
    return [`processor ${safe(name)} (${safe(type)}): ${rows}`, ...leftOut, ...(made ? [made] : [])].join(
      '; ',
    );
  });
  const isLeft = parts > 0 && processors.some(({ left_out }) => Object.keys(left_out).length > 0);
  return [
    ...lines,
    ...processors.flatMap(({ name, notes = [] }) =>
      notes.map((note) => `note: ${safe(name)}: ${safe(note)}`),
    ),
    ...(isLeft ? [`what was left out is in ${safe(dataset)}/processors-files/NAME/left-out.jsonl`] : []),
    ...(due ? ['this is a partition: dd merge runs the processors, over the rows of all partitions'] : []),
  ];
}

function failureLines({ failures, rows, parts }: Metadata): readonly string[] {
  if (rows.failed === 0) return [];
  const classes = mostFirst(failures).map(([name, number]) => `${number} ${name}`);
  const where = parts > 0 ? ' (each with its reason in failures.jsonl)' : '';
  return [`failures: ${classes.join(', ')}${where}`];
}

/** Too few rows in the dataset, or in one beside it. */
function fewLines(metadata: Metadata): readonly string[] {
  const few = tooFewAccepted(metadata);
  const where = metadata.parts > 0 ? ' (its left-out.jsonl says why)' : '';
  return [
    ...(few ? [`error: ${few.message}; ${few.hint}`] : []),
    ...missingBeside(metadata).map((sentence) => `error: ${safe(sentence)}${where}`),
  ];
}

/** What became of the rows that were made for `accept`. */
function acceptLines({ accept, parts, fabricated }: Metadata): readonly string[] {
  if (!accept) return [];
  const { accepted, rejected, failed } = accept;
  const made = accepted + rejected + failed;
  const file = parts > 0 && rejected > 0 ? ' (rejected.jsonl has them with what the condition read)' : '';
  const lines = [`accepted ${accepted} of ${made} made: ${rejected} rejected${file}, ${failed} failed`];
  return fabricated ? ['note: a dry run accepts every row, since its answers are fake'] : lines;
}

/** The share of valid cells of each `validation` column. */
function validityLines({ validity = {} }: Metadata): readonly string[] {
  return Object.entries(validity).map(([name, counts]) => `${safe(name)}: ${validLine({ name, ...counts })}`);
}

/** Cells that are null by `on_error`. */
function nullLines({ null_cells = {}, parts }: Metadata): readonly string[] {
  const columns = mostFirst(null_cells);
  if (columns.length === 0) return [];
  const total = columns.reduce((sum, [, number]) => sum + number, 0);
  const where = parts > 0 ? ' (each with its reason in failures.jsonl; dd retry asks again)' : '';
  return [
    `null for ${count(total, 'cell')} that failed: ${columns.map(([name, number]) => `${number} ${safe(name)}`).join(', ')}${where}`,
  ];
}

const mostFirst = (failures: Readonly<Record<string, number>>): readonly (readonly [string, number])[] =>
  Object.entries(failures).toSorted(([, a], [, b]) => b - a);

/** Answers that were taken although something was odd about them. */
function answerNotes({ usage }: Metadata): readonly string[] {
  const repaired = usage.reduce((sum, alias) => sum + (alias.repaired_answers ?? 0), 0);
  const doubts = new Map<string, number>();
  for (const [note, number] of usage.flatMap((alias) => Object.entries(alias.notes ?? {})))
    doubts.set(note, (doubts.get(note) ?? 0) + number);
  const parts = [
    ...toolLines(usage),
    ...(repaired > 0 ? [`${count(repaired, 'answer')} repaired: broken JSON`] : []),
    ...[...doubts].map(([note, number]) => `${count(number, 'answer')} taken with a doubt: ${safe(note)}`),
  ];
  return parts.map((part) => `note: ${part}`);
}

/** Failed rows in short: how many of each class, and an example of each; no line when there is none. */
export function renderFailedRows(
  metadata: Metadata,
  examples: readonly CellFailure[],
  dataset: string | undefined,
): readonly string[] {
  const { failures, rows } = metadata;
  const few = fewLines(metadata);
  if (rows.failed === 0 || isComplete(metadata)) return few;
  const all = rows.done + rows.failed + rows.skipped;
  const classes = mostFirst(failures).map(([name, number]) => `${number} ${name}`);
  const where = dataset === undefined ? '' : ` (each with its reason in ${dataset}/failures.jsonl)`;
  return [
    ...few,
    `error: ${rows.failed} of ${count(all, 'row')} failed: ${classes.join(', ')}${where}`,
    ...examples.filter(({ failure }) => Object.hasOwn(failures, failure.class)).map(exampleLine),
  ];
}

function exampleLine({ row, column, failure: { message, hint } }: CellFailure): string {
  const todo = hint === undefined ? '' : `; ${safe(hint)}`;
  return `  such as row ${row}, ${safe(column)}: ${safe(message)}${todo}`;
}

/** At most this many lines of notes: in a folder of other things, every file may have a reason of its own. */
const MOST_NOTES = 20;

/** Notes, a line each; where there are too many, those with the largest counts. */
export function noteLines(notes: readonly NoteSummary[]): readonly string[] {
  if (notes.length <= MOST_NOTES) return notes.map(noteLine);
  const shown = new Set(notes.toSorted((a, b) => b.count - a.count).slice(0, MOST_NOTES - 1));
  const left = notes.filter((note) => !shown.has(note));
  const total = left.reduce((sum, note) => sum + note.count, 0);
  return [
    ...notes.filter((note) => shown.has(note)).map(noteLine),
    `and ${left.length} more reasons, ${total} in all: --json has them`,
  ];
}

/** All notes with the same text, on one line. */
function noteLine({ kind, reason, count: number, sources }: NoteSummary): string {
  const [first = ''] = sources;
  const where = sources.length > 1 ? `${sources.length} files, first ${first}` : first;
  return `${kind} ${number}: ${safe(reason)} (${safe(where)})`;
}

/** A failed cell of a preview, which has no failures.jsonl. */
export function renderFailure({ row, column, failure }: CellFailure): string {
  const { message, hint, attempts } = failure;
  const answer = attempts.at(-1)?.answer;
  return [
    `row ${row}, column ${column}: ${safe(message)}`,
    ...(hint === undefined ? [] : [`  ${safe(hint)}`]),
    ...(answer === undefined ? [] : [`  the last answer: ${safe(answer).slice(0, 500)}`]),
  ].join('\n');
}

interface Line {
  readonly alias: AliasUsage;
  readonly use: ColumnUsage;
}

interface TableColumn {
  readonly heading: string;
  readonly cell: (line: Line) => string;
  /** Left out when it would be empty in every line. */
  readonly amount?: (use: ColumnUsage) => number;
}

const ofAmount = (heading: string, amount: (use: ColumnUsage) => number): TableColumn => ({
  heading,
  amount,
  cell: ({ use }) => compact(amount(use)),
});

const tableColumns: readonly TableColumn[] = [
  { heading: 'column', cell: ({ use }) => safe(use.column) },
  { heading: 'model', cell: ({ alias }) => safe(alias.alias) },
  ofAmount('cells', ({ cells }) => cells),
  ofAmount('calls', ({ calls }) => calls),
  ofAmount('failed', (use) => use.failed_calls),
  ofAmount('stored', (use) => use.stored_answers),
  ofAmount('tokens in', ({ tokens }) => tokens.input),
  ofAmount('cached', ({ tokens }) => tokens.cached),
  ofAmount('tokens out', ({ tokens }) => tokens.output),
  ofAmount('reasoning', ({ tokens }) => tokens.reasoning),
  ofAmount('not counted', ({ tokens }) => tokens.answers_uncounted),
  { heading: 'cost', cell: ({ use }) => money(use.cost_usd, use.tokens.answers_uncounted > 0) },
];

/** The usage table, one line per column and model, and the cost. */
function renderUsage({ usage, cost, fabricated }: Metadata): string | undefined {
  const lines = usage.flatMap((alias) => alias.columns.map((use): Line => ({ alias, use })));
  if (fabricated || lines.length === 0) return undefined;
  const areShared = new Set(lines.map(({ use }) => use.column)).size < lines.length;
  const shown = tableColumns
    .filter(({ amount }) => !amount || lines.some(({ use }) => amount(use) > 0))
    .filter(({ heading }) => heading !== 'cells' || areShared);
  const table = renderTable(
    [shown.map(({ heading }) => heading), ...lines.map((line) => shown.map(({ cell }) => cell(line)))],
    shown.flatMap((_, at) => (at > 1 ? at : [])),
  );
  return `${table}\n${costLine(usage, cost)}`;
}

function costLine(
  usage: readonly AliasUsage[],
  { this_run, dataset, prices_as_of }: Metadata['cost'],
): string {
  const run = `cost ${money(this_run.usd, this_run.usd_is_minimum)}`;
  const hasMore = JSON.stringify(dataset.tokens) !== JSON.stringify(this_run.tokens);
  const all = hasMore ? `; whole dataset ${money(dataset.usd, dataset.usd_is_minimum)}` : '';
  const used = usage.filter(({ columns }) => columns.length > 0);
  const dated = used.some(({ prices }) => prices?.from === 'table') ? ` (prices of ${prices_as_of})` : '';
  const unpriced = used.flatMap(({ alias, prices }) => (prices ? [] : `\`${safe(alias)}\``));
  const isMissed = [this_run, dataset].some(({ usd, usd_is_minimum }) => usd === null || usd_is_minimum);
  const hint =
    isMissed && unpriced.length > 0
      ? `: no prices are known for ${unpriced.join(', ')}; give them as \`prices:\``
      : '';
  return `${run}${all}${dated}${hint}`;
}

/** `3 calls of tools: add 2, search 1`. Names are the servers' own. */
function toolLines(usage: Metadata['usage']): readonly string[] {
  const counts = new Map<string, number>();
  for (const [tool, calls] of usage.flatMap((alias) => Object.entries(alias.tool_calls ?? {})))
    counts.set(tool, (counts.get(tool) ?? 0) + calls);
  if (counts.size === 0) return [];
  const all = [...counts.values()].reduce((sum, calls) => sum + calls, 0);
  const each = [...counts].slice(0, 8).map(([tool, calls]) => `${safe(tool)} ${calls}`);
  return [`${all} ${all === 1 ? 'call of a tool' : 'calls of tools'}: ${each.join(', ')}`];
}
