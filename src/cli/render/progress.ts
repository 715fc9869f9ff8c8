import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { newTally, record, type ColumnTally, type Tally } from './tally.js';
import { compact, count, cut, duration, safe, wrap } from './text.js';
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

/** One less than the terminal has: a full line would begin a second one. */
const widthOf = (stream: WriteStream): number => (stream.columns || 80) - 1;

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
      const width = widthOf(stream);
      const lines = [...columnLines(tally, seconds), summaryLine(tally, seconds, width)].map((line) =>
        cut(line, width),
      );
      stream.write(`${lines.join('\n')}\n`);
      drawn = lines.length;
    },
    print(text) {
      erase();
      stream.write(`${wrap(text, widthOf(stream)).join('\n')}\n`);
    },
    erase,
  };
}

/** A log without a terminal gets a line at least this often, so that a slow run does not look dead. */
const SIGN_OF_LIFE_SECONDS = 60;

function lineView(stream: NodeJS.WriteStream): View {
  let last = '';
  let writtenAt = 0;
  return {
    interval: 5000,
    draw(tally, seconds) {
      const line = [...tally.columns]
        .filter(([, { asks, failed }]) => asks || failed > 0)
        .map(([name, { done, failed }]) => `${name} ${done}${failed > 0 ? ` (${failed} failed)` : ''}`)
        .join(', ');
      const isSignOfLife = seconds - writtenAt >= SIGN_OF_LIFE_SECONDS;
      if (line === last && !isSignOfLife) return;
      const waiting = line === last ? `; ${count(tally.inFlight, 'call')} in flight` : '';
      last = line;
      writtenAt = seconds;
      stream.write(`${duration(seconds)}  ${rowsText(tally)}: ${line}${waiting}\n`);
    },
    print: (text) => void stream.write(`${text}\n`),
    erase: () => undefined,
  };
}

/** `trace_digest        12/40  1.3/s  1 failed`: a line for each column that asks a model, one for all others. */
function columnLines(tally: Tally, seconds: number): readonly string[] {
  const asking = [...tally.columns].filter(([, { asks }]) => asks);
  const instant = [...tally.columns].filter(([, { asks }]) => !asks);
  const shown = instant.length > 1 ? [...asking, together(instant)] : [...asking, ...instant];
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, { done, failed, skipped }]) => {
    const progress = `${done}/${tally.rows}`.padStart(String(tally.rows).length * 2 + 1);
    const rate = seconds > 1 && done > 0 ? `${(done / seconds).toFixed(1)}/s` : '';
    const notes = [failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`]
      .filter(Boolean)
      .join(', ');
    return `  ${name.padEnd(width)}  ${progress}  ${rate.padStart(8)}  ${notes}`.trimEnd();
  });
}

/** Columns that take no noticeable time, as one: as far as the slowest of them, with the failures of all. */
function together(columns: readonly (readonly [string, ColumnTally])[]): readonly [string, ColumnTally] {
  const tallies = columns.map(([, tally]) => tally);
  const sum = (amount: (tally: ColumnTally) => number): number =>
    tallies.reduce((all, tally) => all + amount(tally), 0);
  return [
    `${columns.length} other columns`,
    {
      asks: false,
      done: Math.min(...tallies.map(({ done, failed, skipped }) => done + failed + skipped)),
      failed: sum(({ failed }) => failed),
      skipped: 0,
    },
  ];
}

/** Parts that have no room are left out as a whole, the last first. */
function summaryLine(tally: Tally, seconds: number, width: number): string {
  const parts = [rowsText(tally), `${count(tally.calls, 'call')}, ${tally.inFlight} in flight`];
  if (tally.inputTokens + tally.outputTokens > 0) {
    parts.push(`${compact(tally.inputTokens)} tokens in, ${compact(tally.outputTokens)} out`);
  }
  if (tally.retries > 0) parts.push(`${tally.retries} ${tally.retries === 1 ? 'retry' : 'retries'}`);
  const remaining = tally.ended > 0 ? ((tally.rows - tally.ended) * seconds) / tally.ended : 0;
  if (remaining > 1) parts.push(`about ${duration(remaining)} left`);
  while (parts.length > 1 && `  ${parts.join(' · ')}`.length > width) parts.pop();
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
