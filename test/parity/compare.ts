/**
 * What differs between a recorded result of Data Designer and a dataset of `dd`, by the rules of the recordings: rows
 * in order, values and kinds by column name. Where values are drawn, a row is compared with the recorded rows that
 * drew the same, and numbers by their mean.
 */
import { isDeepStrictEqual } from 'node:util';
import type { SchemaTree } from 'hyparquet';
import { isObject, type Json, type JsonObject } from '../../src/core/json.js';

export interface Recorded {
  /** True if values are drawn, so that no two runs are alike. */
  readonly random: boolean;
  /** Arrow's type of each column. */
  readonly types: Readonly<Record<string, string>>;
  readonly rows: readonly JsonObject[];
}

export interface Made {
  readonly columns: readonly SchemaTree[];
  readonly rows: readonly JsonObject[];
}

/**
 * Names of the columns that differ, and `rows` if their number does; values are compared only if it does not.
 * @param drawn columns whose values are drawn at random; the others follow from them
 */
export function differences(theirs: Recorded, ours: Made, drawn: readonly string[]): readonly string[] {
  const here = new Map(ours.columns.map((column) => [column.element.name, kindHere(column)]));
  const there = Object.keys(theirs.types);
  const names = [...new Set([...there, ...here.keys()])];
  const isComplete = theirs.rows.length === ours.rows.length;
  const isEqual = theirs.random ? isAlike(theirs, ours, drawn) : isEqualByRow(theirs, ours);
  const differing = names.filter((name) => {
    const kind = here.get(name);
    const type = theirs.types[name];
    if (kind === undefined || type === undefined) return true;
    return (isComplete && !isEqual(name)) || !isSameKind(kindThere(type), kind);
  });
  return isComplete ? differing : [...differing, 'rows'];
}

type IsEqual = (column: string) => boolean;

const isEqualByRow =
  (theirs: Recorded, ours: Made): IsEqual =>
  (name) =>
    theirs.rows.every((row, index) => isDeepStrictEqual(row[name], ours.rows[index]?.[name]));

/** Drawn columns by their mean and the keys of their objects; the others by the rows that drew the same. */
function isAlike(theirs: Recorded, ours: Made, drawn: readonly string[]): IsEqual {
  const drawOf = (row: JsonObject): string => JSON.stringify(drawn.map((name) => row[name] ?? null));
  return (name) => {
    const [recorded, made] = [theirs, ours].map(({ rows }) => rows.map((row) => row[name] ?? null));
    if (drawn.includes(name)) return isSameShape(recorded, made) && isSameMean(recorded, made);
    return ours.rows.every((row) => {
      const sameDraw = theirs.rows.filter((other) => drawOf(other) === drawOf(row));
      const values = sameDraw.map((other) => other[name]);
      const isFixed = values.every((value) => isDeepStrictEqual(value, values[0]));
      return values.length === 0 || !isFixed || isDeepStrictEqual(values[0], row[name]);
    });
  };
}

const keysOf = (value: Json): string => (isObject(value) ? Object.keys(value).toSorted().join() : '');

const isSameShape = (recorded: readonly Json[] = [], made: readonly Json[] = []): boolean =>
  isDeepStrictEqual(new Set(recorded.map(keysOf)), new Set(made.map(keysOf)));

/** Within six standard errors: far outside chance, and near enough to see a wrong scale or unit. */
function isSameMean(recorded: readonly Json[] = [], made: readonly Json[] = []): boolean {
  const [a, b] = [recorded, made].map((values) => values.filter((value) => typeof value === 'number'));
  if (!a?.length || !b?.length) return true;
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = (values: readonly number[]): number =>
    mean(values.map((value) => (value - mean(values)) ** 2));
  const error = Math.sqrt(variance(a) / a.length + variance(b) / b.length);
  return Math.abs(mean(a) - mean(b)) <= 6 * error + 1e-9;
}

type Kind = 'text' | 'int' | 'float' | 'bool' | 'list' | 'object' | 'null';

/** A column of nothing but nulls has no kind there. */
const isSameKind = (there: Kind, here: Kind): boolean => there === 'null' || there === here;

/** Dates were recorded as ISO text, as `dd` writes them. */
const kindThere = (arrow: string): Kind => {
  if (arrow.startsWith('list')) return 'list';
  if (arrow.startsWith('struct')) return 'object';
  if (arrow.startsWith('int')) return 'int';
  if (/^(double|float)/.test(arrow)) return 'float';
  if (arrow.startsWith('bool')) return 'bool';
  return arrow.startsWith('null') ? 'null' : 'text';
};

const kindHere = ({ element, children }: SchemaTree): Kind => {
  if (element.converted_type === 'LIST') return 'list';
  if (children.length > 0) return 'object';
  if (element.type === 'INT32' || element.type === 'INT64') return 'int';
  if (element.type === 'FLOAT' || element.type === 'DOUBLE') return 'float';
  return element.type === 'BOOLEAN' ? 'bool' : 'text';
};
