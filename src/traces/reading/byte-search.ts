/** Finds a text in a range of bytes: the position of the first occurrence, -1 when there is none. */
export type ByteSearch = (start: number, end: number) => number;

/** Searches these bytes. A text is prepared once, for all files. */
export type StartSearch = (bytes: Buffer) => ByteSearch;

/**
 * Boyer, Moore and Horspool: looks at one byte in many. Best for short ranges, for which a call of
 * `Buffer.indexOf` and the view it needs would take longer.
 *
 * @param text 1 to 255 ASCII characters; the longer, the faster
 * @param within bytes of a range that are looked at, from its start on
 */
export function createNearSearch(text: string, within: number): StartSearch {
  const needle = Buffer.from(text, 'latin1');
  const last = needle.length - 1;
  /** By the byte under the needle's last: how far the needle can be moved. */
  const shifts = new Uint8Array(256).fill(needle.length);
  for (let at = 0; at < last; at += 1) shifts[needle[at] ?? 0] = last - at;

  return (bytes) => (start, end) => {
    const nearEnd = Math.min(end, start + within);
    let at = start + last;
    while (at < nearEnd) {
      if (standsAt(needle, bytes, at - last)) return at - last;
      at += shifts[bytes[at] ?? 0] ?? 1;
    }
    return -1;
  };
}

/**
 * For ranges that follow each other, as lines do: `Buffer.indexOf` looks for the next occurrence in all of
 * the bytes, and until a range reaches that one there is nothing to do. It looks for the part of the text
 * that starts with a capital or an underscore, which JSON and prose have far less often than a comma.
 *
 * Bytes behind the start of a range must not change while it is searched.
 *
 * @param text ASCII characters
 */
export function createForwardSearch(text: string): StartSearch {
  const needle = Buffer.from(text, 'latin1');
  const offset = Math.max(0, text.search(/[A-Z_]/));
  // Up to so many characters are found by looking for the first of them, with what the processor has for it.
  const fragment = needle.subarray(offset, offset + 6);

  return (bytes) => {
    let next = -1;
    let searchedFrom = Infinity;

    function seek(start: number): void {
      searchedFrom = start;
      for (let at = start + offset; ; at += 1) {
        at = bytes.indexOf(fragment, at);
        next = at === -1 ? Infinity : at - offset;
        if (next === Infinity || standsAt(needle, bytes, next)) return;
      }
    }

    return (start, end) => {
      if (start < searchedFrom || start > next) seek(start);
      return next + needle.length <= end ? next : -1;
    };
  };
}

/** Whether a text stands in bytes at a position. */
export function standsAt(text: Buffer, bytes: Buffer, at: number): boolean {
  for (let matched = 0; matched < text.length; matched += 1) {
    if (bytes[at + matched] !== text[matched]) return false;
  }
  return true;
}
