import { estimateTokens } from '../../core/estimate-tokens.js';
import { isObject, type Json } from '../../core/json.js';
import { typeOf } from '../../json-schema/possible-values.js';
import type { OutputColumn } from '../../engine/types.js';
import { createDistinctCounter } from './distinct.js';
import { createNumberSummary, type Bin, type Summary } from './numbers.js';
import { createValueCounter, type ValueCount } from './values.js';

/** What is in one column. */
export interface ColumnReport {
  readonly name: string;
  readonly from: OutputColumn['from'];
  /** JSON types of its values, `null` left out. */
  readonly types: readonly string[];
  /** Rows with `null` or without the column. */
  readonly nulls: number;
  /** Rows with an empty text, list or object. */
  readonly empty: number;
  /** Different values, `null` left out. */
  readonly distinct: number;
  /** True for more than 2048 different values: the number is then right within some 2 %. */
  readonly distinct_is_estimate: boolean;
  /** Of texts and of lists and objects as JSON: their length in UTF-16 code units. */
  readonly characters?: Summary;
  /** The same texts, in tokens as they are estimated. */
  readonly tokens?: Summary;
  /** Of lists: their lengths. */
  readonly items?: Summary;
  readonly numbers?: Summary;
  readonly histogram?: readonly Bin[];
  /** The commonest texts, truth values or items of lists, where there are few different ones. */
  readonly values?: readonly ValueCount[];
  /** Different values that are not in `values`. */
  readonly other_values?: number;
}

const MOST_SHOWN = 20;

export interface ColumnCounter {
  add(value: Json | undefined): void;
  report(): ColumnReport;
}

export function createColumnCounter({ name, from }: Pick<OutputColumn, 'name' | 'from'>): ColumnCounter {
  const types = new Set<string>();
  const distinct = createDistinctCounter();
  const [characters, tokens, items, numbers] = [
    createNumberSummary(),
    createNumberSummary(),
    createNumberSummary(),
    createNumberSummary(),
  ];
  const values = createValueCounter();
  let nulls = 0;
  let empty = 0;
  const measure = (text: string): void => {
    characters.add(text.length);
    tokens.add(estimateTokens(text));
  };
  return {
    add(value) {
      if (value === undefined || value === null) {
        nulls += 1;
        return;
      }
      types.add(typeOf(value));
      if (isEmpty(value)) empty += 1;
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      distinct.add(text);
      if (typeof value === 'number') numbers.add(value);
      else if (typeof value === 'boolean') values.add(text);
      else {
        measure(text);
        if (typeof value === 'string') values.add(value);
        if (!Array.isArray(value)) return;
        items.add(value.length);
        for (const item of value as readonly Json[]) if (typeof item === 'string') values.add(item);
      }
    },
    report() {
      const { count, isEstimate } = distinct.count();
      const counts = values.counts();
      const [ofCharacters, ofTokens, ofItems, ofNumbers] = [characters, tokens, items, numbers].map((each) =>
        each.summary(),
      );
      return {
        name,
        from,
        types: [...types].filter((type) => !(type === 'integer' && types.has('number'))).sort(),
        nulls,
        empty,
        distinct: count,
        distinct_is_estimate: isEstimate,
        ...(ofCharacters && { characters: ofCharacters }),
        ...(ofTokens && { tokens: ofTokens }),
        ...(ofItems && { items: ofItems }),
        ...(ofNumbers && { numbers: ofNumbers, histogram: numbers.histogram() }),
        ...(counts && {
          values: counts.slice(0, MOST_SHOWN),
          other_values: Math.max(0, counts.length - MOST_SHOWN),
        }),
      };
    },
  };
}

function isEmpty(value: Json): boolean {
  if (typeof value === 'object')
    return isObject(value) ? Object.keys(value).length === 0 : value?.length === 0;
  return value === '';
}
