import type { Tally } from './tally.js';

/** One way of showing progress. */
export interface View {
  /** Milliseconds between two drawings. */
  readonly interval: number;
  draw(tally: Tally, time: Time, isLast?: boolean): void;
  /** Prints a line above the progress. */
  print(text: string): void;
  erase(): void;
}

/** A moment: by the clock, in milliseconds, and as the time of day. */
export interface Time {
  readonly now: number;
  readonly started: number;
  readonly date: Date;
}

export const secondsSince = ({ now, started }: Time): number => (now - started) / 1000;
