import type { OpenedRecipe } from '../run/open-recipe.js';
import { withFlag, type RunProblem } from '../run/problem.js';
import type { JsonObject } from '../core/json.js';
import type { Diagnostic } from '../core/problem.js';
import { toDiagnostics } from '../recipe/to-diagnostics.js';
import { summariseNotes } from '../seeds/notes.js';
import { renderDiagnostics, summarizeDiagnostics } from './render/diagnostics.js';
import { renderRecord } from './render/record.js';
import type { RecordStyle } from './render/record-style.js';
import { renderFailedRows, renderSummary } from './render/summary.js';
import { count, safe, wrap } from './render/text.js';
import { renderRefusal } from './document.js';
import { hasColors } from './print.js';
import type { CellFailure, StopReason } from '../core/events.js';
import type { RunOutcome } from '../run/request.js';

/** Draws the mistakes of a recipe for the terminal. */
export function renderMistakes({
  diagnostics,
  loaded,
}: Pick<OpenedRecipe, 'diagnostics' | 'loaded'>): string {
  const drawn = renderDiagnostics(diagnostics, {
    cwd: process.cwd(),
    color: hasColors(process.stderr),
    textOf: (file) => (file === loaded.source.file ? loaded.source.text : undefined),
    width: process.stderr.columns || 100,
  });
  return `${drawn}\n${summarizeDiagnostics(diagnostics)}`;
}

/** Prints the warnings of a recipe. */
export function warn(opened: OpenedRecipe, print: (text: string) => void): void {
  if (opened.diagnostics.length > 0) print(`${renderMistakes(opened)}\n`);
}

/** A problem of a run as diagnostics of the key that caused it; none if no key did. */
export function problemDiagnostics(
  { loaded: { source } }: OpenedRecipe,
  { at, ...problem }: RunProblem,
): readonly Diagnostic[] {
  return at ? toDiagnostics([withFlag({ ...problem, at, code: 'run' }, source)], source) : [];
}

/** Draws a problem of a run, at the key that caused it if there is one. */
export function renderRunProblem(opened: OpenedRecipe, problem: RunProblem): string {
  const diagnostics = problemDiagnostics(opened, problem);
  return diagnostics.length === 0 ? renderRefusal(problem) : renderMistakes({ ...opened, diagnostics });
}

/**
 * The text at the end of a run: a sample, the counts, and where the dataset is.
 *
 * @param failures one of each class; the rest is in the dataset
 */
export function renderEnd(
  outcome: RunOutcome,
  {
    sample,
    failures = [],
  }: { readonly sample?: JsonObject | undefined; readonly failures?: readonly CellFailure[] },
  style: RecordStyle,
  { counts = [], next }: { readonly counts?: readonly string[]; readonly next?: string | undefined } = {},
): string {
  const { metadata, stopped } = outcome;
  const rule = style.dim('─'.repeat(Math.min(style.width, 80)));
  return [
    ...(sample
      ? [rule, style.dim('first record'), '', renderRecord(sample, metadata.columns, style), rule]
      : []),
    ...(stopped?.kind === 'fatal' ? [renderFatal(stopped)] : []),
    ...(counts.length > 0 ? [...counts, ''] : []),
    renderSummary(metadata, summariseNotes(metadata.seed_notes), failures),
    ...renderReplaced(outcome),
    ...(stopped ? [continueText(stopped)] : []),
    ...(next === undefined ? [] : [next]),
  ]
    .flatMap((text) => (process.stderr.isTTY ? fitted(text, process.stderr.columns || 80) : [text]))
    .join('\n');
}

/** Lines that are too long for the terminal, broken between words; a terminal would break them within. */
const fitted = (text: string, width: number): readonly string[] =>
  text.split('\n').flatMap((line) => (safe(line).length > width ? wrap(line, width) : [line]));

/** A dataset that took the place of a larger one. */
function renderReplaced({ replacedRows, metadata: { rows, dataset } }: RunOutcome): readonly string[] {
  if (replacedRows === undefined) return [];
  return [
    `note: ${safe(dataset)} had ${count(replacedRows, 'row')} before and has ${rows.done + rows.skipped} now. All answers are still stored: the command that made the larger dataset brings it back.`,
  ];
}

/** The text of `--quiet`: why the run ended early, failed rows, and rows that are gone; empty when all went well. */
export function renderTrouble(outcome: RunOutcome, failures: readonly CellFailure[]): string {
  const { metadata, stopped, dataset } = outcome;
  return [
    ...(stopped?.kind === 'fatal' ? [renderFatal(stopped)] : []),
    ...renderFailedRows(metadata, failures, dataset),
    ...renderReplaced(outcome),
    ...(stopped ? [continueText(stopped)] : []),
  ].join('\n');
}

function continueText(stopped: StopReason): string {
  if (stopped.kind !== 'limit')
    return 'Stopped before the end. Answers are kept: run the same command again to continue.';
  return `Stopped before the end: ${safe(stopped.message)}.\nAnswers are kept: ${safe(stopped.hint)}.`;
}

function renderFatal({
  failure: { message, hint },
  column,
}: StopReason & { readonly kind: 'fatal' }): string {
  return `error: column \`${column}\`: ${safe(message)}${hint === undefined ? '' : `\n       ${safe(hint)}`}`;
}
