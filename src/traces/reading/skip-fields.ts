import { createForwardSearch, createNearSearch } from './byte-search.js';
import { endOfValue, endsObjects } from './skip-json.js';

/**
 * A part of its records that a format never reads. Lines are emptied of such parts before they are
 * parsed, which is what takes most of the time: `{…}` becomes `{}`, `[…]` becomes `[]` and `"…"` becomes
 * `""`. Nothing else of a record changes, so that a parser cannot tell the difference. Damage within an
 * unread part goes unnoticed, and the line is not lost.
 */
export interface UnreadPart {
  /**
   * What stands right before the value, as the tool spells it; where it spells it otherwise, the value is
   * parsed. It begins with a comma and a quote: in valid JSON these are never both part of a string, so
   * that what matches is always a key.
   */
  readonly before: string;
  /** How far into a line that is looked for; all of it when left out. */
  readonly within?: number;
  /** How many objects the value is in: 1 for a field of the record itself. */
  readonly depth: number;
  /** An object with one of these in it, as a key or as a text, is parsed after all. */
  readonly unless?: readonly string[];
}

/**
 * Empties the unread part of the line from `start` to `end`, moves up what follows it, and returns the new
 * end. Of several parts the first in the list is emptied; no tool writes a line with two.
 */
export type Emptier = (start: number, end: number) => number;

/** What empties lines of these bytes, one after the other. */
export type StartEmptier = (bytes: Buffer) => Emptier;

export function createEmptier(parts: readonly UnreadPart[]): StartEmptier {
  const starters = parts.map(starterOf);
  return (bytes) => {
    const emptiers = starters.map((start) => start(bytes));
    return (start, end) => {
      for (const empty of emptiers) {
        const newEnd = empty(start, end);
        if (newEnd !== end) return newEnd;
      }
      return end;
    };
  };
}

function starterOf({ before, within, depth, unless = [] }: UnreadPart): StartEmptier {
  const search = within === undefined ? createForwardSearch(before) : createNearSearch(before, within);
  const exceptions = unless.map((text) => Buffer.from(JSON.stringify(text)));
  return (bytes) => {
    const findValue = search(bytes);
    return (start, end) => {
      const found = findValue(start, end);
      const value = found + before.length;
      if (found === -1 || !BRACKETS.has(bytes[value])) return end;
      const valueEnd = endOfValue(bytes, value, end, exceptions);
      // The braces that are still open tell how deep the value is.
      if (valueEnd <= value + 2 || !endsObjects(depth, bytes, valueEnd, end)) return end;
      bytes.copyWithin(value + 1, valueEnd - 1, end);
      return end - (valueEnd - value - 2);
    };
  };
}

/** `{`, `[` and `"`. */
const BRACKETS: ReadonlySet<number | undefined> = new Set([0x7b, 0x5b, 0x22]);
