import type { Json } from '../core/json.js';
import { dateText, isInRange, parseDate } from './dates.js';
import type { SamplerType } from './types.js';

type TimedeltaParams = {
  readonly dt_min: number;
  readonly dt_max: number;
  readonly reference_column_name: string;
  readonly unit?: Unit;
};
type Unit = 'D' | 'h' | 'm' | 's';

const SECONDS: Readonly<Record<Unit, number>> = { D: 86_400, h: 3600, m: 60, s: 1 };

/** Samplers whose values are dates, and those whose values may be texts of dates. */
const DATES = new Set(['datetime', 'timedelta']);
const TEXTS = new Set(['category', 'subcategory']);

/** `timedelta`: the date of another sampler column and a whole number of units. */
export const timedelta: SamplerType<TimedeltaParams> = {
  type: 'timedelta',
  summary: 'A date some time after that of another column.',
  schema: {
    properties: {
      dt_min: { type: 'integer', minimum: 0, description: 'How many units later, at least.' },
      dt_max: { type: 'integer', minimum: 1, description: 'How many units later: always fewer than this.' },
      reference_column_name: {
        type: 'string',
        minLength: 1,
        description: 'A sampler column: a `datetime`, another `timedelta`, or a category of dates.',
      },
      unit: { enum: Object.keys(SECONDS), description: 'Days (default), hours, minutes or seconds.' },
    },
    required: ['dt_min', 'dt_max', 'reference_column_name'],
  },
  convert: 'strftime',
  reads: ({ reference_column_name: column }) => [{ column, at: ['reference_column_name'] }],
  check({ dt_min: min, dt_max: max, reference_column_name: column }, { sampler, isConditional }) {
    if (max <= min)
      return [
        {
          code: 'invalid-value',
          message: `\`dt_max\` (${max}) is not above \`dt_min\` (${min}); it is never reached itself`,
          at: ['dt_max'],
        },
      ];
    const reference = sampler(column);
    if (reference === undefined || DATES.has(reference.type)) return [];
    const at = ['reference_column_name'];
    if (!TEXTS.has(reference.type))
      return [{ code: 'invalid-value', message: `\`${column}\` (${reference.type}) has no dates`, at }];
    const wrong = reference.values?.find((value) => timeOf(value) === undefined);
    if (wrong === undefined || isConditional) return [];
    const message = `\`${column}\` has values that are no dates, such as ${JSON.stringify(wrong)}`;
    return [{ code: 'invalid-value', message, at }];
  },
  valueSchema: () => ({ type: 'string' }),
  prepare: ({ dt_min: min, dt_max: max, reference_column_name: column, unit = 'D' }) => {
    const step = SECONDS[unit] * 1000;
    return (random, row) => {
      const time = (timeOf(row[column]) ?? NaN) + (min + Math.floor(random() * (max - min))) * step;
      return isInRange(time) ? dateText(time) : undefined;
    };
  },
};

const timeOf = (value: Json | undefined): number | undefined =>
  typeof value === 'string' ? parseDate(value) : undefined;
