import { isObject, type Json, type JsonObject } from '../../core/json.js';
import type { Finding } from '../format.js';
import type { Emptier, StartEmptier } from './skip-fields.js';
import { isTooDeep } from '../../core/paths.js';

const NEWLINE = 0x0a;
const OPEN_BRACE = 0x7b;
const BYTE_ORDER_MARK = '\uFEFF';

export interface JsonLines {
  readonly records: readonly JsonObject[];
  /** The numbers of their lines, unless those are simply 1, 2, 3, … */
  readonly lines?: readonly number[];
  /** What was wrong with lines that gave no record. */
  readonly skipped: readonly Finding[];
}

/** What is wrong with a line, and what is said about it. */
const COMPLAINTS = {
  torn: { one: 'the last line is cut off', many: 'lines are cut off' },
  invalid: { one: '1 line is not valid JSON', many: 'lines are not valid JSON' },
  other: { one: '1 line is not a JSON object', many: 'lines are not JSON objects' },
  deep: { one: '1 line is nested too deeply', many: 'lines are nested too deeply' },
} as const;

type Complaint = keyof typeof COMPLAINTS;

interface Lines {
  readonly first: number;
  readonly count: number;
}

/** Collects the objects on the lines of a file that is read piece by piece. */
export interface LineReader {
  /** Takes whole lines; only the last piece may lack the newline at its end. The bytes are used up. */
  read(bytes: Buffer): void;
  result(): JsonLines;
}

/**
 * Every line stands for itself: one that cannot be used is counted and passed over, as is a last line
 * that was still being written. Bytes that are not UTF-8 become U+FFFD.
 *
 * @param emptierFor what empties lines of parts that nobody will read. Asked before each line, with the
 * records so far, until it answers; lines are read whole until then
 * @param take takes a record, or leaves it to be kept with those before
 */
export function createLineReader(
  emptierFor: (records: readonly JsonObject[]) => StartEmptier | undefined = () => undefined,
  take: (record: JsonObject, records: readonly JsonObject[]) => boolean = () => false,
): LineReader {
  const records: JsonObject[] = [];
  /** The numbers of their lines. */
  const numbers: number[] = [];
  const complaints = new Map<Complaint, Lines>();
  let startEmptier: StartEmptier | undefined;
  let line = 0;

  function count(parsed: Parsed, isLast: boolean): void {
    line += 1;
    if (typeof parsed === 'object') {
      if (take(parsed, records)) return;
      records.push(parsed);
      numbers.push(line);
    } else if (parsed !== 'blank') {
      const complaint = parsed === 'invalid' && isLast ? 'torn' : parsed;
      const lines = complaints.get(complaint) ?? { first: line, count: 0 };
      complaints.set(complaint, { ...lines, count: lines.count + 1 });
    }
  }

  return {
    read(bytes) {
      let empty: Emptier | undefined;
      for (let start = 0; start < bytes.length;) {
        const newline = bytes.indexOf(NEWLINE, start);
        const end = newline === -1 ? bytes.length : newline;
        startEmptier ??= emptierFor(records);
        empty ??= startEmptier?.(bytes);
        const readEnd = empty?.(start, end) ?? end;
        count(parseLine(bytes, start, readEnd), newline === -1);
        start = end + 1;
      }
    },
    result() {
      const skipped = Array.from(complaints, ([complaint, lines]) => finding(complaint, lines));
      const isGapless = (numbers.at(-1) ?? 0) === records.length;
      return { records, skipped, ...(!isGapless && { lines: numbers }) };
    },
  };
}

/** The objects on the lines of a JSONL file, read whole. */
export function parseJsonLines(bytes: Buffer): JsonLines {
  const reader = createLineReader();
  reader.read(bytes);
  return reader.result();
}

/** The object of a JSON document, or what is wrong with it. */
export function parseDocument(bytes: Buffer): JsonObject | string {
  const parsed = parseLine(bytes, 0, bytes.length);
  if (typeof parsed === 'object') return parsed;
  return {
    blank: 'empty file',
    invalid: 'not valid JSON',
    other: 'not a JSON object',
    deep: 'nested too deeply',
  }[parsed];
}

type Parsed = JsonObject | Exclude<Complaint, 'torn'> | 'blank';

function parseLine(bytes: Buffer, start: number, end: number): Parsed {
  let value: Json;
  try {
    const text = bytes.toString('utf8', start, end);
    if (bytes[start] !== OPEN_BRACE && !/\S/.test(text)) return 'blank';
    value = JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text) as Json;
  } catch {
    // Not JSON, or a line longer than a string may be.
    return 'invalid';
  }
  return isObject(value) ? (soundRecord(value) ?? 'deep') : 'other';
}

function finding(complaint: Complaint, { first, count }: Lines): Finding {
  const { one, many } = COMPLAINTS[complaint];
  const reason = count === 1 ? `${one} (line ${first})` : `${count} ${many} (first at line ${first})`;
  return { kind: 'skipped', reason, count };
}

/** Deeper values are refused: everything behind the reader may then recurse without fear for the stack. */
const MAX_DEPTH = 100;

/**
 * What all readers may rely on. JSON can spell halves of characters (`"\ud800"`) that no text file can
 * hold; U+FFFD stands for them.
 *
 * @returns the record, repaired where need be; `undefined` when it is nested too deeply
 */
function soundRecord(record: JsonObject): JsonObject | undefined {
  if (isSound(record, MAX_DEPTH)) return record;
  return isTooDeep(record, MAX_DEPTH) ? undefined : (repaired(record) as JsonObject);
}

/** Looks at every value of every record, so it makes no lists of them, and takes the keys on trust. */
function isSound(value: readonly Json[] | JsonObject, depth: number): boolean {
  if (depth === 0) return false;
  if (Array.isArray(value)) {
    for (const member of value as readonly Json[]) if (!isSoundMember(member, depth)) return false;
    return true;
  }
  const members = value as JsonObject;
  for (const key in members) if (!isSoundMember(members[key], depth)) return false;
  return true;
}

function isSoundMember(value: Json | undefined, depth: number): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  return typeof value !== 'object' || value === null || isSound(value, depth - 1);
}

function repaired(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(repaired);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key.toWellFormed(), repaired(member)]);
  return Object.fromEntries(entries) as JsonObject;
}
