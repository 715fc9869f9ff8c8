/** Single values of Parquet as JSON: see columns.ts. */
import type { FileMetaData, SchemaElement, SchemaTree } from 'hyparquet';
import { jsonIn, type Json, type JsonSchema } from '../../core/json.js';
import { wellFormed } from '../../core/well-formed.js';

export interface ReadingOptions {
  /** What stands for bytes that are no text. */
  readonly binary: (bytes: Uint8Array) => string;
  /** Keep values of Parquet's JSON type as text. */
  readonly jsonAsText?: boolean;
  /** Write points in time as JavaScript does: in UTC, with milliseconds. Default: as exact as they are. */
  readonly timesInUtc?: boolean;
  /** Leave out fields that are null. Default: every structure has all its fields. */
  readonly withoutNulls?: boolean;
}

/** The JSON Schema of a column or a part of one, and how its values become JSON. */
export interface ValueReader {
  readonly schema: JsonSchema;
  /** Never called with null. */
  read(value: unknown): Json;
}

export function leafReader(
  { element, path }: SchemaTree,
  metadata: FileMetaData,
  options: ReadingOptions,
): ValueReader {
  const kind = element.converted_type ?? element.logical_type?.type;
  const text = (write: (value: unknown) => Json): ValueReader => ({ schema: TEXT, read: write });
  if (kind === 'DECIMAL') return decimalReader(element, rangeOf(path, metadata));
  if (kind === 'DATE') return text((value) => dateOf(Number(value)));
  if (isTimestamp(element)) return text(timestampWriter(element, options));
  if (kind === 'TIME_MILLIS' || kind === 'TIME_MICROS' || kind === 'TIME')
    return text((value) => timeOf(BigInt(value as number | bigint), unitOf(element)));
  if (kind === 'INTERVAL') return text((value) => intervalOf(value as Uint8Array));
  if (kind === 'JSON') return jsonReader(options);
  if (element.logical_type?.type === 'GEOMETRY' || element.logical_type?.type === 'GEOGRAPHY')
    return { schema: {}, read: (value) => plain(value, options) };
  if (element.logical_type?.type === 'FLOAT16') return { schema: NUMBER, read: numberOf };
  switch (element.type) {
    case 'BOOLEAN':
      return { schema: { type: ['boolean', 'null'] }, read: Boolean };
    case 'INT32':
      return { schema: INTEGER, read: numberOf };
    case 'INT64':
      return integerReader(rangeOf(path, metadata));
    case 'FLOAT':
    case 'DOUBLE':
      return { schema: NUMBER, read: numberOf };
    default:
      return text((value) => (typeof value === 'string' ? value : textOf(value as Uint8Array, options)));
  }
}

const TEXT: JsonSchema = { type: ['string', 'null'] };
const NUMBER: JsonSchema = { type: ['number', 'null'] };
const INTEGER: JsonSchema = { type: ['integer', 'null'] };

const numberOf = (value: unknown): Json => (Number.isFinite(value) ? (value as number) : null);

const isSafe = (value: bigint): boolean => BigInt.asIntN(54, value) === value;

/** The smallest and largest value of a column, `undefined` when the file does not say. */
type Range = { readonly low: bigint | number; readonly high: bigint | number } | undefined;

function rangeOf(path: readonly string[], { row_groups: groups }: FileMetaData): Range {
  let range: Range;
  for (const { columns } of groups) {
    const found = columns.find(
      ({ meta_data: column }) => column?.path_in_schema.join('\0') === path.join('\0'),
    );
    const { statistics, num_values: count = 0n } = found?.meta_data ?? {};
    if (count === 0n || statistics?.null_count === count) continue;
    const low = statistics?.min_value ?? statistics?.min;
    const high = statistics?.max_value ?? statistics?.max;
    if (!isNumeric(low) || !isNumeric(high)) return undefined;
    range = range
      ? { low: low < range.low ? low : range.low, high: high > range.high ? high : range.high }
      : { low, high };
  }
  return range ?? { low: 0, high: 0 };
}

const isNumeric = (value: unknown): value is bigint | number =>
  typeof value === 'bigint' || typeof value === 'number';

/** Without statistics a column can have both numbers and, beyond 2^53, text, so it has no type. */
function integerReader(range: Range): ValueReader {
  const read = (value: unknown): Json => {
    const whole = BigInt(value as bigint);
    return isSafe(whole) ? Number(whole) : String(whole);
  };
  if (!range) return { schema: {}, read };
  const fits = isSafe(BigInt(range.low)) && isSafe(BigInt(range.high));
  return fits ? { schema: INTEGER, read } : { schema: TEXT, read: String };
}

/** So many decimal digits survive in a number. */
const EXACT_DIGITS = 15;

function decimalReader({ scale = 0, precision = 0 }: SchemaElement, range: Range): ValueReader {
  const largest = range && Math.max(Math.abs(Number(range.low)), Math.abs(Number(range.high)));
  const fits =
    precision <= EXACT_DIGITS || (largest !== undefined && largest * 10 ** scale < 10 ** EXACT_DIGITS);
  const text = (value: unknown): string => decimalText(wholeOf(value), scale);
  return fits
    ? { schema: scale === 0 ? INTEGER : NUMBER, read: (value) => Number(text(value)) }
    : { schema: TEXT, read: text };
}

/** The whole number in an integer, or in big-endian bytes of two's complement. */
function wholeOf(value: unknown): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value as number | bigint);
  const hex = Buffer.from(value).toString('hex');
  return hex === '' ? 0n : BigInt.asIntN(value.length * 8, BigInt(`0x${hex}`));
}

function decimalText(whole: bigint, scale: number): string {
  if (scale === 0) return String(whole);
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, '0');
  return `${whole < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function dateOf(days: number): Json {
  const date = new Date(days * 86_400_000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().slice(0, -'T00:00:00.000Z'.length);
}

type Unit = 'MILLIS' | 'MICROS' | 'NANOS';

const NANOS: Readonly<Record<Unit, bigint>> = { MILLIS: 1_000_000n, MICROS: 1000n, NANOS: 1n };

function unitOf({ converted_type: converted, logical_type: logical }: SchemaElement): Unit {
  if (logical && 'unit' in logical) return logical.unit;
  return converted?.endsWith('_MICROS') ? 'MICROS' : 'MILLIS';
}

function isTimestamp({ type, converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return (
    logical?.type === 'TIMESTAMP' ||
    converted?.startsWith('TIMESTAMP_') === true ||
    (type === 'INT96' && !converted)
  );
}

/** With `Z` where the file says that its times are UTC. INT96, of old writers, says nothing. */
function timestampWriter(
  element: SchemaElement,
  { timesInUtc = false }: ReadingOptions,
): (value: unknown) => Json {
  const { type, logical_type: logical } = element;
  const unit = type === 'INT96' ? 'NANOS' : unitOf(element);
  const isUtc =
    logical?.type === 'TIMESTAMP' ? logical.isAdjustedToUTC : element.converted_type !== undefined;
  return (value) => {
    const nanos = BigInt(value as bigint) * NANOS[unit];
    const second = floorDivide(nanos, 1_000_000_000n);
    const date = new Date(Number(second) * 1000);
    if (Number.isNaN(date.getTime())) return null;
    if (timesInUtc) return new Date(Number(floorDivide(nanos, NANOS.MILLIS))).toISOString();
    return `${date.toISOString().slice(0, -'.000Z'.length)}${fraction(nanos - second * 1_000_000_000n)}${isUtc ? 'Z' : ''}`;
  };
}

function timeOf(count: bigint, unit: Unit): string {
  const nanos = count * NANOS[unit];
  const second = floorDivide(nanos, 1_000_000_000n);
  const time = new Date(Number(second) * 1000).toISOString().slice(11, 19);
  return `${time}${fraction(nanos - second * 1_000_000_000n)}`;
}

const floorDivide = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b;

/** Nanoseconds as `.123`, `.123456` or `.123456789`; nothing when there are none. */
function fraction(nanos: bigint): string {
  if (nanos === 0n) return '';
  return `.${String(nanos)
    .padStart(9, '0')
    .replace(/(?:000){1,2}$/, '')}`;
}

/** Months, days and milliseconds as a duration of ISO 8601. */
function intervalOf(bytes: Uint8Array): Json {
  if (bytes.length !== 12) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 12);
  const [months, days, millis] = [0, 4, 8].map((at) => view.getUint32(at, true));
  return `P${months}M${days}DT${(millis ?? 0) / 1000}S`;
}

function jsonReader(options: ReadingOptions): ValueReader {
  const text = (value: unknown): string =>
    typeof value === 'string' ? value : textOf(value as Uint8Array, options);
  if (options.jsonAsText === true) return { schema: TEXT, read: text };
  return {
    schema: {},
    read(value) {
      const written = text(value);
      return wellFormed(jsonIn(written) ?? written);
    },
  };
}

/** Older writers do not say that bytes are text. */
export function textOf(bytes: Uint8Array, { binary }: ReadingOptions): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return binary(bytes);
  }
}

/** A value without a type of its own. */
export function plain(value: unknown, options: ReadingOptions): Json {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return numberOf(value);
  if (typeof value === 'bigint') return isSafe(value) ? Number(value) : String(value);
  if (typeof value !== 'object' || value === null) return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return textOf(value, options);
  if (Array.isArray(value)) return value.map((each) => plain(each, options));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each, options)]));
}
