/**
 * Cuts fields that a format never uses out of the bytes of a line before it is parsed, because parsing takes most of
 * the time: `{…}` becomes `{}`, `[…]` becomes `[]` and `"…"` becomes `""`. Nothing else of the record changes, so a
 * parser cannot see the difference. Damage inside a skipped field goes unnoticed, and the line is not lost.
 */
import { endOfValue, endsObjects, hasBytesAt } from './skip-json.js';

/** A field that a format never uses. */
export interface UnusedField {
  /**
   * The text right before the value, as the tool writes it; where it is written otherwise, the value is parsed. It
   * begins with a comma and a quote: in valid JSON these two never follow each other inside a string, so a match is
   * always a key.
   */
  readonly before: string;
  /** How many objects the value is in: 1 for a field of the record itself. */
  readonly depth: number;
  /** A value that contains one of these texts, as a key or a string, is parsed after all. */
  readonly unless?: readonly string[];
}

/**
 * Prepares skipping in these bytes. The returned function empties the unused field of the line from `start` to
 * `end`, moves up what follows it, and returns the new end. It is called for one line after the other. Of several
 * fields the first in the list is emptied; no tool writes a line with two.
 */
export type FieldSkipper = (bytes: Buffer) => (start: number, end: number) => number;

export function createFieldSkipper(fields: readonly UnusedField[]): FieldSkipper {
  const skippers = fields.map(skipperOf);
  return (bytes) => {
    const skips = skippers.map((skipper) => skipper(bytes));
    return (start, end) => {
      for (const skip of skips) {
        const newEnd = skip(start, end);
        if (newEnd !== end) return newEnd;
      }
      return end;
    };
  };
}

function skipperOf({ before, depth, unless = [] }: UnusedField): FieldSkipper {
  const needle = Buffer.from(before);
  const exceptions = unless.map((text) => Buffer.from(JSON.stringify(text)));
  return (bytes) => {
    const findNext = forwardSearch(bytes, needle);
    return (start, end) => {
      const found = findNext(start);
      const value = found + needle.length;
      if (value >= end || !BRACKETS.has(bytes[value])) return end;
      const valueEnd = endOfValue(bytes, value, end, exceptions);
      // The number of closing braces shows how deep the value is.
      if (valueEnd <= value + 2 || !endsObjects(depth, bytes, valueEnd, end)) return end;
      bytes.copyWithin(value + 1, valueEnd - 1, end);
      return end - (valueEnd - value - 2);
    };
  };
}

/** `{`, `[` and `"`. */
const BRACKETS: ReadonlySet<number | undefined> = new Set([0x7b, 0x5b, 0x22]);

/**
 * Finds the next occurrence at or after a position; infinity when there is none. Positions only grow, so an
 * occurrence further on is remembered, and all bytes are searched once.
 *
 * It looks for the part of the text that starts with a capital or an underscore, which are rarer in JSON than a
 * comma, and for six bytes at most: up to there `Buffer.indexOf` uses the processor's own search for a byte.
 */
function forwardSearch(bytes: Buffer, needle: Buffer): (start: number) => number {
  const offset = Math.max(0, needle.toString('latin1').search(/[A-Z_]/));
  const fragment = needle.subarray(offset, offset + 6);
  let next = -1;

  return (start) => {
    if (next < start) next = search(start);
    return next;
  };

  function search(start: number): number {
    for (let at = start; ; at += 1) {
      at = bytes.indexOf(fragment, at + offset) - offset;
      if (at < 0) return Infinity;
      if (hasBytesAt(bytes, at, needle)) return at;
    }
  }
}
