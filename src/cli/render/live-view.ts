import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { oneLine } from '../../core/one-line.js';
import { secondsSince, type View } from './progress-view.js';
import { rowsText, secondsLeft, type ColumnTally, type Tally } from './tally.js';
import { compact, count, cut, duration, money, pad, safe, widthOf, wrap } from './text.js';
import { waitTexts } from './waits.js';

/** Progress on a terminal, drawn again in place: a line a column, one for all, failures and waits. */
export function liveView(stream: WriteStream): View {
  let drawn: readonly string[] = [];
  const erase = (): void => {
    if (drawn.length === 0) return;
    // A terminal that became narrower has broken the lines into several.
    const height = drawn.reduce((all, line) => all + Math.ceil(widthOf(line) / (stream.columns || 80)), 0);
    moveCursor(stream, 0, -height);
    cursorTo(stream, 0);
    clearScreenDown(stream);
    drawn = [];
  };
  return {
    interval: 100,
    draw(tally, time, isLast = false) {
      const width = widthOfTerminal(stream);
      const seconds = secondsSince(time);
      const lines = [
        ...columnLines(tally, seconds, width),
        summaryLine(tally, seconds, width, isLast),
        ...firstFailures(tally),
        ...(isLast ? [] : waitTexts(tally, time).map((text) => `  ${text}`)),
      ].map((line) => cut(line, width));
      if (lines.join('\n') === drawn.join('\n')) return;
      erase();
      drawn = lines;
      stream.write(`${drawn.join('\n')}\n`);
    },
    print(text) {
      erase();
      stream.write(`${wrap(text, widthOfTerminal(stream)).join('\n')}\n`);
    },
    erase,
  };
}

/** One less than the terminal has: a full line would begin a second one. */
const widthOfTerminal = (stream: WriteStream): number => (stream.columns || 80) - 1;

const LONGEST_BAR = 20;
const SHORTEST_BAR = 8;

/**
 * `  trace_digest     ██████░░░░░░░░░░  12/40  1.3/s  1 failed`: a line for each column that asks a model, one for
 * all others. Without room there is no bar.
 */
function columnLines(tally: Tally, seconds: number, width: number): readonly string[] {
  const asking = [...tally.columns].filter(([, { asks }]) => asks);
  const instant = [...tally.columns].filter(([, { asks }]) => !asks);
  const shown = [...asking.map(ofOne), ...(instant.length > 1 ? [together(instant)] : instant.map(ofOne))];
  const longest = Math.max(0, ...shown.map(({ name }) => widthOf(name)));
  const lines = shown.map((column) => {
    const { name, done, failed, skipped } = column;
    const progress = `${done}/${tally.rows}`.padStart(String(tally.rows).length * 2 + 1);
    const rate = seconds > 1 && done > 0 ? `${(done / seconds).toFixed(1)}/s` : '';
    const notes = [failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`].filter(Boolean);
    return {
      column,
      name: `  ${pad(name, longest)}`,
      rest: `  ${progress}  ${rate.padStart(8)}  ${notes.join(', ')}`.trimEnd(),
    };
  });
  const room = width - 4 - longest - Math.max(0, ...lines.map(({ rest }) => rest.length));
  const length = room < SHORTEST_BAR ? 0 : Math.min(LONGEST_BAR, room);
  return lines.map(({ column, name, rest }) => `${name}${bar(column, tally.rows, length)}${rest}`);
}

/** Made, then failed or skipped, then to come. */
function bar({ made, past }: Shown, rows: number, length: number): string {
  if (length === 0) return '';
  const share = (part: number): number => Math.floor((Math.min(part, rows) / Math.max(1, rows)) * length);
  const [full, reached] = [share(made), share(past)];
  return `  ${'█'.repeat(full)}${'▒'.repeat(reached - full)}${'░'.repeat(length - reached)}`;
}

interface Shown {
  readonly name: string;
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  /** Rows for which it is done, and rows for which it is done, failed or skipped. */
  readonly made: number;
  readonly past: number;
}

const ofOne = ([name, column]: readonly [string, ColumnTally]): Shown => ({
  name,
  ...column,
  made: column.done,
  past: pastOf(column),
});

const pastOf = ({ done, failed, skipped }: ColumnTally): number => done + failed + skipped;

/** Columns that take no noticeable time, as one: as far as the slowest of them, with the failures of all. */
function together(columns: readonly (readonly [string, ColumnTally])[]): Shown {
  const tallies = columns.map(([, tally]) => tally);
  const past = Math.min(...tallies.map(pastOf));
  const failed = tallies.reduce((all, tally) => all + tally.failed, 0);
  return {
    name: `${columns.length} other columns`,
    done: past,
    failed,
    skipped: 0,
    made: Math.max(0, past - failed),
    past,
  };
}

/** Parts that have no room are left out as a whole, the last first. */
function summaryLine(tally: Tally, seconds: number, width: number, isLast: boolean): string {
  const parts = [
    rowsText(tally),
    `${count(tally.calls, 'call')}, ${tally.inFlight} in flight${isLast ? '' : limitText(tally)}`,
  ];
  const left = secondsLeft(tally, seconds);
  if (left > 1) parts.push(`about ${duration(left)} left`);
  if (tally.usd > 0) parts.push(money(tally.usd, tally.unpricedCalls > 0));
  if (tally.inputTokens + tally.outputTokens > 0)
    parts.push(`${compact(tally.inputTokens)} tokens in, ${compact(tally.outputTokens)} out`);
  if (tally.retries > 0) parts.push(`${tally.retries} ${tally.retries === 1 ? 'retry' : 'retries'}`);
  while (parts.length > 1 && `  ${parts.join(' · ')}`.length > width) parts.pop();
  return `  ${parts.join(' · ')}`;
}

/** ` (limit 8 of 16)`: the strictest limit that is below what the recipe allows, with its model if there are several. */
function limitText({ limits }: Tally): string {
  const [strictest] = [...limits]
    .filter(([, { limit, ceiling }]) => limit < ceiling)
    .toSorted(([, a], [, b]) => a.limit / a.ceiling - b.limit / b.ceiling);
  if (!strictest) return '';
  const [alias, { limit, ceiling }] = strictest;
  return ` (limit ${limit} of ${ceiling}${limits.size > 1 ? `, ${safe(alias)}` : ''})`;
}

/** The first failure of each column. */
function firstFailures({ columns }: Tally): readonly string[] {
  return [...columns].flatMap(([name, { failed, firstFailure }]) =>
    firstFailure === undefined
      ? []
      : [
          `  ${failed > 1 ? 'first ' : ''}failed row ${firstFailure.row}, ${name}: ${safe(oneLine(firstFailure.message))}`,
        ],
  );
}
