import { relative } from 'node:path';
import type { OpenedRecipe } from '../run/open-recipe.js';
import type { WatchReport } from '../run/watch/watch.js';
import { showProgress, type Progress } from './render/progress.js';
import { renderChanges } from './render/record-changes.js';
import { renderFailure } from './render/summary.js';
import { renderRoundLine, renderWaiting } from './render/watch.js';
import { recordStyle } from './print.js';
import { renderMistakes, renderRunProblem } from './run-output.js';
import type { EventSink } from '../core/events.js';

/** How a watch is told: records go to `out`, everything else to `err`. */
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
  /** Warnings and files that stay the same from save to save are said once. */
  const said = { warnings: '', files: '' };
  const sayOnce = (topic: keyof typeof said, text: string): void => {
    if (text !== '' && text !== said[topic]) err(text);
    said[topic] = text;
  };
  const tellOpened = (opened: OpenedRecipe): void => {
    const drawn = opened.diagnostics.length > 0 ? `${renderMistakes(opened)}\n` : '';
    if (!opened.plan) return err(`${drawn}Nothing is run until this is mended and saved.`);
    if (quiet) return;
    sayOnce('warnings', drawn);
    progress = showProgress(process.stderr);
  };
  const tellRound = (report: WatchReport & { readonly kind: 'round' }): void => {
    const { changes, plan, round, outdated } = report;
    if (changes.length > 0) out(`${renderChanges(changes, plan.output, recordStyle(process.stdout))}\n`);
    for (const failure of outdated ? [] : round.failures) err(renderFailure(failure));
    if (!quiet) err(renderRoundLine(report, dryRun));
  };
  const tell = (report: WatchReport): void => {
    switch (report.kind) {
      case 'note':
        if (!quiet) err(`note: ${report.text}`);
        return;
      case 'opened':
        return tellOpened(report.opened);
      case 'problem':
        return err(renderRunProblem(report.opened, report.problem));
      case 'outdated':
        if (!quiet) err('Saved again: no further requests in this round; waiting for those in flight.');
        return;
      case 'round':
        return tellRound(report);
      case 'waiting':
        if (!quiet)
          sayOnce('files', renderWaiting(report.files.map((file) => relative(process.cwd(), file))));
    }
  };
  return {
    onEvent: (event) => progress?.sink(event),
    onReport(report) {
      progress?.clear();
      progress = undefined;
      tell(report);
    },
  };
}
