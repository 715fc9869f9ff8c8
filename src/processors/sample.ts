/**
 * `sample`: a number or share of the rows, at random and in their order. Each row draws a number that depends on the seed
 * and on its place alone; the rows with the least numbers are taken.
 */
import type { ProcessorConfig } from '../core/config.js';
import { canonicalJson } from '../core/json.js';
import { createRandom } from '../core/random.js';
import { lineOf, openLines, rowsOf } from './temporary-rows.js';
import {
  columnsSchema,
  namedColumns,
  valueOf,
  type PassingRow,
  type ProcessorContext,
  type ProcessorType,
} from './types.js';

interface SampleConfig extends ProcessorConfig {
  readonly size?: number;
  readonly share?: number;
  readonly seed?: number;
  readonly stratify_by?: string | readonly string[];
}

export const sample: ProcessorType<SampleConfig> = {
  type: 'sample',
  summary: 'Takes a number or a share of the rows, at random.',
  schema: {
    properties: {
      size: { type: 'integer', minimum: 0, description: 'So many rows; all where there are fewer.' },
      share: { type: 'number', minimum: 0, maximum: 1, description: 'So much of the rows: 0.1 is a tenth.' },
      seed: {
        type: 'integer',
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Another seed gives another sample. Default: the `seed` of the recipe.',
      },
      stratify_by: columnsSchema('Take the same share of the rows of each value of these columns.'),
    },
    required: [],
    rules: { oneOf: [{ required: ['size'] }, { required: ['share'] }] },
  },
  prepare({ name, size, share, seed, stratify_by: stratifyBy }, { columns }) {
    const strata = namedColumns('stratify_by', stratifyBy);
    return {
      name,
      type: 'sample',
      references: [],
      named: strata,
      columns,
      countOf: (rows) => (size === undefined ? Math.round(rows * (share ?? 1)) : Math.min(size, rows)),
      async *pass(rows: AsyncIterable<PassingRow>, context: ProcessorContext) {
        const path = await context.temporaryFile();
        const file = await openLines(path);
        const draws: Stratum[] = [];
        const byKey = new Map<string, Stratum>();
        let total = 0;
        for await (const passing of rows) {
          const key = canonicalJson(strata.map((column) => valueOf(passing, column.name)));
          const stratum = byKey.get(key) ?? { draws: [] };
          if (!byKey.has(key)) byKey.set(key, stratum);
          stratum.draws.push(createRandom(seed ?? context.randomSeed, name, total)());
          draws.push(stratum);
          total += 1;
          await file.add(lineOf(passing));
        }
        await file.close();
        const taken = takenPlaces(
          [...byKey.values()].map((stratum) => stratum.draws),
          size === undefined ? { share: share ?? 1 } : { size },
        );
        const takenOf = new Map([...byKey.values()].map((stratum, index) => [stratum, taken[index]]));
        const passed = new Map<Stratum, number>();
        let at = 0;
        for await (const passing of rowsOf(path)) {
          const stratum = draws[at];
          at += 1;
          if (!stratum) continue;
          const place = passed.get(stratum) ?? 0;
          passed.set(stratum, place + 1);
          if (takenOf.get(stratum)?.has(place) === true) yield passing;
          else await context.leaveOut(passing, 'it is not in the sample');
        }
      },
    };
  },
};

/** The rows with the same values of `stratify_by`, by what they drew. */
interface Stratum {
  readonly draws: number[];
}

/** The places within each stratum of the rows that are taken. */
function takenPlaces(
  strata: readonly (readonly number[])[],
  wanted: { readonly size: number } | { readonly share: number },
): readonly ReadonlySet<number>[] {
  const total = strata.reduce((sum, draws) => sum + draws.length, 0);
  const sizes =
    'share' in wanted
      ? strata.map((draws) => Math.round(draws.length * wanted.share))
      : proportional(
          strata.map((draws) => draws.length),
          Math.min(wanted.size, total),
        );
  return strata.map((draws, index) => {
    const order = draws.map((_, place) => place).sort((a, b) => (draws[a] ?? 0) - (draws[b] ?? 0) || a - b);
    return new Set(order.slice(0, sizes[index]));
  });
}

/** Shares out `size` in proportion to `counts`: whole parts first, then one each to the largest remainders (Hamilton). */
function proportional(counts: readonly number[], size: number): readonly number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return counts;
  const exact = counts.map((count) => (count * size) / total);
  const sizes = exact.map(Math.floor);
  const left = size - sizes.reduce((sum, count) => sum + count, 0);
  const byRemainder = exact
    .map((share, index) => ({ index, remainder: share - Math.floor(share) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, left)) sizes[index] = (sizes[index] ?? 0) + 1;
  return sizes;
}
