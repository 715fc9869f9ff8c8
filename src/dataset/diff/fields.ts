import { canonicalJson, isObject, type Json } from '../../core/json.js';
import { scoresIn } from '../scores.js';

/** How one field changed between two datasets. */
export interface FieldDiff {
  /** A column, or a field of its objects such as `digest.goal`; of a judge `judge.depth` and `judge.depth.reasoning`. */
  readonly field: string;
  readonly column: string;
  /** Rows in which it is another. */
  readonly changed: number;
  /** Of the changed rows with a number in both. */
  readonly numbers?: NumberChange;
  /** Truth values and labels: how many rows went from one to another, the commonest first. */
  readonly flips?: readonly Flip[];
  /** The first changes; of numbers the largest. */
  readonly examples: readonly Change[];
}

export interface NumberChange {
  readonly rows: number;
  /** Mean of after - before. */
  readonly mean_change: number;
  readonly increased: number;
  readonly decreased: number;
}

export interface Flip {
  readonly from: string;
  readonly to: string;
  readonly rows: number;
}

export interface Change {
  /** The value by which rows are paired, or the number of the row. */
  readonly key: Json;
  /** Long texts from shortly before the first difference. */
  readonly before: Json;
  readonly after: Json;
}

export interface FieldDiffs {
  /** Compares one cell of two rows that belong together. Returns true when it is another. */
  compare(column: string, key: Json, before: Json, after: Json): boolean;
  /** In the order in which they were first found. */
  diffs(): readonly FieldDiff[];
}

const MOST_EXAMPLES = 3;
const MOST_FLIPS = 20;
const LONGEST_LABEL = 40;
/** Objects with free keys would give a field a row. */
const MOST_FIELDS = 500;

interface Counted {
  readonly column: string;
  changed: number;
  numbers: number;
  sum: number;
  increased: number;
  decreased: number;
  flips: Map<string, Flip> | undefined;
  examples: readonly (Change & { readonly size: number })[];
}

export function createFieldDiffs(): FieldDiffs {
  const fields = new Map<string, Counted>();
  const note = (column: string, field: string, key: Json, before: Json, after: Json): void => {
    const name = fields.has(field) || fields.size < MOST_FIELDS ? field : column;
    const counted = fields.get(name) ?? newCounted(column);
    fields.set(name, counted);
    counted.changed += 1;
    const areNumbers = typeof before === 'number' && typeof after === 'number';
    const change = areNumbers ? after - before : 0;
    if (areNumbers) {
      counted.numbers += 1;
      counted.sum += change;
      if (change > 0) counted.increased += 1;
      else counted.decreased += 1;
    } else if (isLabel(before) && isLabel(after)) noteFlip(counted, String(before), String(after));
    else counted.flips = undefined;
    counted.examples = withExample(counted.examples, { key, before, after, size: Math.abs(change) });
  };
  return {
    compare(column, key, before, after) {
      if (isSame(before, after)) return false;
      const [old, now] = [fieldsOf(column, before), fieldsOf(column, after)];
      if (!old || !now) note(column, column, key, before, after);
      else
        for (const field of new Set([...old.keys(), ...now.keys()])) {
          const [one, other] = [old.get(field) ?? null, now.get(field) ?? null];
          if (!isSame(one, other)) note(column, field, key, one, other);
        }
      return true;
    },
    diffs: () => Array.from(fields, ([field, counted]) => diffOf(field, counted)),
  };
}

const newCounted = (column: string): Counted => ({
  column,
  changed: 0,
  numbers: 0,
  sum: 0,
  increased: 0,
  decreased: 0,
  flips: new Map(),
  examples: [],
});

/** The text is the same more often than not, and quicker to get than canonical JSON. */
const isSame = (a: Json, b: Json): boolean =>
  JSON.stringify(a) === JSON.stringify(b) || canonicalJson(a) === canonicalJson(b);

const isLabel = (value: Json): boolean =>
  typeof value === 'boolean' ||
  value === null ||
  (typeof value === 'string' && value.length <= LONGEST_LABEL && !value.includes('\n'));

/** The fields of an object; `undefined` for anything else. */
function fieldsOf(column: string, value: Json): ReadonlyMap<string, Json> | undefined {
  if (!isObject(value)) return undefined;
  const scores = scoresIn(value);
  if (scores.length === 0)
    return new Map(Object.entries(value).map(([name, inner]) => [`${column}.${name}`, inner]));
  return new Map(
    scores.flatMap(({ name, score, reasoning }): readonly [string, Json][] => [
      [`${column}.${name}`, score],
      [`${column}.${name}.reasoning`, reasoning],
    ]),
  );
}

function noteFlip(counted: Counted, from: string, to: string): void {
  if (!counted.flips) return;
  const key = JSON.stringify([from, to]);
  counted.flips.set(key, { from, to, rows: (counted.flips.get(key)?.rows ?? 0) + 1 });
  // So many are no labels but short texts.
  if (counted.flips.size > MOST_FLIPS) counted.flips = undefined;
}

/** Keeps the largest changes of numbers, and else the first. */
function withExample(
  examples: Counted['examples'],
  example: Counted['examples'][number],
): Counted['examples'] {
  // The largest come first. Of those that do not stay, no excerpts are made.
  if (examples.length === MOST_EXAMPLES && examples.every(({ size }) => size >= example.size))
    return examples;
  return [...examples, { ...example, ...excerpts(example) }]
    .toSorted((a, b) => b.size - a.size)
    .slice(0, MOST_EXAMPLES);
}

const LONGEST_EXAMPLE = 300;
const CONTEXT = 40;

/** Two values; of long ones a piece of their text that begins shortly before the first difference. */
function excerpts({ before, after }: Pick<Change, 'before' | 'after'>): Pick<Change, 'before' | 'after'> {
  const [old, now] = [before, after].map((value) =>
    typeof value === 'string' ? value : JSON.stringify(value),
  );
  if (old === undefined || now === undefined || Math.max(old.length, now.length) <= LONGEST_EXAMPLE)
    return { before, after };
  let same = 0;
  while (same < old.length && old[same] === now[same]) same += 1;
  const from = Math.max(0, same - CONTEXT);
  const piece = (text: string): string => {
    const end = from + LONGEST_EXAMPLE;
    return `${from > 0 ? '…' : ''}${text.slice(from, end).toWellFormed()}${end < text.length ? '…' : ''}`;
  };
  return { before: piece(old), after: piece(now) };
}

function diffOf(field: string, counted: Counted): FieldDiff {
  const { column, changed, numbers, sum, increased, decreased, flips, examples } = counted;
  return {
    field,
    column,
    changed,
    ...(numbers > 0 && { numbers: { rows: numbers, mean_change: sum / numbers, increased, decreased } }),
    ...(flips && flips.size > 0 && { flips: [...flips.values()].toSorted((a, b) => b.rows - a.rows) }),
    examples: examples.map(({ size: _size, ...example }) => example),
  };
}
