import type { Time } from './progress-view.js';
import type { Tally, Wait } from './tally.js';
import { clockTime, count, duration, safe } from './text.js';

const SHOWN_WAIT_MS = 1000;
const SHOWN_SILENCE_MS = 10_000;

/** What the run waits for and until when: pauses before calls, then calls that have had no answer for long. */
export function waitTexts(tally: Tally, time: Time): readonly string[] {
  const waits = [...tally.waits.values()].filter(({ until }) => until - time.now >= SHOWN_WAIT_MS);
  const pauses = new Set(waits.map((wait) => waitText(wait, time)));
  const isQuiet = tally.inFlight > 0 && time.now - tally.quietSince >= SHOWN_SILENCE_MS;
  return [...pauses, ...(isQuiet ? [inFlightText(tally, time)] : [])];
}

/** `waiting until 14:02:10 (2m 00s): acme answered 429`. */
export function waitText(
  { reason, until }: Pick<Wait, 'reason' | 'until'>,
  { now, date }: Pick<Time, 'now' | 'date'>,
): string {
  const seconds = (until - now) / 1000;
  const left = seconds >= 1 ? ` (${duration(seconds)})` : '';
  return `waiting until ${clockTime(date, until - now)}${left}: ${safe(reason)}`;
}

/** `1 call in flight, no answer for 20s, given up at 14:10:00 at the latest`. */
export function inFlightText({ inFlight, quietSince, lastDeadline }: Tally, { now, date }: Time): string {
  const calls = `${count(inFlight, 'call')} in flight`;
  const silence =
    now - quietSince >= SHOWN_SILENCE_MS ? `, no answer for ${duration((now - quietSince) / 1000)}` : '';
  const end =
    silence !== '' && lastDeadline - now < Infinity
      ? `, given up at ${clockTime(date, Math.max(0, lastDeadline - now))} at the latest`
      : '';
  return `${calls}${silence}${end}`;
}
