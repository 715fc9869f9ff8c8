import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { systemClock, type Clock } from '../../core/clock.js';
import { newTally, record, type ColumnTally, type Tally, type Wait } from './tally.js';
import { clockTime, compact, count, cut, duration, safe, wrap } from './text.js';
import type { EventSink, RunEvent } from '../../core/events.js';

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
 */
export function showProgress(
  stream: NodeJS.WriteStream,
  clock: Pick<Clock, 'now'> = systemClock,
  date: () => Date = () => new Date(),
): Progress {
  const tally = newTally();
  const shownNotices = new Set<string>();
  const started = clock.now();
  const time = (): Time => ({ now: clock.now(), started, date: date() });
  const view = stream.isTTY ? liveView(stream) : lineView(stream);
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

/** One less than the terminal has: a full line would begin a second one. */
const widthOf = (stream: WriteStream): number => (stream.columns || 80) - 1;

/** A moment: by the clock, in milliseconds, and as the time of day. */
interface Time {
  readonly now: number;
  readonly started: number;
  readonly date: Date;
}

const secondsSince = ({ now, started }: Time): number => (now - started) / 1000;

interface View {
  /** Milliseconds between two drawings. */
  readonly interval: number;
  draw(tally: Tally, time: Time, isLast?: boolean): void;
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
    draw(tally, time, isLast = false) {
      erase();
      const width = widthOf(stream);
      const seconds = secondsSince(time);
      const waits = isLast ? [] : waitTexts(tally, time).map((text) => `  ${text}`);
      const lines = [...columnLines(tally, seconds), summaryLine(tally, seconds, width), ...waits].map(
        (line) => cut(line, width),
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

const LINE_SECONDS = 5;

/** In a log, a shorter wait is not worth a line of its own, unless a server has failed for that long. */
const NOTED_WAIT_MS = 5000;
const NOTED_FAILURE_MS = 3000;

function lineView(stream: NodeJS.WriteStream): View {
  let last = '';
  let writtenAt = 0;
  /** Until when the log knows of the wait for a reason. */
  const noted = new Map<string, number>();
  const note = ({ reason, hint, since, until }: Wait, { now, date }: Time): void => {
    // With a hint, it was said at once.
    if (hint !== undefined) return;
    const isLong = until - now >= NOTED_WAIT_MS || now - since >= NOTED_FAILURE_MS;
    if (!isLong || (noted.get(reason) ?? -Infinity) >= now) return;
    noted.set(reason, Math.max(until, now + SIGN_OF_LIFE_SECONDS * 1000));
    stream.write(`${waitText({ reason, until }, { now, date })}\n`);
  };
  return {
    interval: 1000,
    draw(tally, time, isLast = false) {
      const seconds = secondsSince(time);
      if (!isLast) for (const wait of tally.waits.values()) if (wait.until > time.now) note(wait, time);
      if (!isLast && seconds < writtenAt + LINE_SECONDS) return;
      const line = [...tally.columns]
        .filter(([, { asks, failed }]) => asks || failed > 0)
        .map(([name, { done, failed }]) => `${name} ${done}${failed > 0 ? ` (${failed} failed)` : ''}`)
        .join(', ');
      const isSignOfLife = seconds - writtenAt >= SIGN_OF_LIFE_SECONDS;
      if (line === last && !isSignOfLife) return;
      const waiting =
        line === last
          ? ['', ...(tally.inFlight > 0 ? [inFlightText(tally, time)] : waitTexts(tally, time))].join('; ')
          : '';
      last = line;
      writtenAt = seconds;
      stream.write(`${duration(seconds)}  ${rowsText(tally)}: ${line}${waiting}\n`);
    },
    print: (text) => void stream.write(`${text}\n`),
    erase: () => undefined,
  };
}

/** What the run waits for and until when: pauses before calls, then calls that have had no answer for long. */
function waitTexts(tally: Tally, time: Time): readonly string[] {
  const waits = [...tally.waits.values()].filter(({ until }) => until - time.now >= SHOWN_WAIT_MS);
  const pauses = new Set(waits.map((wait) => waitText(wait, time)));
  const isQuiet = tally.inFlight > 0 && time.now - tally.quietSince >= SHOWN_SILENCE_MS;
  return [...pauses, ...(isQuiet ? [inFlightText(tally, time)] : [])];
}

const SHOWN_WAIT_MS = 1000;
const SHOWN_SILENCE_MS = 10_000;

function waitText(
  { reason, until }: Pick<Wait, 'reason' | 'until'>,
  { now, date }: Pick<Time, 'now' | 'date'>,
): string {
  const seconds = (until - now) / 1000;
  const left = seconds >= 1 ? ` (${duration(seconds)})` : '';
  return `waiting until ${clockTime(date, until - now)}${left}: ${safe(reason)}`;
}

function inFlightText({ inFlight, quietSince, lastDeadline }: Tally, { now, date }: Time): string {
  const calls = `${count(inFlight, 'call')} in flight`;
  const silence =
    now - quietSince >= SHOWN_SILENCE_MS ? `, no answer for ${duration((now - quietSince) / 1000)}` : '';
  const end =
    silence !== '' && lastDeadline - now < Infinity
      ? `, given up at ${clockTime(date, Math.max(0, lastDeadline - now))} at the latest`
      : '';
  return `${calls}${silence}${end}`;
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
      return `note: ${safe(event.text)}`;
    case 'smaller-dataset':
      return renderSmaller(event.before, event.rows);
    case 'waiting':
      return event.hint === undefined ? undefined : `note: ${safe(event.reason)}; ${safe(event.hint)}`;
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
