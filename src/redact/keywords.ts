/** An occurrence of a keyword. */
export interface Hit {
  /** Its position in the list of keywords. */
  readonly keyword: number;
  readonly at: number;
  readonly end: number;
}

/** Texts are searched in chunks of this many bytes. */
const CHUNK = 65_536;
const NONE: readonly Hit[] = [];

/**
 * Finds all keywords in one pass over a text, in any case.
 *
 * The pass looks at two bytes at a time: a table says whether they begin a window of a keyword. Every keyword has two
 * windows of four characters, one for either parity of its position, placed where it is least like usual words, so that
 * one position in a hundred is compared with keywords. This is the filter of Wu and Manber ("A fast algorithm for
 * multi-pattern searching", 1994) with chosen windows; it takes half the time of the Aho-Corasick algorithm, which looks
 * at every byte in turn.
 *
 * It works on bytes, because reading a string by `charCodeAt` takes four times as long when strings of different
 * kinds occur. Characters beyond Latin-1 lose their upper byte, so a keyword may be reported where there is none; the
 * rules check the text itself.
 *
 * @param keywords ASCII, in lower case
 * @returns the hits in a text in order of their ends; of two with one end, the longer is first
 */
export function createKeywordFinder(keywords: readonly string[]): (text: string) => readonly Hit[] {
  const indices = indicesOf(keywords);
  const windows = buildWindows([...indices.keys()]);
  const places = [...indices.values()];
  const step = CHUNK - Math.max(0, ...keywords.map(({ length }) => length));
  const bytes = new Uint8Array(CHUNK + 4);
  const pairs = new Uint16Array(bytes.buffer);
  const buffer = Buffer.from(bytes.buffer);

  /** Compares the text with the keywords of a window. */
  const addHits = (hits: Hit[], pair: number, offset: number, size: number, starts: number): void => {
    const { lists, entries } = windows;
    for (let entry = lists[cellAt(windows, pairs, pair)] ?? 0; ; entry += ENTRY) {
      const length = entries[entry + LENGTH] ?? 0;
      if (length === 0) return;
      const start = 2 * pair - (entries[entry + BACK] ?? 0);
      if (start < 0 || start >= starts || start + length > size) continue;
      if (!isAt(windows.codes, entries[entry + BEGIN] ?? 0, length, bytes, start)) continue;
      for (const keyword of places[entries[entry + KEYWORD] ?? 0] ?? []) {
        insert(hits, { keyword, at: offset + start, end: offset + start + length });
      }
    }
  };

  return (text) => {
    let hits: Hit[] | undefined;
    // A keyword that begins in the last bytes of a chunk is found in the next one.
    for (let offset = 0; offset < text.length; offset += step) {
      const isLast = text.length - offset <= CHUNK;
      const chunk = text.length <= CHUNK ? text : text.slice(offset, offset + CHUNK);
      const size = buffer.write(chunk, 'latin1');
      for (let at = size; at < size + 4; at += 1) bytes[at] = 0;
      let pair = nextWindow(windows, pairs, 0, size);
      while (pair !== NOWHERE) {
        addHits((hits ??= []), pair, offset, size, isLast ? size : step);
        pair = nextWindow(windows, pairs, pair + 1, size);
      }
      if (isLast) break;
    }
    return hits ?? NONE;
  };
}

const NOWHERE = -1;

/** The next pair of bytes that may begin a window. A function of its own, so that the compiler keeps the loop small. */
function nextWindow({ rows, cells }: Windows, pairs: Uint16Array, from: number, size: number): number {
  const last = (size + 1) >> 1;
  let row = rows[(pairs[from] ?? 0) & FOLDED_PAIR] ?? 0;
  for (let pair = from + 1; pair <= last; pair += 1) {
    const next = pairs[pair] ?? 0;
    const cell = row * WIDTH + ((next >> LEFT) & FOLD);
    if ((((cells[cell] ?? 0) >>> ((next >> RIGHT) & FOURTH)) & 1) !== 0) return pair - 1;
    row = rows[next & FOLDED_PAIR] ?? 0;
  }
  return NOWHERE;
}

const cellAt = ({ rows }: Windows, pairs: Uint16Array, pair: number): number =>
  (rows[(pairs[pair] ?? 0) & FOLDED_PAIR] ?? 0) * WIDTH + (((pairs[pair + 1] ?? 0) >> LEFT) & FOLD);

function isAt(codes: Uint8Array, begin: number, length: number, bytes: Uint8Array, start: number): boolean {
  for (let at = 0; at < length; at += 1) {
    const code = bytes[start + at] ?? 0;
    if ((code >= 65 && code <= 90 ? code + 32 : code) !== codes[begin + at]) return false;
  }
  return true;
}

/** Each hit is near its place. */
function insert(hits: Hit[], hit: Hit): void {
  let place = hits.length;
  while (place > 0 && isAfter(hits[place - 1], hit)) place -= 1;
  if (place === hits.length) hits.push(hit);
  else hits.splice(place, 0, hit);
}

const isAfter = (a: Hit | undefined, b: Hit): boolean =>
  a !== undefined && (a.end - b.end || a.at - b.at || a.keyword - b.keyword) > 0;

/** Makes one of capitals and small letters, and of a few other pairs, which the comparison distinguishes. */
const FOLD = 0x5f;
const FOLDED_PAIR = 0x5f5f;
const WIDTH = FOLD + 1;
/** The bits of a window's fourth character that count. */
const FOURTH = 31;
/** Where a number of two bytes has the left and the right one. */
const [LEFT, RIGHT] = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? [0, 8] : [8, 0];
/** Every folded character. */
const ANY = Array.from({ length: 64 }, (_, nth) => (nth & 31) | ((nth & 32) << 1));

interface Windows {
  /** By the first two characters of a window: the row of cells. Row 0, of all other pairs, is empty. */
  readonly rows: Uint16Array;
  /** By row and third character: a bit for each fourth character. */
  readonly cells: Int32Array;
  /** By row and third character: where the entries of the keywords begin. */
  readonly lists: Int32Array;
  /** Of each keyword: its number, where its characters begin, how many it has, and how many are before the window. */
  readonly entries: Int32Array;
  /** The characters of all keywords. */
  readonly codes: Uint8Array;
}

const [KEYWORD, BEGIN, LENGTH, BACK, ENTRY] = [0, 1, 2, 3, 4];
const END_OF_LIST = [0, 0, 0, 0];

function buildWindows(keywords: readonly string[]): Windows {
  const rows = new Uint16Array(FOLDED_PAIR + 1);
  const found = new Map<number, { fourth: number; readonly entries: number[] }>();
  let count = 0;
  let begin = 0;
  for (const [index, keyword] of keywords.entries()) {
    for (const parity of [0, 1]) {
      const back = rarestWindow(keyword, parity);
      const [a, b, c, d] = [0, 1, 2, 3].map((nth) => foldedAt(keyword, back + nth));
      const fourth = d === undefined ? ~0 : 1 << (d & FOURTH);
      for (const pair of any(a).flatMap((left) => any(b).map((right) => (left << LEFT) | (right << RIGHT)))) {
        const row = (rows[pair] ||= count += 1);
        for (const third of any(c)) {
          const cell = found.get(row * WIDTH + third) ?? { fourth: 0, entries: [] };
          found.set(row * WIDTH + third, cell);
          cell.fourth |= fourth;
          cell.entries.push(index, begin, keyword.length, back);
        }
      }
    }
    begin += keyword.length;
  }

  const cells = new Int32Array((count + 1) * WIDTH);
  const lists = new Int32Array(cells.length);
  const entries: number[] = [];
  const known = new Map<string, number>();
  for (const [cell, { fourth, entries: list }] of found) {
    const at = known.get(list.join()) ?? entries.length;
    if (at === entries.length) entries.push(...list, ...END_OF_LIST);
    known.set(list.join(), at);
    cells[cell] = fourth;
    lists[cell] = at;
  }
  return {
    rows,
    cells,
    lists,
    entries: Int32Array.from(entries),
    codes: Buffer.from(keywords.join(''), 'latin1'),
  };
}

/** The places in the list of each different keyword. */
function indicesOf(keywords: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const indices = new Map<string, number[]>();
  for (const [index, keyword] of keywords.entries()) {
    const list = indices.get(keyword);
    if (list) list.push(index);
    else indices.set(keyword, [index]);
  }
  return indices;
}

const foldedAt = (text: string, at: number): number | undefined =>
  at < 0 || at >= text.length ? undefined : text.charCodeAt(at) & FOLD;

const any = (folded: number | undefined): readonly number[] => (folded === undefined ? ANY : [folded]);

/** Where the four characters of a keyword begin that are rarest together; of a short one, `-1` is before its first. */
function rarestWindow(keyword: string, parity: number): number {
  const first = keyword.length < 4 ? -parity : parity;
  let rarest = first;
  let least = Infinity;
  for (let at = first; at < keyword.length; at += 2) {
    const share = [0, 1, 2, 3].reduce((product, nth) => product * shareOf(keyword[at + nth]), 1);
    if (share >= least) continue;
    rarest = at;
    least = share;
  }
  return rarest;
}

/** The most common characters of sessions, in order. */
const COMMON = ' etaonirsldcmpuhfgbyvwk';

/** About the share of a character in a text. */
function shareOf(character: string | undefined): number {
  if (character === undefined) return 1;
  const rank = COMMON.indexOf(character);
  return rank < 0 ? 0.004 : 0.13 / (1 + 0.35 * rank);
}
