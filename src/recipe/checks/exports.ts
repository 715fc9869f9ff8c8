import { isObject, type Json, type JsonObject, type JsonPath, type JsonSchema } from '../../core/json.js';
import { getList, startsWith } from '../../core/paths.js';
import type { Problem } from '../../core/problem.js';
import { columnCorrection } from '../../core/suggest.js';
import { REVIEW_SCHEMA, type Where } from '../../core/config.js';
import { writtenPatternProblems } from '../../json-schema/patterns.js';
import { possibleTypes } from '../../json-schema/possible-values.js';
import { parseWhere } from '../../seeds/where.js';
import { parseExpression } from '../../template/jsonata.js';
import type { ColumnReference } from '../../columns/types.js';
import type { DatasetColumn } from '../../processors/types.js';
import type { DraftColumn } from '../draft.js';
import type { ExportFormat, Registries } from '../registries.js';
import { checkComparisons } from './comparisons.js';
import { unknownField, type Reader } from './references.js';

export interface ExportsInput {
  /** The columns of the dataset; `undefined` when they are not all known. */
  readonly output: readonly DatasetColumn[] | undefined;
  /** The columns that the recipe makes. */
  readonly columns: readonly DraftColumn[];
  readonly formats: Registries['exporters'];
}

/**
 * Checks `exports` against the columns that are written: conditions and expressions parse, and read only these;
 * columns to compare or to group by are among them, and the format has what it needs.
 */
export function checkExports(
  recipe: object,
  found: readonly Problem[],
  { output, columns, formats }: ExportsInput,
): readonly Problem[] {
  const written = output && new Map(output.map(({ name, schema }) => [name, schema]));
  const entries = getList(recipe, 'exports');
  const names = entries.map((entry) => (isObject(entry) ? entry['name'] : undefined));
  return entries.flatMap((entry, index) => {
    const at: JsonPath = ['exports', index];
    if (!isObject(entry) || found.some((problem) => startsWith(problem.at, at))) return [];
    const problems: Problem[] = [];
    const report = (problem: Problem): void => void problems.push({ ...problem, at: [...at, ...problem.at] });
    if (names.indexOf(entry['name']) < index)
      report({
        code: 'duplicate-export',
        message: `there is an export \`${String(entry['name'])}\` already`,
        hint: 'give one of them another name',
        at: ['name'],
      });
    const readable =
      written && entry['reviews'] === true ? new Map([['review', REVIEW_SCHEMA], ...written]) : written;
    checkCondition(entry['where'], at, readable, report);
    for (const [field, source] of Object.entries(isObject(entry['map']) ? entry['map'] : {}))
      checkExpression(String(source), ['map', field], at, written, report);
    const { group_by: groupBy, dedupe } = entry;
    const by = isObject(dedupe) && Array.isArray(dedupe['by']) ? (dedupe['by'] as readonly Json[]) : [];
    const named: readonly (readonly [Json | undefined, JsonPath])[] = [
      [groupBy, ['group_by']],
      ...by.map((name, position) => [name, ['dedupe', 'by', position]] as const),
    ];
    for (const [name, place] of named)
      if (typeof name === 'string' && written && !written.has(name))
        report({ ...unknownColumn(name, written, false), at: place });
    const format = formats.get(String(entry['format']));
    if (format && problems.every((problem) => problem.at[2] !== 'map'))
      checkFit(entry, format, { output, columns }, report);
    return problems;
  });
}

type Report = (problem: Problem) => void;
type Written = ReadonlyMap<string, JsonSchema> | undefined;

/** Types of columns whose cells name no file. What a plugin's type makes is not known. */
const PLAIN: ReadonlySet<string> = new Set([
  'llm-text', 'llm-structured', 'llm-judge', 'llm-code', 'embedding', 'sampler', 'expression', 'validation',
]); // prettier-ignore

/** Whether a column of the seed can have the path of a picture in it. */
function isSeedText({ from, schema }: DatasetColumn): boolean {
  const types = possibleTypes(schema);
  return from === 'seed' && (!types || types.some((type) => type === 'string' || type === 'array'));
}

/** Reports a format that no row can have, and limits that it does not know. */
function checkFit(
  entry: JsonObject,
  format: ExportFormat,
  { output, columns }: Omit<ExportsInput, 'formats'>,
  report: Report,
): void {
  const map = isObject(entry['map']) ? (entry['map'] as Readonly<Record<string, string>>) : undefined;
  const lack =
    output &&
    format.lacks?.({
      columns: output,
      fields: map ?? {},
      mayHavePictures:
        output.some(isSeedText) || columns.some(({ config }) => !PLAIN.has(config.column_type)),
    });
  if (lack) report({ code: 'unfit-export', ...lack, at: [map ? 'map' : 'format'], onKey: map !== undefined });
  if (entry['max_tokens'] !== undefined && format.shape === undefined)
    report({
      code: 'unfit-export',
      message: `\`max_tokens\` is for training formats, and \`${String(entry['format'])}\` is none`,
      hint: 'use `where` for other rows, or a training format',
      at: ['max_tokens'],
      onKey: true,
    });
}

function checkCondition(where: Json | undefined, at: JsonPath, written: Written, report: Report): void {
  if (where === undefined) return;
  const inWhere: Report = (problem) => report({ ...problem, at: ['where', ...problem.at] });
  const condition = parseWhere(where as Where, inWhere);
  if (!condition) return;
  checkReads({ at: [...at, 'where'], config: where, references: condition.references }, written, inWhere);
  writtenPatternProblems(condition.patterns).forEach(inWhere);
}

function checkExpression(
  source: string,
  place: JsonPath,
  at: JsonPath,
  written: Written,
  report: Report,
): void {
  const inMap: Report = (problem) => report({ ...problem, at: [...place, ...problem.at] });
  const parsed = parseExpression(source);
  if (!parsed.ok) {
    for (const { span, ...problem } of parsed.error) inMap({ ...problem, at: [], within: span });
    return;
  }
  const references = parsed.value.references.map((reference) => ({ ...reference, at: [] }));
  checkReads({ at: [...at, ...place], config: source, references }, written, inMap, true);
}

/** Reports columns and fields that are not in the dataset. */
export function checkReads(reader: Reader, written: Written, report: Report, isJsonata = false): void {
  if (!written) return;
  // Their paths begin at the root of the recipe.
  const inRecipe = (problem: Problem): void => report({ ...problem, at: problem.at.slice(reader.at.length) });
  for (const reference of reader.references) {
    const problem = unknownRead(reader, reference, written, isJsonata);
    if (problem) inRecipe(problem);
  }
  checkComparisons([reader], written).forEach(inRecipe);
}

function unknownRead(
  reader: Reader,
  reference: ColumnReference,
  written: ReadonlyMap<string, JsonSchema>,
  isJsonata: boolean,
): Problem | undefined {
  const { path, at, span, isInner } = reference;
  const [root = ''] = path;
  if (written.has(root)) return unknownField(reader, reference, written);
  if (isInner) return undefined;
  return {
    ...unknownColumn(root, written, isJsonata || at.at(-1) === 'jsonata'),
    at: [...reader.at, ...at],
    within: { offset: span.offset, length: Math.min(span.length, root.length) },
  };
}

export const unknownColumn = (
  name: string,
  written: ReadonlyMap<string, JsonSchema>,
  isJsonata: boolean,
): Omit<Problem, 'at'> => ({
  code: 'unknown-column',
  message: `the dataset has no column \`${name}\``,
  ...columnCorrection(name, [...written.keys()], isJsonata),
});
