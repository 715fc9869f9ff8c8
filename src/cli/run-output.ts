import type { RunOutcome } from '../run/make-dataset.js';
import type { OpenedRecipe } from '../run/open-recipe.js';
import type { RunProblem } from '../run/problem.js';
import type { JsonObject, JsonPath } from '../core/json.js';
import type { Diagnostic } from '../core/problem.js';
import { flagOf } from '../recipe/params/specs.js';
import { toDiagnostics } from '../recipe/to-diagnostics.js';
import { summariseNotes } from '../seeds/notes.js';
import { renderDiagnostics, summarizeDiagnostics } from './render/diagnostics.js';
import { renderRecord, type RecordStyle } from './render/record.js';
import { renderSummary } from './render/summary.js';
import { safe } from './render/text.js';
import { renderRefusal } from './document.js';
import { hasColors } from './print.js';
import type { CellFailure, StopReason } from '../core/events.js';

/** Every mistake of a recipe, as it goes to the terminal. */
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

/** Prints the warnings of a recipe that is otherwise sound. */
export function warn(opened: OpenedRecipe, print: (text: string) => void): void {
  if (opened.diagnostics.length > 0) print(`${renderMistakes(opened)}\n`);
}

/** Why a sound recipe could not be run, as a mistake of the key that asked for what is not there; none if no key did. */
export function problemDiagnostics(
  { loaded }: OpenedRecipe,
  { message, hint, at }: RunProblem,
): readonly Diagnostic[] {
  if (!at) return [];
  const found = toDiagnostics([{ message, at, code: 'run' }], loaded.source);
  return found.map((diagnostic) => ({
    ...diagnostic,
    hint: hint ?? `try another with ${flagFor(diagnostic, at, loaded.source.text)}`,
  }));
}

/** The flag that changes a value: that of its param, if it is one's. */
function flagFor({ span }: Diagnostic, at: JsonPath, text: string): string {
  const written = span && text.slice(span.offset, span.offset + span.length);
  const param = /^\W*\$\{\{\s*params\.(\w+)\s*\}\}\W*$/.exec(written ?? '')?.[1];
  return param === undefined ? `--set ${at.join('.')}=…` : `${flagOf(param)} …`;
}

/** Why a sound recipe could not be run, pointing at the key if one is to blame. */
export function renderRunProblem(opened: OpenedRecipe, problem: RunProblem): string {
  const diagnostics = problemDiagnostics(opened, problem);
  return diagnostics.length === 0 ? renderRefusal(problem) : renderMistakes({ ...opened, diagnostics });
}

/**
 * What stands on the screen when a run is over: a sample, the counts, and where the dataset is.
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
): string {
  const { metadata, stopped } = outcome;
  const rule = style.dim('─'.repeat(Math.min(style.width, 80)));
  return [
    ...(sample
      ? [rule, style.dim('first record'), '', renderRecord(sample, metadata.columns, style), rule]
      : []),
    ...(stopped?.kind === 'fatal' ? [renderFatal(stopped)] : []),
    renderSummary(metadata, summariseNotes(metadata.seed_notes), failures),
    ...(stopped ? [goOnText(stopped)] : []),
  ].join('\n');
}

function goOnText(stopped: StopReason): string {
  if (stopped.kind !== 'limit')
    return 'Stopped before the end. Run the same command again to go on: what was answered is kept.';
  return `Stopped before the end: ${safe(stopped.message)}.\nWhat was answered is kept: ${safe(stopped.hint)}.`;
}

function renderFatal({
  failure: { message, hint },
  column,
}: StopReason & { readonly kind: 'fatal' }): string {
  return `error: column \`${column}\`: ${safe(message)}${hint === undefined ? '' : `\n       ${safe(hint)}`}`;
}
