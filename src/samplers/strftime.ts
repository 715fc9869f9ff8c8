/**
 * `convert_to` of dates: the patterns of Python's `strftime`, in English and UTC, by d3-time-format. What d3 does not
 * have, or has in another form, is written in its terms.
 */
import { timeFormatLocale } from 'd3-time-format';
import { err, ok, type Result } from '../core/result.js';

/**
 * The function that formats ISO text without a zone, or why there is none. A single part that says neither a year nor a
 * month, such as `%A` or `%H`, is no date: Data Designer takes a pattern only when its text can be read as a date.
 */
export function dateFormatter(pattern: string): Result<(iso: string) => string, string> {
  const directives = [...pattern.matchAll(DIRECTIVE)].map(([text, , letter = '']) => ({ text, letter }));
  const unknown = directives.find(({ letter }) => !KNOWN.has(letter));
  if (unknown) return err(`\`${unknown.text}\` is no directive of strftime; there are ${listed(KNOWN)}`);
  const [first, ...others] = directives.filter(({ letter }) => !SILENT.has(letter));
  if (first === undefined)
    return err('there is no directive of strftime in it, as in `%Y-%m-%d`, so all dates would look the same');
  if (others.length === 0 && !DATES.has(first.letter))
    return err(
      `\`${first.text}\` alone is no date: a year, a month or a second part is needed, as in \`%A %d %B %Y\``,
    );
  const format = english.utcFormat(
    pattern.replaceAll(DIRECTIVE, (text, _flag, letter: string) => SAME[letter] ?? text),
  );
  return ok((iso) => format(new Date(`${iso}Z`)));
}

const DIRECTIVE = /%([-_0]?)(.|$)/gsu;

/** Directives as patterns of d3. Dates have no zone, so Python prints nothing for it. */
const SAME: Readonly<Record<string, string>> = {
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  R: '%H:%M',
  T: '%H:%M:%S',
  Z: '',
  h: '%b',
  k: '%_H',
  l: '%_I',
  n: '\n',
  r: '%I:%M:%S %p',
  t: '\t',
  z: '',
};
const KNOWN = new Set('aAbBcdDeFfgGhHIjklmMnpRrsStTuUVwWxXyYzZ%');
const SILENT = new Set('%ntzZ');
/** These say a date or a time of day alone. */
const DATES = new Set('bBcDFGhrRTxXY');

const listed = (letters: ReadonlySet<string>): string => [...letters].map((letter) => `%${letter}`).join(' ');

const english = timeFormatLocale({
  dateTime: '%a %b %e %H:%M:%S %Y',
  date: '%m/%d/%y',
  time: '%H:%M:%S',
  periods: ['AM', 'PM'],
  days: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
  shortDays: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
  months: [
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
    'December',
  ],
  shortMonths: ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
});
