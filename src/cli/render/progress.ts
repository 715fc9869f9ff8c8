import { systemClock, type Clock } from '../../core/clock.js';
import type { EventSink, RunEvent } from '../../core/events.js';
import { liveView } from './live-view.js';
import { logView } from './log-view.js';
import { batchNotice } from './batches.js';
import { newTally, record } from './tally.js';
import { count, safe } from './text.js';
import type { Time } from './progress-view.js';

/** Shows the progress of a run from its events. */
export interface Progress {
  readonly sink: EventSink;
  /** Stops and leaves the last state on the screen. */
  finish(): void;
  /** Stops and removes the progress from the screen. */
  clear(): void;
}

/**
 * On a terminal, progress is redrawn in place. Elsewhere, a line is written every few seconds.
 *
 * @param clock measures what has passed; set back or forward, the time of day changes nothing but what is shown of it
 * @param date the time of day
 * @param env `CI` and `TERM` say whether a terminal can be drawn on
 */
export function showProgress(
  stream: NodeJS.WriteStream,
  clock: Pick<Clock, 'now'> = systemClock,
  date: () => Date = () => new Date(),
  env: NodeJS.ProcessEnv = process.env,
): Progress {
  const tally = newTally();
  const shownNotices = new Set<string>();
  const started = clock.now();
  const time = (): Time => ({ now: clock.now(), started, date: date() });
  const view = isLive(stream, env) ? liveView(stream) : logView(stream);
  const timer = setInterval(() => view.draw(tally, time()), view.interval);
  timer.unref();
  return {
    sink(event: RunEvent) {
      record(tally, event, clock.now());
      const notice = noticeOf(event);
      // A model that is refused or unreachable fails for every row, so its notice is shown once.
      if (notice === undefined || shownNotices.has(notice)) return;
      shownNotices.add(notice);
      view.print(notice);
    },
    finish() {
      clearInterval(timer);
      if (tally.columns.size > 0) view.draw(tally, time(), true);
    },
    clear() {
      clearInterval(timer);
      view.erase();
    },
  };
}

/** A terminal that can be drawn on. The logs of CI services are not, though some of them call themselves terminals. */
function isLive(stream: NodeJS.WriteStream, { CI, TERM }: NodeJS.ProcessEnv): boolean {
  return stream.isTTY && TERM !== 'dumb' && (CI === undefined || CI === '' || CI === 'false');
}

/** A run that is going to take the place of a larger dataset. */
export function renderSmaller(before: number, rows: number): string {
  return `warning: this run makes at most ${count(rows, 'row')} and will replace the finished dataset of ${count(before, 'row')}. To keep that: --dataset-name NAME, --fresh, or --preview.`;
}

function noticeOf(event: RunEvent): string | undefined {
  switch (event.kind) {
    case 'seed-note':
      return event.note.kind === 'skipped'
        ? `note: ${safe(event.note.source)}: ${safe(event.note.reason)}`
        : undefined;
    case 'store-note':
    case 'worker-note':
      return `note: ${safe(event.text)}`;
    case 'cell-note':
      return `note: ${safe(event.column)}: ${safe(event.text)} (${count(event.rows, 'row')})`;
    case 'smaller-dataset':
      return renderSmaller(event.before, event.rows);
    case 'waiting':
      return event.hint === undefined ? undefined : `note: ${safe(event.reason)}; ${safe(event.hint)}`;
    case 'fallback':
      return `note: \`${safe(event.alias)}\` failed (${event.failure.class}); \`${safe(event.next)}\` is asked instead`;
    case 'batch':
      return batchNotice(event);
    case 'stopping':
      return event.reason.kind === 'interrupted'
        ? 'Stopping: no new requests; waiting for requests in flight. Press Ctrl-C again to abort them.'
        : undefined;
    default:
      return undefined;
  }
}
