/** Dates of samplers: times in UTC, as milliseconds since 1970 and as ISO text. */

/** `2024-01-18T20:12:53`: ISO text with seconds and without a zone. As text it has the order of time. */
export function dateText(time: number): string {
  const seconds = Math.floor(time / 1000);
  const day = Math.floor(seconds / 86_400);
  const second = seconds - day * 86_400;
  const clock = `${pair(second / 3600)}:${pair((second / 60) % 60)}:${pair(second % 60)}`;
  return dayText(day) + clock;
}

/** `2024-01-18T`, of a day since 1970. Columns have few different days, and text for a day takes long to make. */
function dayText(day: number): string {
  const known = dayTexts.get(day);
  if (known !== undefined) return known;
  if (dayTexts.size >= MOST_DAYS) dayTexts.clear();
  const text = new Date(day * 86_400_000).toISOString().slice(0, 11);
  dayTexts.set(day, text);
  return text;
}

const MOST_DAYS = 10_000;
const dayTexts = new Map<number, string>();

const PAIRS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
const pair = (number: number): string => PAIRS[Math.floor(number)] ?? '';

/**
 * The time that a text names, as ISO 8601 (a year or a month alone too) or as people write it: `5 Jan 2024`,
 * `1/31/2024 10:30 PM`. Where both could be the month, the first is. Without a zone it is UTC. `undefined` when it is no
 * date of the years 1 to 9999.
 */
export function parseDate(text: string): number | undefined {
  const own = text.length === OWN_LENGTH ? Date.parse(`${text}Z`) : Number.NaN;
  if (!Number.isNaN(own) && isInRange(own) && dateText(own) === text) return own;
  const clock = CLOCK.exec(text);
  const day = parseDay(clock ? text.slice(0, clock.index) : text);
  const time = clock ? parseClock(clock) : 0;
  if (day === undefined || time === undefined) return undefined;
  return isInRange(day + time) ? day + time : undefined;
}

/** Dates that samplers drew have this form, and are read at once. */
const OWN_LENGTH = '2024-01-18T20:12:53'.length;

/** True for the years 1 to 9999. */
export const isInRange = (time: number): boolean => time >= FIRST && time < AFTER_LAST;

const FIRST = Date.parse('0001-01-01');
const AFTER_LAST = Date.UTC(10_000, 0);

const CLOCK =
  /(?:(?<=\d)T|[\s,]+(?=\d+(?::|\s*[ap]m)))(?<hour>\d{1,2})(?::?(?<minute>\d\d)(?::?(?<second>\d\d)(?:[.,](?<fraction>\d+))?)?)?\s*(?<half>[ap]m)?\s*(?<zone>Z|UTC|GMT|(?<sign>[+-])(?<zoneHour>\d\d):?(?<zoneMinute>\d\d)?)?$/i;

/** Milliseconds since midnight in UTC. */
function parseClock({ groups = {} }: RegExpExecArray): number | undefined {
  const part = (name: string): number => Number(groups[name] ?? 0);
  const { half, sign } = groups;
  if (part('minute') > 59 || part('second') > 59) return undefined;
  if (half ? part('hour') < 1 || part('hour') > 12 : part('hour') > 23) return undefined;
  const hour = half ? (part('hour') % 12) + (half.toLowerCase() === 'pm' ? 12 : 0) : part('hour');
  const offset = (sign === '-' ? -1 : 1) * (part('zoneHour') * 60 + part('zoneMinute'));
  const seconds = (hour * 60 + part('minute') - offset) * 60 + part('second');
  return seconds * 1000 + Math.floor(Number(`0.${groups['fraction'] ?? 0}`) * 1000);
}

/** Midnight of a day in UTC. */
function parseDay(text: string): number | undefined {
  const compact = /^\s*(\d{4})(\d\d)(\d\d)\s*$/.exec(text);
  const words = compact ? compact.slice(1) : text.trim().split(/[\s,./-]+/);
  const parts = words.filter((word) => !WEEKDAY.test(word));
  const names = parts.filter((word) => MONTH.test(word));
  const numbers = parts.filter((word) => /^\d{1,2}$|^\d{4}$/.test(word));
  if (names.length > 1 || names.length + numbers.length !== parts.length) return undefined;
  const years = numbers.filter((number) => number.length === 4);
  const [year] = years;
  if (year === undefined || years.length > 1) return undefined;
  const others = numbers.filter((number) => number !== year).map(Number);
  const [name] = names;
  if (name !== undefined) return dayOf(Number(year), monthOf(name), others);
  const [first = 1, second] = others;
  const isDayFirst = numbers[0] !== year && first > 12;
  return isDayFirst && second !== undefined
    ? dayOf(Number(year), second, [first])
    : dayOf(Number(year), first, others.slice(1));
}

const WEEKDAY = /^(mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(day)?$/i;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH =
  /^(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|(nov|dec)(ember)?)$/i;

const monthOf = (name: string): number => MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1;

function dayOf(year: number, month: number, [day = 1, ...more]: readonly number[]): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isReal && more.length === 0 ? date.getTime() : undefined;
}
