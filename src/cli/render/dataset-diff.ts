import type { Json } from '../../core/json.js';
import type { DatasetDiff } from '../../dataset/diff/diff.js';
import type { Change, FieldDiff } from '../../dataset/diff/fields.js';
import { withMediaNamed } from './media.js';
import type { RecordStyle } from './record-style.js';
import { renderTable } from './table.js';
import { count, cut, safe, shortened, wrap, wrapEntry } from './text.js';

/** Two datasets side by side, for the terminal. @param names of A and B */
export function renderDiff(diff: DatasetDiff, names: readonly [string, string], style: RecordStyle): string {
  const { bold, width } = style;
  const { fields } = diff;
  const numbers = fields.filter(isOfNumbers);
  const labels = fields.filter((field) => !isOfNumbers(field) && field.flips);
  const others = fields.filter((field) => !isOfNumbers(field) && !field.flips);
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ['scores and numbers', numberTable(numbers, width)],
    ['verdicts and labels', labels.flatMap((field) => labelLines(field, width))],
    ['other fields', others.flatMap((field) => exampleLines(field, style))],
    ['only in one of them', columnLines(diff, width)],
  ];
  return [
    [bold(`${safe(names[0])} → ${safe(names[1])}`), ...rowLines(diff, width)].join('\n'),
    ...sections.flatMap(([title, lines]) => (lines.length === 0 ? [] : [[bold(title), ...lines].join('\n')])),
  ].join('\n\n');
}

const isOfNumbers = ({ changed, numbers }: FieldDiff): boolean => numbers?.rows === changed;

function rowLines({ rows, by, gained, lost }: DatasetDiff, width: number): readonly string[] {
  const how = by === null ? 'by their number' : `by ${by}`;
  const failed = (number: number, where: string): string =>
    number > 0 ? ` (${number} failed ${where})` : '';
  return [
    `${count(rows.a, 'row')} → ${rows.b.toLocaleString('en-US')}, paired ${how}: ${rows.same} the same, ${rows.changed} changed`,
    ...(rows.gained > 0
      ? [`gained ${rows.gained}${failed(rows.gained_failed, 'before')}: ${keyList(gained, rows.gained)}`]
      : []),
    ...(rows.lost > 0
      ? [`lost ${rows.lost}${failed(rows.lost_failed, 'now')}: ${keyList(lost, rows.lost)}`]
      : []),
  ].flatMap((line) => wrap(line, width));
}

function keyList(keys: readonly Json[], all: number): string {
  const more = all - keys.length;
  return [...keys.map((key) => keyText(key)), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

const keyText = (key: Json, width = 60): string => shortened(safe(shown(key)).replaceAll(/\s+/g, ' '), width);

const shown = (value: Json): string =>
  typeof value === 'string' ? withMediaNamed(value) : JSON.stringify(value);

function numberTable(fields: readonly FieldDiff[], width: number): readonly string[] {
  if (fields.length === 0) return [];
  const name = (field: string): string => cut(safe(field), Math.max(16, width - 52));
  const table = renderTable(
    [
      ['', 'changed', 'mean change', 'up', 'down', 'largest'],
      ...fields.map(({ field, changed, numbers, examples }) => [
        name(field),
        changed,
        signed(numbers?.mean_change ?? 0),
        numbers?.increased ?? 0,
        numbers?.decreased ?? 0,
        largest(examples[0]),
      ]),
    ],
    [1, 2, 3, 4],
  );
  return table.split('\n').map((line) => cut(line, width));
}

const largest = (change: Change | undefined): string =>
  change ? `${shown(change.before)} → ${shown(change.after)} (${keyText(change.key, 16)})` : '';

const signed = (number: number): string => `${number > 0 ? '+' : ''}${Number(number.toFixed(2))}`;

function labelLines({ field, changed, flips = [], examples }: FieldDiff, width: number): readonly string[] {
  const parts = flips.map(({ from, to, rows }) => `${from || '(empty)'} → ${to || '(empty)'} ${rows}`);
  const keys = examples.map(({ key }) => keyText(key)).join(', ');
  const text = `${field}: ${changed} changed: ${parts.join(', ')}; such as ${keys}`;
  return wrapEntry(text.replaceAll('\n', ' '), width);
}

/** Lines of a long text. */
const EXAMPLE_LINES = 4;

function exampleLines(
  { field, changed, examples }: FieldDiff,
  { width, dim }: RecordStyle,
): readonly string[] {
  const [example] = examples;
  const side = (sign: string, value: Json): readonly string[] =>
    wrap(shown(value).replaceAll(/\s+/g, ' '), width - 4)
      .slice(0, EXAMPLE_LINES)
      .map((line, at) => `  ${at === 0 ? sign : ' '} ${line}`);
  return [
    ...wrap(`${field}: ${changed} changed${example ? `, such as ${keyText(example.key)}` : ''}`, width),
    ...(example ? [...side('-', example.before).map(dim), ...side('+', example.after)] : []),
  ];
}

function columnLines({ columns: { only_a: a, only_b: b } }: DatasetDiff, width: number): readonly string[] {
  return [
    ...(a.length > 0 ? wrap(`gone: ${a.join(', ')}`, width) : []),
    ...(b.length > 0 ? wrap(`new: ${b.join(', ')}`, width) : []),
  ];
}
