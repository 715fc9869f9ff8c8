import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { newTally, record, type Tally } from './tally.js';
import { compact, count, duration, safe } from './text.js';
import type { EventSink, RunEvent } from '../../core/events.js';

/** Shows the progress of a run from its events. */
export interface Progress {
  readonly sink: EventSink;
  /** Stops and leaves the last state on the screen. */
  finish(): void;
  /** Stops and removes the progress from the screen. */
  clear(): void;
}

/** On a terminal, progress is redrawn in place. Elsewhere, a line is written every few seconds. */
export function showProgress(stream: NodeJS.WriteStream): Progress {
  const tally = newTally();
  const shownNotices = new Set<string>();
  const started = Date.now();
  const elapsed = (): number => (Date.now() - started) / 1000;
  const view = stream.isTTY ? liveView(stream) : lineView(stream);
  const timer = setInterval(() => view.draw(tally, elapsed()), view.interval);
  timer.unref();
  return {
    sink(event: RunEvent) {
      record(tally, event);
      const notice = noticeOf(event);
      // A model that is refused or unreachable fails for every row, so its notice is shown once.
      if (notice === undefined || shownNotices.has(notice)) return;
      shownNotices.add(notice);
      view.print(notice);
    },
    finish() {
      clearInterval(timer);
      if (tally.columns.size > 0) view.draw(tally, elapsed());
    },
    clear() {
      clearInterval(timer);
      view.erase();
    },
  };
}

interface View {
  /** Milliseconds between two drawings. */
  readonly interval: number;
  draw(tally: Tally, seconds: number): void;
  /** Prints a line above the progress. */
  print(text: string): void;
  erase(): void;
}

function liveView(stream: WriteStream): View {
  let drawn = 0;
  const erase = (): void => {
    if (drawn === 0) return;
    moveCursor(stream, 0, -drawn);
    cursorTo(stream, 0);
    clearScreenDown(stream);
    drawn = 0;
  };
  return {
    interval: 100,
    draw(tally, seconds) {
      erase();
      const lines = [...columnLines(tally, seconds), summaryLine(tally, seconds)].map((line) =>
        line.slice(0, (stream.columns || 80) - 1),
      );
      stream.write(`${lines.join('\n')}\n`);
      drawn = lines.length;
    },
    print(text) {
      erase();
      stream.write(`${text}\n`);
    },
    erase,
  };
}

function lineView(stream: NodeJS.WriteStream): View {
  let last = '';
  return {
    interval: 5000,
    draw(tally, seconds) {
      const line = [...tally.columns]
        .filter(([, { asks, failed }]) => asks || failed > 0)
        .map(([name, { done, failed }]) => `${name} ${done}${failed > 0 ? ` (${failed} failed)` : ''}`)
        .join(', ');
      if (line === last) return;
      last = line;
      stream.write(`${duration(seconds)}  ${rowsText(tally)}: ${line}\n`);
    },
    print: (text) => void stream.write(`${text}\n`),
    erase: () => undefined,
  };
}

/** `trace_digest        12/40  1.3/s  1 failed` */
function columnLines(tally: Tally, seconds: number): readonly string[] {
  const width = Math.max(0, ...[...tally.columns.keys()].map((name) => name.length));
  return [...tally.columns].map(([name, { done, failed, skipped }]) => {
    const progress = `${done}/${tally.rows}`.padStart(String(tally.rows).length * 2 + 1);
    const rate = seconds > 1 && done > 0 ? `${(done / seconds).toFixed(1)}/s` : '';
    const notes = [failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`]
      .filter(Boolean)
      .join(', ');
    return `  ${name.padEnd(width)}  ${progress}  ${rate.padStart(8)}  ${notes}`.trimEnd();
  });
}

function summaryLine(tally: Tally, seconds: number): string {
  const parts = [rowsText(tally), `${count(tally.calls, 'call')}, ${tally.inFlight} in flight`];
  if (tally.inputTokens + tally.outputTokens > 0) {
    parts.push(`${compact(tally.inputTokens)} tokens in, ${compact(tally.outputTokens)} out`);
  }
  if (tally.retries > 0) parts.push(`${tally.retries} ${tally.retries === 1 ? 'retry' : 'retries'}`);
  const remaining = tally.ended > 0 ? ((tally.rows - tally.ended) * seconds) / tally.ended : 0;
  if (remaining > 1) parts.push(`about ${duration(remaining)} left`);
  return `  ${parts.join(' · ')}`;
}

function rowsText({ ended, rows }: Tally): string {
  return `${ended} of ${count(rows, 'row')}`;
}

function noticeOf(event: RunEvent): string | undefined {
  switch (event.kind) {
    case 'seed-note':
      return event.note.kind === 'skipped'
        ? `note: ${safe(event.note.source)}: ${safe(event.note.reason)}`
        : undefined;
    case 'store-note':
      return `note: ${safe(event.text)}`;
    case 'fallback':
      return `note: \`${safe(event.alias)}\` failed (${event.failure.class}); \`${safe(event.next)}\` is asked instead`;
    case 'stopping':
      return event.reason.kind === 'interrupted'
        ? 'Stopping: no new requests; waiting for requests in flight. Press Ctrl-C again to abort them.'
        : undefined;
    default:
      return undefined;
  }
}
