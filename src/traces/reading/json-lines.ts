import { isObject, type Json, type JsonObject } from '../../core/json.js';
import { isTooDeep } from '../../core/paths.js';
import { err, ok, type Result } from '../../core/result.js';
import { wellFormed } from '../../core/well-formed.js';
import type { Finding } from '../format.js';
import type { FieldSkipper } from './skip-fields.js';

const NEWLINE = 0x0a;
const OPEN_BRACE = 0x7b;
const BYTE_ORDER_MARK = '\uFEFF';

export interface JsonLines {
  readonly records: readonly JsonObject[];
  /** Line numbers of the records; left out when they are 1, 2, 3, … */
  readonly lines?: readonly number[];
  /** Why lines gave no record. */
  readonly skipped: readonly Finding[];
}

/** Why a line gives no record, for one such line and for several. */
const REASONS = {
  torn: { one: 'the last line is cut off', many: 'lines are cut off' },
  invalid: { one: '1 line is not valid JSON', many: 'lines are not valid JSON' },
  other: { one: '1 line is not a JSON object', many: 'lines are not JSON objects' },
  deep: { one: '1 line is nested too deeply', many: 'lines are nested too deeply' },
} as const;

type Reason = keyof typeof REASONS;

interface Lines {
  readonly first: number;
  readonly count: number;
}

/** Collects the objects on the lines of a file that is read piece by piece. */
export interface LineReader {
  /** Takes whole lines; only the last piece may lack the newline at its end. Changes the bytes. */
  read(bytes: Buffer): void;
  result(): JsonLines;
}

/**
 * Lines are independent: one that cannot be used is counted and skipped, and so is a last line that was still being
 * written. Bytes that are not UTF-8 become U+FFFD.
 *
 * @param skipperFor called before each line, with the records so far, until it returns what skips the unused fields
 * of the format; until then lines are parsed whole
 * @param take returns true when it has taken the record; the others are kept
 */
export function createLineReader(
  skipperFor: (records: readonly JsonObject[]) => FieldSkipper | undefined = () => undefined,
  take: (record: JsonObject, records: readonly JsonObject[]) => boolean = () => false,
): LineReader {
  const records: JsonObject[] = [];
  /** Line numbers of the records. */
  const numbers: number[] = [];
  const bad = new Map<Reason, Lines>();
  let skipper: FieldSkipper | undefined;
  let line = 0;

  function count(parsed: Parsed, isLast: boolean): void {
    line += 1;
    if (typeof parsed === 'object') {
      if (take(parsed, records)) return;
      records.push(parsed);
      numbers.push(line);
    } else if (parsed !== 'blank') {
      const reason = parsed === 'invalid' && isLast ? 'torn' : parsed;
      const lines = bad.get(reason) ?? { first: line, count: 0 };
      bad.set(reason, { ...lines, count: lines.count + 1 });
    }
  }

  return {
    read(bytes) {
      let skip: ReturnType<FieldSkipper> | undefined;
      for (let start = 0; start < bytes.length;) {
        const newline = bytes.indexOf(NEWLINE, start);
        const end = newline === -1 ? bytes.length : newline;
        skipper ??= skipperFor(records);
        skip ??= skipper?.(bytes);
        const readEnd = skip?.(start, end) ?? end;
        count(parseLine(bytes, start, readEnd), newline === -1);
        start = end + 1;
      }
    },
    result() {
      const skipped = Array.from(bad, ([reason, lines]) => finding(reason, lines));
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

/** The object of a JSON document or the objects of a list, or the reason why there is none. */
export function parseDocument(bytes: Buffer): Result<JsonObject | readonly JsonObject[], string> {
  const parsed = parseLine(bytes, 0, bytes.length);
  if (typeof parsed === 'object') return ok(parsed);
  const list = parsed === 'other' ? objectsOfList(bytes) : [];
  if (list.length > 0) return ok(list);
  return err(
    {
      blank: 'empty file',
      invalid: 'not valid JSON',
      other: 'not a JSON object',
      deep: 'nested too deeply',
    }[parsed],
  );
}

/** Objects that are nested too deeply are left out. */
function objectsOfList(bytes: Buffer): readonly JsonObject[] {
  const value = JSON.parse(bytes.toString('utf8').replace(BYTE_ORDER_MARK, '')) as Json;
  return (Array.isArray(value) ? value : [])
    .filter(isObject)
    .map(sanitized)
    .filter((record) => record !== undefined);
}

type Parsed = JsonObject | Exclude<Reason, 'torn'> | 'blank';

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
  return isObject(value) ? (sanitized(value) ?? 'deep') : 'other';
}

function finding(of: Reason, { first, count }: Lines): Finding {
  const { one, many } = REASONS[of];
  const reason = count === 1 ? `${one} (line ${first})` : `${count} ${many} (first at line ${first})`;
  return { kind: 'skipped', reason, count };
}

/** Deeper values are refused, so that all later code may recurse without overflowing the stack. */
const MAX_DEPTH = 100;

/**
 * Makes a record safe for all later code. JSON can contain lone surrogates (`"\ud800"`), which no UTF-8 file can
 * hold; they become U+FFFD.
 *
 * @returns `undefined` when the record is nested too deeply
 */
function sanitized(record: JsonObject): JsonObject | undefined {
  if (isSafe(record, MAX_DEPTH)) return record;
  return isTooDeep(record, MAX_DEPTH) ? undefined : wellFormed(record);
}

/** Runs over every value of every record, so it allocates nothing and does not look at the keys. */
function isSafe(value: readonly Json[] | JsonObject, depth: number): boolean {
  if (depth === 0) return false;
  if (Array.isArray(value)) {
    for (const member of value as readonly Json[]) if (!isSafeMember(member, depth)) return false;
    return true;
  }
  const members = value as JsonObject;
  for (const key in members) if (!isSafeMember(members[key], depth)) return false;
  return true;
}

function isSafeMember(value: Json | undefined, depth: number): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  return typeof value !== 'object' || value === null || isSafe(value, depth - 1);
}
