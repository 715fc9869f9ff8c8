import type { Problem } from '../core/problem.js';
import { dateText, parseDate } from './dates.js';
import type { SamplerType } from './types.js';

type DatetimeParams = { readonly start: string; readonly end: string; readonly unit?: Unit };
type Unit = 'Y' | 'M' | 'D' | 'h' | 'm' | 's';

/**
 * `datetime`: a second from `start` to before `end`, each as likely as the others, cut down to the unit. So `Y` from
 * 2020-07-01 can give 2020-01-01, as in Data Designer.
 */
export const datetime: SamplerType<DatetimeParams> = {
  type: 'datetime',
  summary: 'A date between two others.',
  schema: {
    properties: {
      start: { type: 'string', description: 'The earliest date. Without a zone it is UTC.' },
      end: { type: 'string', description: 'All dates are before it.' },
      unit: {
        enum: ['Y', 'M', 'D', 'h', 'm', 's'],
        description: 'Dates are cut down to the year, month, day (default), hour, minute or second.',
      },
    },
    required: ['start', 'end'],
  },
  convert: 'strftime',
  check({ start, end }) {
    const [from, to] = [parseDate(start), parseDate(end)];
    if (from === undefined) return [noDate('start', start)];
    if (to === undefined) return [noDate('end', end)];
    if (seconds(from) < seconds(to)) return [];
    return [
      { code: 'invalid-value', message: `\`end\` (${end}) is not after \`start\` (${start})`, at: ['end'] },
    ];
  },
  valueSchema: () => ({ type: 'string' }),
  range({ start, end, unit = 'D' }) {
    const [from, to] = [parseDate(start), parseDate(end)];
    if (from === undefined || to === undefined) return {};
    return { min: cut(dateText(from), unit), max: cut(dateText((seconds(to) - 1) * 1000), unit) };
  },
  prepare({ start, end, unit = 'D' }) {
    const from = seconds(parseDate(start) ?? 0);
    const count = seconds(parseDate(end) ?? 0) - from;
    return (random) => cut(dateText((from + Math.floor(random() * count)) * 1000), unit);
  },
};

const seconds = (time: number): number => Math.floor(time / 1000);

function noDate(key: 'start' | 'end', text: string): Problem {
  return {
    code: 'invalid-value',
    message: `\`${text}\` is no date; expected one such as 2024-01-31 or 2024-01-31T09:30:00`,
    at: [key],
  };
}

/** How many characters of ISO text belong to the unit. */
const KEPT: Readonly<Record<Unit, number>> = { Y: 4, M: 7, D: 10, h: 13, m: 16, s: 19 };

const cut = (text: string, unit: Unit): string =>
  text.slice(0, KEPT[unit]) + '0000-01-01T00:00:00'.slice(KEPT[unit]);
