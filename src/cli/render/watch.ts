import type { RecordChange } from '../../run/watch/changes.js';
import type { WatchReport } from '../../run/watch/watch.js';
import { count, duration, safe } from './text.js';

type RoundReport = WatchReport & { readonly kind: 'round' };

/** A round in one line: what changed, how many calls it took, and how long. */
export function renderRoundLine(report: RoundReport, fabricated: boolean): string {
  const { usage, seconds } = report.round;
  const calls = usage.reduce((sum, entry) => sum + entry.calls, 0);
  const asked = fabricated ? count(calls, 'made-up answer') : count(calls, 'call');
  return [outcome(report), asked, time(seconds)].join(' · ');
}

/** Which files a save is waited for in. */
export function renderWaiting([recipe = '', ...others]: readonly string[]): string {
  const beside = others.length > 0 ? ` and ${count(others.length, 'file')} that it refers to` : '';
  return `Watching ${safe(recipe)}${beside}: edit and save, Ctrl-C ends.`;
}

function outcome({ round, changes, gone, outdated }: RoundReport): string {
  if (outdated) return 'this round was stopped';
  const parts = [...whatChanged(changes), ...gone.map((name) => `without ${safe(name)}`)];
  const failed = new Set(round.failures.map(({ row }) => row)).size;
  return [
    parts.join(', ') || (failed > 0 ? '' : 'nothing changed'),
    failed > 0 && `${count(failed, 'row')} failed`,
    whyStopped(round.stopped),
  ]
    .filter(Boolean)
    .join(', ');
}

function time(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return seconds < 10 ? `${seconds.toFixed(1)}s` : duration(seconds);
}

/** Columns that are named; the records tell the others. */
const MOST_NAMED = 4;

/** `changed: judge in 2 of 3 records, verdict in 1`. */
function whatChanged(changes: readonly RecordChange[]): readonly string[] {
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

function whyStopped(stopped: RoundReport['round']['stopped']): string | undefined {
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
