import type { Bin } from '../../../dataset/report/numbers.js';
import type { DatasetReport } from '../../../dataset/report/report.js';
import type { ValidityReport } from '../../../dataset/report/validity.js';
import { compact, count, money } from '../text.js';

/** The sections of a report in order, with their titles. */
export function sections({ agreement, correlations }: DatasetReport): readonly {
  readonly key: string;
  readonly title: string;
}[] {
  const measures = new Set(agreement.map(({ measure }) => measure));
  const weighted = measures.has('cohen-kappa-quadratic') ? ', of numbers with quadratic weights' : '';
  const hasMany = correlations.length > 0;
  return [
    { key: 'columns', title: 'columns' },
    { key: 'scores', title: 'scores of judges' },
    { key: 'validity', title: 'validity' },
    { key: 'numbers', title: 'numbers' },
    { key: 'values', title: 'common values' },
    { key: 'correlations', title: hasMany ? "correlations (Pearson's r)" : 'correlations' },
    { key: 'agreement', title: `agreement (Cohen's kappa${weighted})` },
    { key: 'reviews', title: 'reviews' },
    { key: 'failures', title: 'failures' },
    { key: 'duplicates', title: 'duplicates' },
    { key: 'cost', title: 'cost' },
  ];
}

export function rowsLine({
  rows,
  written,
  recipe,
  status,
  fabricated,
  finished_at: end,
}: DatasetReport): string {
  const states = (['failed', 'rejected', 'skipped', 'filtered', 'unfinished'] as const)
    .filter((state) => (rows[state] ?? 0) > 0)
    .map((state) => `${rows[state]?.toLocaleString('en-US')} ${state}`);
  const made = fabricated ? ' · dry run: fake answers' : '';
  const left = written === undefined ? '' : `, ${count(written, 'row')} after processors`;
  const day = end.slice(0, 16).replace('T', ' ');
  return `${[`${count(rows.done, 'row')} done`, ...states].join(', ')}${left} · recipe ${recipe} · ${status} ${day}${made}`;
}

export function spentLine({ spent, fabricated }: DatasetReport): string {
  if (fabricated) return '';
  const { input, output, answers_uncounted: uncounted } = spent.tokens;
  const not = uncounted > 0 ? `; the tokens of ${count(uncounted, 'answer')} were not counted` : '';
  return `${money(spent.usd, spent.usd_is_minimum)} for ${compact(input)} tokens in and ${compact(output)} out${not}`;
}

export function reviewLine({ reviews: { rows, kept, dropped, edited, outdated } }: DatasetReport): string {
  if (rows === 0) return '';
  const old = outdated > 0 ? `; ${outdated} of them about earlier answers` : '';
  return `${count(rows, 'row')} reviewed: ${kept} kept, ${dropped} dropped, ${edited} edited${old}`;
}

/** At most three digits that say something: `12,400`, `3.25`, `0.0021`. */
export function amount(number: number): string {
  if (Number.isInteger(number))
    return Math.abs(number) < 1e15 ? number.toLocaleString('en-US') : number.toPrecision(3);
  return Math.abs(number) >= 100
    ? Math.round(number).toLocaleString('en-US')
    : String(Number(number.toPrecision(3)));
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Valid cells of a `validation` column, among those that could be checked. */
export function validLine({ valid, invalid, unknown }: ValidityReport): string {
  const checked = valid + invalid;
  const share = checked === 0 ? 'none checked' : `${percent(valid / checked)} valid (${valid} of ${checked})`;
  return unknown > 0 ? `${share}, ${unknown} not known` : share;
}

export const binName = ({ from, to }: Bin): string =>
  from === to ? amount(from) : `${amount(from)}–${amount(to)}`;

/** Heights of bars from 0 to `most`; what occurs at all is at least 1. */
export function barHeights(bins: readonly { readonly count: number }[], most: number): readonly number[] {
  const highest = Math.max(1, ...bins.map(({ count: number }) => number));
  return bins.map(({ count: number }) =>
    number === 0 ? 0 : Math.max(1, Math.round((number / highest) * most)),
  );
}

/** Names of scores without the judge, such as `depth`, where no other score or column has that name. */
export function shortNames({ scores, columns }: DatasetReport): (name: string) => string {
  const last = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
  const taken = [...columns, ...scores].map(({ name }) => last(name));
  const short = new Map(
    scores
      .filter(({ name }) => taken.filter((other) => other === last(name)).length === 1)
      .map(({ name }) => [name, last(name)]),
  );
  return (name) => short.get(name) ?? name;
}

/** Columns of numbers, without those that only copy a score. */
export function ownNumbers({ scores, columns }: DatasetReport): DatasetReport['columns'] {
  const copies = new Set(scores.flatMap((score) => score.copies));
  return columns.filter(({ name }) => !copies.has(name));
}

/** A number from -1 to 1, with two digits. */
export const coefficient = (number: number | null): string =>
  number === null ? '–' : (Math.round(number * 100) / 100 || 0).toFixed(2);
