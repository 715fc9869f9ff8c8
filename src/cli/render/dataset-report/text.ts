import type { Bin } from '../../../dataset/report/numbers.js';
import type { ColumnReport } from '../../../dataset/report/column-report.js';
import type { DatasetReport, ScoreReport } from '../../../dataset/report/report.js';
import type { ValueCount } from '../../../dataset/report/values.js';
import { renderTable } from '../table.js';
import { compact, count, cut, safe, widthOf, wrap, wrapEntry } from '../text.js';
import {
  amount,
  barHeights,
  binName,
  coefficient,
  ownNumbers,
  percent,
  reviewLine,
  rowsLine,
  sections,
  shortNames,
  spentLine,
  validLine,
} from './words.js';

/** Lists are cut in the terminal; `--format json` and the page have all. */
const MOST_LINES = 12;

export interface TextStyle {
  readonly width: number;
  readonly bold: (text: string) => string;
}

/** A report for the terminal. */
export function renderReportText(report: DatasetReport, { width, bold }: TextStyle): string {
  const heading = [bold(safe(report.dataset)), ...wrap(rowsLine(report), width)].join('\n');
  const drawn: Readonly<Record<string, readonly string[]>> = {
    columns: columnTable(report, width),
    scores: scoreTable(report, width),
    validity: (report.validity ?? []).map((column) => `${safe(column.name)}  ${validLine(column)}`),
    numbers: numberTable(ownNumbers(report), width),
    values: valueLines(report, width),
    correlations: correlationTable(report, width),
    agreement: agreementTable(report, width),
    failures: failureLines(report, width),
    duplicates: duplicateLines(report, width),
    reviews: wrap(reviewLine(report), width).filter((line) => line !== ''),
    cost: wrap(spentLine(report), width).filter((line) => line !== ''),
  };
  const shown = sections(report).flatMap(({ key, title }) => {
    const lines = drawn[key] ?? [];
    return lines.length === 0 ? [] : [[bold(title), ...lines.map((line) => cut(line, width))].join('\n')];
  });
  return [heading, ...shown].join('\n\n');
}

function columnTable({ columns }: DatasetReport, width: number): readonly string[] {
  const narrow = columns.map(({ name }) => widthOf(safe(name)));
  const widest = Math.min(Math.max(0, ...narrow), Math.max(16, width - 56));
  return renderTable(
    [
      ['', 'type', 'null', 'empty', 'different', 'characters', 'tokens'],
      ['', '', '', '', '', 'median–max', 'median–max'],
      ...columns.map((column) => [
        cut(safe(column.name), widest),
        column.types.join('|') || 'null',
        column.nulls || '',
        column.empty || '',
        `${column.distinct_is_estimate ? '~' : ''}${compact(column.distinct)}`,
        lengths(column.characters),
        lengths(column.tokens),
      ]),
    ],
    [2, 3, 4, 5, 6],
  ).split('\n');
}

const lengths = (summary: ColumnReport['characters']): string =>
  summary ? `${compact(Math.round(summary.median))}–${compact(summary.max)}` : '';

function scoreTable(report: DatasetReport, width: number): readonly string[] {
  const short = shortNames(report);
  const scores = report.scores.map((score) => ({ ...score, name: short(score.name) }));
  const ofNumbers = scores.flatMap(({ name, numbers, histogram }) =>
    numbers ? [{ name, numbers, histogram: histogram ?? [] }] : [],
  );
  return [
    ...summaryTable(ofNumbers, width),
    ...scores.flatMap(({ name, values }) => (values ? countLine(name, values, 0, width) : [])),
  ];
}

function numberTable(columns: readonly ColumnReport[], width: number): readonly string[] {
  const rows = columns.flatMap(({ name, numbers, histogram = [] }) =>
    numbers ? [{ name, numbers, histogram }] : [],
  );
  return summaryTable(rows, width);
}

interface NumberRow {
  readonly name: string;
  readonly numbers: NonNullable<ScoreReport['numbers']>;
  readonly histogram: readonly Bin[];
}

function summaryTable(rows: readonly NumberRow[], width: number): readonly string[] {
  if (rows.length === 0) return [];
  return renderTable(
    [
      ['', 'mean', 'sd', 'min', 'median', 'max', ''],
      ...rows.map(({ name, numbers, histogram }) => [
        cut(safe(name), Math.max(16, width - 50)),
        amount(numbers.mean),
        amount(numbers.sd),
        amount(numbers.min),
        amount(numbers.median),
        amount(numbers.max),
        bars(histogram),
      ]),
    ],
    [1, 2, 3, 4, 5],
  ).split('\n');
}

const BARS = '▁▂▃▄▅▆▇█';

/** `0▂ 1▅ 2█` for a few values, `▂▅█▁` for ranges. */
function bars(histogram: readonly Bin[]): string {
  const heights = barHeights(histogram, BARS.length - 1);
  const isOfValues = histogram.every(({ from, to }) => from === to) && histogram.length <= 6;
  return heights
    .map((height, at) => {
      const bar = BARS[height] ?? '';
      const bin = histogram[at];
      return isOfValues && bin ? `${binName(bin)}${bar}` : bar;
    })
    .join(isOfValues ? ' ' : '');
}

function valueLines({ columns }: DatasetReport, width: number): readonly string[] {
  const shown = columns.flatMap(({ name, values, other_values: others = 0 }) =>
    values ? [{ name, values, others }] : [],
  );
  return shown.flatMap(({ name, values, others }) => countLine(name, values, others, width));
}

const MOST_VALUES = 8;

function countLine(
  name: string,
  values: readonly ValueCount[],
  others: number,
  width: number,
): readonly string[] {
  const hidden = Math.max(0, values.length - MOST_VALUES) + others;
  const parts = values
    .slice(0, MOST_VALUES)
    .map(({ value, count: number }) => `${cut(value, 40) || '(empty)'} ${number}`);
  const more = hidden > 0 ? [`${hidden} more`] : [];
  return wrapEntry(`${name}: ${[...parts, ...more].join(', ')}`.replaceAll('\n', ' '), width);
}

function correlationTable(report: DatasetReport, width: number): readonly string[] {
  const known = report.correlations.flatMap(({ pearson, ...pair }) =>
    pearson === null ? [] : [{ ...pair, pearson }],
  );
  if (known.length === 0) return [];
  const short = shortNames(report);
  const name = (text: string): string => cut(safe(short(text)), Math.floor((width - 22) / 2));
  return limited(
    renderTable(
      [
        ['', '', 'r', 'rows'],
        ...known.map(({ a, b, pearson, rows }) => [name(a), name(b), coefficient(pearson), rows]),
      ],
      [2, 3],
    ).split('\n'),
  );
}

function agreementTable({ agreement }: DatasetReport, width: number): readonly string[] {
  if (agreement.length === 0) return [];
  const name = (text: string): string => cut(safe(text), Math.floor((width - 30) / 2));
  const table = renderTable(
    [
      ['', '', 'kappa', 'same', 'rows'],
      ...agreement.map(({ a, b, kappa, same, rows }) => [
        name(a),
        name(b),
        coefficient(kappa),
        percent(same),
        rows,
      ]),
    ],
    [2, 3, 4],
  );
  return limited(table.split('\n'));
}

function failureLines({ failures }: DatasetReport, width: number): readonly string[] {
  return failures.classes.flatMap(({ class: kind, cells, first }) =>
    wrapEntry(`${kind} ${cells}: ${first.message} (row ${first.row}, ${first.column})`, width),
  );
}

function duplicateLines({ duplicates }: DatasetReport, width: number): readonly string[] {
  const { columns, compared, exact, near, near_share: share, examples } = duplicates;
  if (compared === 0) return [];
  const first = examples.slice(0, 3).map(({ row, of, share: same }) => `${row} of ${of} (${percent(same)})`);
  const text = [
    `${count(exact, 'row')} with the words of an earlier row, ${near} that share ${percent(share)} or more, of ${compared.toLocaleString('en-US')} compared by ${columns.join(', ')}`,
    ...(first.length > 0 ? [`such as row ${first.join(', ')}`] : []),
  ].join('; ');
  return wrap(text, width);
}

const limited = (lines: readonly string[]): readonly string[] =>
  lines.length <= MOST_LINES + 1
    ? lines
    : [...lines.slice(0, MOST_LINES + 1), `${lines.length - MOST_LINES - 1} more with --format json or html`];
