import { relative } from 'node:path';
import type { RunOutcome } from '../../run/request.js';
import { isComplete } from '../../run/status.js';
import { safe } from './text.js';

/** The command that was typed, for the one to type next. */
export interface Typed {
  /** The program, as it was called. */
  readonly program: string;
  /** `run` or `retry`. */
  readonly command: string;
  readonly argv: readonly string[];
}

/** The same, after all stages of a recipe: a preview would show only one of them. */
export function nextAfterStages(last: RunOutcome, typed: Typed): string | undefined {
  if (!last.metadata.fabricated) return nextStep(last, typed);
  const args = without(typed.argv, ['--dry-run', '--num-records']);
  return `next: ${[typed.program, typed.command, ...args.map(quoted), '--num-records', '3'].join(' ')}  (begins with three rows)`;
}

/** What to type after a run; nothing after a preview that made no row, or a run that was stopped: it says itself how to continue. */
export function nextStep(
  { metadata, dataset, stopped }: RunOutcome,
  { program, command, argv }: Typed,
): string | undefined {
  if (stopped) return undefined;
  const { rows, fabricated } = metadata;
  const next = (name: string, args: readonly string[]): string =>
    `next: ${[program, name, ...args.map(quoted)].join(' ')}`;
  if (dataset === undefined)
    return rows.done + rows.skipped > 0
      ? next(command, without(argv, ['--preview', '--watch', '--num-records']))
      : undefined;
  if (fabricated) {
    const args = without(argv, ['--dry-run', '--num-records', '--preview']);
    if (metadata.usage.every(({ columns }) => columns.length === 0)) return next(command, args);
    return `${next(command, [...args, '--preview', '--num-records', '3'])}  (asks the models for three rows)`;
  }
  const folder = relative(process.cwd(), dataset) || '.';
  if (rows.failed > 0 && !isComplete(metadata))
    return `${next('retry', [folder])}  (asks again for the cells that failed)`;
  return rows.done > 0 && metadata.processors?.at(-1)?.rows_out !== 0
    ? next('export', [folder, '--format', 'csv'])
    : undefined;
}

function without(argv: readonly string[], flags: readonly string[]): readonly string[] {
  return argv.filter((argument, at) => {
    const isValue = argv[at - 1] === '--num-records' && flags.includes('--num-records');
    return !isValue && !flags.includes(argument.split('=', 1)[0] ?? '');
  });
}

/** As a shell takes it. */
function quoted(argument: string): string {
  const text = safe(argument);
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
