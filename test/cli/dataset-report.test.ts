import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { renderReportHtml } from '../../src/cli/render/dataset-report/html.js';
import { renderReportText } from '../../src/cli/render/dataset-report/text.js';
import { widthOf } from '../../src/cli/render/text.js';
import type { Metadata } from '../../src/dataset/metadata.js';
import { createReport, type DatasetReport } from '../../src/dataset/report/report.js';

const EVIL = '<script>alert("1")</script><img src=x onerror=\'a\'>\u001b[31m\u202e&amp;';

function reportOf(rows: readonly JsonObject[], name = 'made'): DatasetReport {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const tokens = { input: 12_400, output: 900, cached: 0, reasoning: 0, answers_uncounted: 0 };
  const usage = { calls: 3, failed_calls: 1, stored_answers: 0, cells: 2, tokens, cost_usd: 0.25 };
  const metadata = {
    dataset: name,
    recipe: { name },
    status: 'finished',
    fabricated: false,
    finished_at: '2026-11-29T10:20:30.000Z',
    rows: { done: rows.length, failed: 2, skipped: 0, filtered: 1, unfinished: 0 },
    columns: names.map((column) => ({ name: column, schema: {}, from: 'column' })),
    cost: { dataset: { tokens, usd: 0.25, usd_is_minimum: false } },
    usage: [{ alias: name, model: name, columns: [{ column: name, ...usage }] }],
  } as unknown as Metadata;
  const report = createReport(metadata);
  for (const row of rows) report.add(row);
  return report.report({
    cells: 2,
    classes: [{ class: name, cells: 2, first: { row: 7, column: name, message: `no ${name}` } }],
    columns: [{ column: name, cells: 2 }],
  });
}

const judged = (score: number, other: number): JsonObject => ({
  judge: { depth: { score, reasoning: 'so' } },
  second: { depth: { score: other, reasoning: 'so' }, tone: { score: 1, reasoning: 'so' } },
  label: score > 1 ? 'good' : 'bad',
  size: score * 10,
});

const plain = { width: 80, bold: (text: string) => text };

describe('a report in the terminal', () => {
  it('has every section', () => {
    const text = renderReportText(reportOf([judged(1, 1), judged(2, 2), judged(2, 1), judged(4, 4)]), plain);
    expect(text).toBe(
      [
        'made',
        '4 rows done, 2 failed, 1 filtered · recipe made · finished 2026-11-29 10:20',
        '',
        'columns',
        '        type     null  empty  different  characters      tokens',
        '                                         median–max  median–max',
        'judge   object                        3       38–38       10–10',
        'second  object                        3       74–74       19–19',
        'label   string                        2         4–4         1–1',
        'size    integer                       3',
        '',
        'scores of judges',
        '              mean    sd  min  median  max',
        'judge.depth   2.25  1.26    1       2    4  1▅ 2█ 4▅',
        'second.depth     2  1.41    1       1    4  1█ 2▅ 4▅',
        'tone             1     0    1       1    1  1█',
        '',
        'numbers',
        '      mean    sd  min  median  max',
        'size  22.5  12.6   10      20   40  10▅ 20█ 40▅',
        '',
        'common values',
        'label: good 3, bad 1',
        '',
        "correlations (Pearson's r)",
        '                               r  rows',
        'judge.depth   size          1.00     4',
        'judge.depth   second.depth  0.94     4',
        'second.depth  size          0.94     4',
        '',
        "agreement (Cohen's kappa, of numbers with quadratic weights)",
        '                           kappa  same  rows',
        'judge.depth  second.depth   0.91  75 %     4',
        '',
        'failures',
        'made 2: no made (row 7, made)',
        '',
        'duplicates',
        '0 rows with the words of an earlier row, 1 that share 80 % or more, of 4',
        'compared by judge, second, label, size; such as row 2 of 1 (92 %)',
        '',
        'cost',
        '$0.25 for 12.4k tokens in and 900 out',
      ].join('\n'),
    );
  });

  it('fits 80 columns and has no escape sequence, whatever the names and values are', () => {
    const wide = '漢字'.repeat(60);
    const rows = Array.from({ length: 6 }, (_, at) => ({
      [EVIL]: EVIL,
      [wide]: at % 2 === 0 ? '漢'.repeat(70) : 'b',
      ['n'.repeat(90)]: at,
      [`m${wide}`]: 5 - at,
      judge: { [EVIL]: { score: at, reasoning: EVIL }, [wide]: { score: 'fine', reasoning: wide } },
      other: { [EVIL]: { score: 1, reasoning: EVIL } },
    }));
    const text = renderReportText(reportOf(rows, `${EVIL}${wide}`), plain);
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
    for (const line of text.split('\n').slice(1)) expect(widthOf(line)).toBeLessThanOrEqual(80);
  });
});

describe('a report as a page', () => {
  const evil = (at: number): JsonObject => ({
    [EVIL]: EVIL,
    [`n${EVIL}`]: at,
    judge: { [EVIL]: { score: at, reasoning: EVIL } },
    second: { [EVIL]: { score: 'x' + EVIL, reasoning: EVIL } },
    list: [EVIL],
  });
  const page = renderReportHtml(reportOf([evil(1), evil(2)], EVIL));

  it('allows nothing but its own style, which its policy names by hash', () => {
    const [, policy = ''] = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(page) ?? [];
    const [, style = ''] = /<style>(.*?)<\/style>/s.exec(page) ?? [];
    expect(style).not.toBe('');
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy).toBe(`default-src 'none'; style-src 'sha256-${hash}'`);
    const tags = page.match(/<[^>]+>/g)?.join('') ?? '';
    expect(tags).not.toMatch(/ style=| on\w+=|<script|<link|<iframe|src=|href=/);
    expect(style).not.toMatch(/@import|url\(/);
  });

  it('shows markup of rows, columns and messages as text', () => {
    const ownTags = new Set(
      'html head meta title style body main h1 h2 p div b span section table thead tbody tr th td figure figcaption svg rect text line'.split(
        ' ',
      ),
    );
    const used = [...page.replace(/<style>.*?<\/style>/s, '').matchAll(/<\/?([a-z]\w*)/gi)].map(
      ([, tag = '']) => tag,
    );
    expect(used.filter((tag) => !ownTags.has(tag))).toEqual([]);
    expect(page).toContain('&#60;script&#62;alert(&#34;1&#34;)');
    expect(page).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
  });

  it('has charts of scores and values with their numbers as a title, light and dark', () => {
    const drawn = renderReportHtml(reportOf([judged(1, 1), judged(2, 2), judged(2, 1), judged(4, 4)]));
    expect(drawn).toContain('<title>judge.depth: 1: 1, 2: 2, 4: 1</title><rect class="bar"');
    expect(drawn).toContain('<title>label: good: 3, bad: 1</title>');
    expect(drawn).toContain('@media(prefers-color-scheme:dark)');
    expect(drawn).toContain('<td class="n plus5">1.00</td>');
    expect(drawn).toContain('<td class="n">0.91</td><td class="n">75 %</td>');
    expect(drawn).toContain('$0.25 for 12.4k tokens in and 900 out');
  });

  it('is a page for an empty dataset, too', () => {
    expect(renderReportHtml(reportOf([]))).toContain('0 rows done');
    expect(renderReportText(reportOf([]), plain)).toContain('0 rows done');
  });
});

describe('validity in a report', () => {
  const verdict = (is_valid: boolean | null): JsonObject => ({ is_valid, error_messages: '' });
  const report = reportOf(
    [true, true, false, null].map((valid) => ({
      check: verdict(valid),
      both: { a: verdict(true), b: verdict(valid) },
      other: { is_valid: 'yes' },
    })),
  );

  it('counts the cells of each validator, and of each target', () => {
    expect(report.validity).toEqual([
      { name: 'check', valid: 2, invalid: 1, unknown: 1 },
      { name: 'both.a', valid: 4, invalid: 0, unknown: 0 },
      { name: 'both.b', valid: 2, invalid: 1, unknown: 1 },
    ]);
    expect(reportOf([{ check: 1 }])).not.toHaveProperty('validity');
  });

  it('is shown in the terminal and on the page', () => {
    const line = '67 % valid (2 of 3), 1 not known';
    expect(renderReportText(report, plain)).toContain(
      `\nvalidity\ncheck  ${line}\nboth.a  100 % valid (4 of 4)\n`,
    );
    expect(renderReportHtml(report)).toContain(line);
  });
});
