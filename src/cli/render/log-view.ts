import { secondsSince, type Time, type View } from './progress-view.js';
import { rowsText, type Wait } from './tally.js';
import { duration } from './text.js';
import { inFlightText, waitText, waitTexts } from './waits.js';

/** A log without a terminal gets a line at least this often, so that a slow run does not look dead. */
const SIGN_OF_LIFE_SECONDS = 60;

const LINE_SECONDS = 5;

/** In a log, a shorter wait is not worth a line of its own, unless a server has failed for that long. */
const NOTED_WAIT_MS = 5000;
const NOTED_FAILURE_MS = 3000;

/** Progress in a log: a line every few seconds in which something happened. */
export function logView(stream: NodeJS.WritableStream): View {
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
