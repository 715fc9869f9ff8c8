import { createHash } from 'node:crypto';
import type { DatasetReport } from '../../../dataset/report/report.js';
import type { Summary } from '../../../dataset/report/numbers.js';
import { compact, money } from '../text.js';
import { STYLE } from './style.js';
import { escaped, histogramChart, valueChart } from './svg.js';
import {
  amount,
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

/**
 * A report as one HTML page: no script, no other file, no request. Its policy allows nothing but its own style, by
 * hash, so that a row with markup cannot do anything even where an escape were forgotten.
 */
export function renderReportHtml(report: DatasetReport): string {
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
  const drawn: Readonly<Record<string, string>> = {
    columns: columnTable(report),
    scores: scoreCharts(report),
    validity: validityTable(report),
    numbers: numberCharts(report),
    values: valueCharts(report),
    correlations: correlationMatrix(report),
    agreement: agreementTable(report),
    failures: failureTable(report),
    duplicates: duplicateTable(report),
    reviews: reviewLine(report) && `<p>${escaped(reviewLine(report))}</p>`,
    cost: costTable(report),
  };
  const body = sections(report).flatMap(({ key, title }) =>
    drawn[key] ? [`<section id="${key}"><h2>${escaped(title)}</h2>${drawn[key]}</section>`] : [],
  );
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">',
    `<title>${escaped(report.dataset)}</title><style>${STYLE}</style></head><body><main>`,
    `<h1>${escaped(report.dataset)}</h1><p class="lead">${escaped(rowsLine(report))}</p>`,
    tiles(report),
    ...body,
    '</main></body></html>',
    '',
  ].join('\n');
}

function tiles(report: DatasetReport): string {
  const { rows, duplicates, spent, fabricated, agreement } = report;
  const [first] = agreement;
  const shown: readonly (readonly [value: string, label: string])[] = [
    [rows.done.toLocaleString('en-US'), 'rows done'],
    [rows.failed.toLocaleString('en-US'), 'failed'],
    [(duplicates.exact + duplicates.near).toLocaleString('en-US'), 'repeated'],
    ...(first && first.kappa !== null ? [[coefficient(first.kappa), 'kappa'] as const] : []),
    ...(fabricated
      ? []
      : [
          [compact(spent.tokens.input + spent.tokens.output), 'tokens'] as const,
          [money(spent.usd, spent.usd_is_minimum), 'cost'] as const,
        ]),
  ];
  const each = shown.map(
    ([value, label]) => `<div><b>${escaped(value)}</b><span>${escaped(label)}</span></div>`,
  );
  return `<div class="tiles">${each.join('')}</div>`;
}

type Cell = string | number;

/** A table; cells that are numbers, and the columns named in `right`, are right-aligned. */
function table(
  heading: readonly string[],
  rows: readonly (readonly Cell[])[],
  right: readonly number[] = [],
): string {
  const cell = (tag: 'td' | 'th', text: Cell, at: number): string => {
    const isNumber = typeof text === 'number' || right.includes(at);
    const shown = typeof text === 'number' ? text.toLocaleString('en-US') : text;
    return `<${tag}${isNumber ? ' class="n"' : ' dir="auto"'}>${escaped(shown)}</${tag}>`;
  };
  const head = heading.map((text, at) => cell('th', text, at)).join('');
  const body = rows.map((row) => `<tr>${row.map((text, at) => cell('td', text, at)).join('')}</tr>`).join('');
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

const lengths = (summary: Summary | undefined): readonly string[] =>
  summary
    ? [summary.median, summary.p95, summary.max].map((number) => compact(Math.round(number)))
    : ['', '', ''];

function columnTable({ columns }: DatasetReport): string {
  const measures = ['median', '95 %', 'max'];
  const heading = [
    'column',
    'from',
    'type',
    'null',
    'empty',
    'different',
    ...measures.map((measure) => `chars ${measure}`),
    ...measures.map((measure) => `tokens ${measure}`),
  ];
  const rows = columns.map((column): readonly Cell[] => [
    column.name,
    column.from === 'seed' ? 'seed' : 'made',
    column.types.join(' or ') || 'null',
    column.nulls,
    column.empty,
    `${column.distinct_is_estimate ? '~' : ''}${column.distinct.toLocaleString('en-US')}`,
    ...lengths(column.characters),
    ...lengths(column.tokens),
  ]);
  return table(heading, rows, [3, 4, 5, 6, 7, 8, 9, 10, 11]);
}

function validityTable({ validity = [] }: DatasetReport): string {
  if (validity.length === 0) return '';
  return table(
    ['column', ''],
    validity.map((column) => [column.name, validLine(column)]),
  );
}

const figure = (name: string, note: string, chart: string): string =>
  `<figure><figcaption><b dir="auto">${escaped(name)}</b> <span>${escaped(note)}</span></figcaption>${chart}</figure>`;

const figures = (drawn: readonly string[]): string =>
  drawn.length === 0 ? '' : `<div class="charts">${drawn.join('')}</div>`;

const described = ({ mean, sd, median }: Summary): string =>
  `mean ${amount(mean)}, sd ${amount(sd)}, median ${amount(median)}`;

function scoreCharts(report: DatasetReport): string {
  const short = shortNames(report);
  const scores = report.scores.map((score) => ({ ...score, name: short(score.name) }));
  return figures(
    scores.flatMap(({ name, numbers, histogram, values }) => [
      ...(numbers && histogram ? [figure(name, described(numbers), histogramChart(name, histogram))] : []),
      ...(values ? [figure(name, '', valueChart(name, values, 0))] : []),
    ]),
  );
}

function numberCharts(report: DatasetReport): string {
  return figures(
    ownNumbers(report).flatMap(({ name, numbers, histogram }) =>
      numbers && histogram ? [figure(name, described(numbers), histogramChart(name, histogram))] : [],
    ),
  );
}

function valueCharts({ columns }: DatasetReport): string {
  return figures(
    columns.flatMap(({ name, values, other_values: others = 0, items }) =>
      values ? [figure(name, items ? 'items of lists' : '', valueChart(name, values, others))] : [],
    ),
  );
}

/** All pairs as a matrix, the strength in steps of a fifth. */
function correlationMatrix(report: DatasetReport): string {
  // Without what is the same in all rows.
  const correlations = report.correlations.filter(({ pearson }) => pearson !== null);
  const short = shortNames(report);
  if (correlations.length === 0) return '';
  const names = [...new Set(correlations.flatMap(({ a, b }) => [a, b]))].sort();
  const of = new Map(
    correlations.flatMap(({ a, b, pearson }) => [
      [`${a}\0${b}`, pearson],
      [`${b}\0${a}`, pearson],
    ]),
  );
  const cell = (a: string, b: string): string => {
    if (a === b) return '<td class="n self"></td>';
    const pearson = of.get(`${a}\0${b}`) ?? null;
    if (pearson === null) return '<td class="n">–</td>';
    const step = Math.round(Math.abs(pearson) * 5);
    return `<td class="n ${pearson < 0 ? 'minus' : 'plus'}${step}">${coefficient(pearson)}</td>`;
  };
  const head = names.map((_, at) => `<th class="n">${at + 1}</th>`).join('');
  const rows = names.map(
    (a, at) =>
      `<tr><th dir="auto">${at + 1} ${escaped(short(a))}</th>${names.map((b) => cell(a, b)).join('')}</tr>`,
  );
  return `<div class="wide"><table class="matrix"><thead><tr><th></th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function agreementTable({ agreement }: DatasetReport): string {
  if (agreement.length === 0) return '';
  const rows = agreement.map(({ a, b, kappa, same, rows: number, measure }) => [
    a,
    b,
    coefficient(kappa),
    percent(same),
    number,
    measure === 'cohen-kappa-quadratic' ? 'quadratic' : 'none',
  ]);
  return table(['score', 'score', 'kappa', 'same', 'rows', 'weights'], rows, [2, 3, 4]);
}

function failureTable({ failures }: DatasetReport): string {
  if (failures.cells === 0) return '';
  const rows = failures.classes.map(({ class: kind, cells, first }) => [
    kind,
    cells,
    `${first.message} (row ${first.row}, ${first.column})`,
  ]);
  return table(['class', 'cells', 'the first'], rows, [1]);
}

function duplicateTable({ duplicates }: DatasetReport): string {
  const { columns, compared, exact, near, near_share: share, examples } = duplicates;
  if (compared === 0) return '';
  const text = `${exact.toLocaleString('en-US')} rows have the words of an earlier row, ${near.toLocaleString('en-US')} share ${percent(share)} or more of their runs of three words with one. ${compared.toLocaleString('en-US')} rows were compared by ${columns.join(', ')}.`;
  const rows = examples.map(({ row, of, share: same }) => [row, of, percent(same)]);
  return `<p>${escaped(text)}</p>${rows.length > 0 ? table(['row', 'repeats row', 'shared'], rows, [0, 1, 2]) : ''}`;
}

function costTable(report: DatasetReport): string {
  const line = spentLine(report);
  if (line === '') return '';
  const rows = report.usage.flatMap(({ alias, model, columns }) =>
    columns.map(({ column, calls, failed_calls: failed, stored_answers: stored, tokens, cost_usd: cost }) => [
      column,
      `${alias} (${model})`,
      calls,
      failed,
      stored,
      tokens.input,
      tokens.output,
      money(cost, tokens.answers_uncounted > 0),
    ]),
  );
  const heading = ['column', 'model', 'calls', 'failed', 'stored', 'tokens in', 'tokens out', 'cost'];
  const ofRun = '<p class="lead">Of the last run:</p>';
  return `<p>${escaped(line)}</p>${rows.length > 0 ? ofRun + table(heading, rows, [2, 3, 4, 5, 6, 7]) : ''}`;
}
