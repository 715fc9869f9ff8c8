import { relative } from 'node:path';
import type { EventSink } from '../core/events.js';
import type { OpenedRecipe } from '../run/open-recipe.js';
import type { RecordChange } from '../run/watch/changes.js';
import type { Round, WatchReport } from '../run/watch/watch.js';
import { recordStyle } from './print.js';
import { showProgress, type Progress } from './render/progress.js';
import { renderChanges } from './render/record-changes.js';
import { renderFailure } from './render/summary.js';
import { count, duration, safe } from './render/text.js';
import { renderMistakes, renderRunProblem } from './run-output.js';

/** Shows a watch: records go to `out`, everything else to `err`. */
export interface WatchOutput {
  readonly onReport: (report: WatchReport) => void;
  readonly onEvent: EventSink;
}

export interface WatchOutputOptions {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly quiet: boolean;
  readonly dryRun: boolean;
}

export function watchOutput({ out, err, quiet, dryRun }: WatchOutputOptions): WatchOutput {
  let progress: Progress | undefined;
  /** Warnings and file names that stay the same from save to save are printed once. */
  const printed = { warnings: '', files: '' };
  const printOnce = (topic: keyof typeof printed, text: string): void => {
    if (text !== '' && text !== printed[topic]) err(text);
    printed[topic] = text;
  };
  const showOpened = (opened: OpenedRecipe): void => {
    const drawn = opened.diagnostics.length > 0 ? `${renderMistakes(opened)}\n` : '';
    if (!opened.plan) return err(`${drawn}Fix and save to continue.`);
    if (quiet) return;
    printOnce('warnings', drawn);
    progress = showProgress(process.stderr);
  };
  const showRound = (round: Round): void => {
    const { changes, plan, failures, outdated } = round;
    if (changes.length > 0) out(`${renderChanges(changes, plan.output, recordStyle(process.stdout))}\n`);
    for (const failure of outdated ? [] : failures) err(renderFailure(failure));
    const { stopped } = round.outcome;
    const isStopped = stopped !== undefined && stopped.kind !== 'interrupted' && !round.outdated;
    if (!quiet || isStopped) err(renderRoundLine(round, dryRun));
  };
  const show = (report: WatchReport): void => {
    switch (report.kind) {
      case 'opened':
        return showOpened(report.opened);
      case 'problem':
        return err(renderRunProblem(report.opened, report.problem));
      case 'outdated':
        if (!quiet) err('Saved again: no further requests in this round; waiting for those in flight.');
        return;
      case 'round':
        return showRound(report.round);
      case 'waiting':
        if (!quiet)
          printOnce('files', renderWaiting(report.files.map((file) => relative(process.cwd(), file))));
    }
  };
  return {
    onEvent: (event) => progress?.sink(event),
    onReport(report) {
      progress?.clear();
      progress = undefined;
      show(report);
    },
  };
}

/** A round in one line: what changed, how many requests it took, and how long. */
export function renderRoundLine(round: Round, fabricated: boolean): string {
  const { usage, metadata } = round.outcome;
  const calls = usage.reduce((sum, entry) => sum + entry.calls, 0);
  const asked = fabricated ? count(calls, 'made-up answer') : count(calls, 'call');
  return [whatChanged(round), asked, time(metadata.seconds)].join(' · ');
}

/** The files of which a save is waited for. */
export function renderWaiting([recipe = '', ...others]: readonly string[]): string {
  const beside = others.length > 0 ? ` and ${count(others.length, 'file')} that it refers to` : '';
  return `Watching ${safe(recipe)}${beside}: edit and save, Ctrl-C ends.`;
}

function whatChanged({ outcome, changes, gone, failures, outdated }: Round): string {
  if (outdated) return 'this round was stopped';
  const parts = [...changedCells(changes), ...gone.map((name) => `without ${safe(name)}`)];
  const failed = new Set(failures.map(({ row }) => row)).size;
  return [
    parts.join(', ') || (failed > 0 ? '' : 'nothing changed'),
    failed > 0 && `${count(failed, 'row')} failed`,
    whyStopped(outcome.stopped),
  ]
    .filter(Boolean)
    .join(', ');
}

function time(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return seconds < 10 ? `${seconds.toFixed(1)}s` : duration(seconds);
}

/** Columns that are named; the records show the others. */
const MOST_NAMED = 4;

/** `changed: judge in 2 of 3 records, verdict in 1`. */
function changedCells(changes: readonly RecordChange[]): readonly string[] {
  const news = changes.filter(({ kind }) => kind === 'new').length;
  const cells = new Map<string, number>();
  for (const change of changes) {
    if (change.kind !== 'changed') continue;
    for (const name of change.columns) cells.set(name, (cells.get(name) ?? 0) + 1);
  }
  const [first, ...others] = [...cells];
  return [
    ...(news > 0 ? [count(news, news === changes.length ? 'record' : 'new record')] : []),
    ...(first ? [`changed: ${safe(first[0])} in ${first[1]} of ${count(changes.length, 'record')}`] : []),
    ...others.slice(0, MOST_NAMED - 1).map(([name, number]) => `${safe(name)} in ${number}`),
    ...(cells.size > MOST_NAMED ? [`and ${count(cells.size - MOST_NAMED, 'more column')}`] : []),
  ];
}

function whyStopped(stopped: Round['outcome']['stopped']): string | undefined {
  switch (stopped?.kind) {
    case undefined:
      return undefined;
    case 'interrupted':
      return 'interrupted';
    case 'fatal':
      return `stopped: ${safe(stopped.failure.message)}`;
    case 'limit':
      return `stopped: ${safe(stopped.message)}`;
  }
}
