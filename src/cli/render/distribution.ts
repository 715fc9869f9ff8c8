import type { Json, JsonObject } from '../../core/json.js';
import { scoresIn } from '../../dataset/scores.js';
import type { OutputColumn } from '../../engine/types.js';
import { safe, wrap } from './text.js';

/** Counts the values of columns with few different ones: verdicts, labels and the scores of judges. */
export interface Distribution {
  add(row: JsonObject): void;
  /**
   * One line a column or score: `recommended_for_sft  true: 7 (37 %), false: 12`. Scores have a histogram, a bar a
   * value in the same order: `groundedness  ▇▅▁  4: 12, 3: 6, 1: 1  mean 3.5`.
   */
  lines(columns: readonly OutputColumn[], width: number): readonly string[];
}

/** A column with more values is no verdict: it is text or a measure. */
const MOST_VALUES = 6;
const LONGEST_LABEL = 24;
const MOST_LINES = 15;

type Counts = Map<string, number>;

interface Counted {
  readonly kind: 'score' | 'label' | 'number';
  /** The column that it comes from. */
  readonly column: string;
  readonly counts: Counts;
}

export function createDistribution(): Distribution {
  const counted = new Map<string, Counted>();
  const mixed = new Set<string>();
  const add = (name: string, kind: Counted['kind'], column: string, value: string): void => {
    const entry = counted.get(name) ?? { kind, column, counts: new Map() };
    counted.set(name, entry);
    entry.counts.set(value, (entry.counts.get(value) ?? 0) + 1);
    // Too many values, or too long ones: no longer counted, so that large datasets take no memory.
    if (entry.counts.size > MOST_VALUES || value.length > LONGEST_LABEL) mixed.add(name);
    if (mixed.has(name)) counted.delete(name);
  };
  return {
    add(row) {
      for (const column of Object.keys(row))
        if (!mixed.has(column))
          for (const [name, kind, text] of countable(column, row[column]))
            if (!mixed.has(name)) add(name, kind, column, text);
    },
    lines(columns, width) {
      const made = new Set(columns.filter(({ from }) => from === 'column').map(({ name }) => name));
      const own = [...counted].filter(([, { column }]) => made.has(column));
      const hasScores = own.some(([, { kind }]) => kind === 'score');
      // Numbers beside the scores of a judge are most often these scores again, as columns.
      const shown = own
        .filter(([, { kind }]) => kind !== 'number' || !hasScores)
        .filter(([, { kind, counts }]) => kind === 'score' || areLabels(counts))
        .slice(0, MOST_LINES);
      const labelled = shown.map(
        ([name, { kind, counts }]) => [labelOf(name, shown), describe(kind, inOrder(counts))] as const,
      );
      const wide = Math.max(0, ...labelled.map(([name]) => name.length));
      return labelled.flatMap(([name, text]) => wrap(`${name.padEnd(wide)}  ${text}`, width));
    },
  };
}

/** A score without the name of its judge, unless two judges have a score of that name. */
function labelOf(name: string, all: readonly (readonly [string, Counted])[]): string {
  const short = name.slice(name.lastIndexOf('.') + 1);
  const same = all.filter(([other]) => other.slice(other.lastIndexOf('.') + 1) === short);
  return same.length > 1 ? name : short;
}

function countable(
  column: string,
  value: Json | undefined,
): readonly (readonly [name: string, kind: Counted['kind'], text: string])[] {
  if (typeof value === 'boolean' || typeof value === 'string') return [[column, 'label', String(value)]];
  if (typeof value === 'number') return [[column, 'number', String(value)]];
  return scoresIn(value).map(({ name, score }) => [`${column}.${name}`, 'score', String(score)]);
}

/** Texts that are all different, or all the same, are no labels. */
function areLabels(counts: Counts): boolean {
  const rows = [...counts.values()].reduce((all, number) => all + number, 0);
  const areFew = counts.size > 1 && counts.size * 2 <= rows + 1;
  return areFew || [...counts.keys()].every((value) => value === 'true' || value === 'false');
}

type Entry = readonly [value: string, number: number];

/** Scores from the best down, other values by how often they occur. */
function inOrder(counts: Counts): readonly Entry[] {
  const hasNumbers = areNumbers([...counts.keys()]);
  return [...counts].toSorted(([a, many], [b, few]) => (hasNumbers ? Number(b) - Number(a) : few - many));
}

const areNumbers = (values: readonly string[]): boolean =>
  values.every((value) => value.trim() !== '' && Number.isFinite(Number(value)));

function describe(kind: Counted['kind'], entries: readonly Entry[]): string {
  const rows = entries.reduce((sum, [, number]) => sum + number, 0);
  const listed = entries
    .map(
      ([value, number]) => `${safe(value)}: ${number}${value === 'true' ? ` (${share(number, rows)})` : ''}`,
    )
    .join(', ');
  if (kind === 'label' || !areNumbers(entries.map(([value]) => value))) return listed;
  const mean = entries.reduce((sum, [value, number]) => sum + Number(value) * number, 0) / rows;
  return `${histogram(entries)}${listed}  mean ${Number(mean.toFixed(2))}`;
}

const share = (part: number, all: number): string => `${Math.round((part / all) * 100)} %`;

const BARS = '▁▂▃▄▅▆▇█';

/** A bar a value; the most frequent has the full height. One value alone needs none. */
function histogram(entries: readonly Entry[]): string {
  if (entries.length < 2) return '';
  const most = Math.max(...entries.map(([, number]) => number));
  const bars = entries.map(([, number]) => BARS[Math.round((number / most) * (BARS.length - 1))] ?? '');
  return `${bars.join('')}  `;
}
