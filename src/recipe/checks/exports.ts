import { isObject, type Json, type JsonPath, type JsonSchema } from '../../core/json.js';
import { getList, startsWith } from '../../core/paths.js';
import type { Problem } from '../../core/problem.js';
import { columnCorrection } from '../../core/suggest.js';
import { REVIEW_SCHEMA, type Where } from '../../core/config.js';
import { writtenPatternProblems } from '../../json-schema/patterns.js';
import { parseWhere } from '../../seeds/where.js';
import { parseExpression } from '../../template/jsonata.js';
import type { ColumnReference } from '../../columns/types.js';
import { checkComparisons } from './comparisons.js';
import { unknownField, type Reader } from './references.js';

/**
 * Checks `exports` against the columns that are written: conditions and expressions parse, and read only these;
 * columns to compare or to group by are among them.
 *
 * @param written the columns of the dataset with their schemas; `undefined` when they are not all known
 */
export function checkExports(
  recipe: object,
  found: readonly Problem[],
  written: ReadonlyMap<string, JsonSchema> | undefined,
): readonly Problem[] {
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
    const columns: readonly (readonly [Json | undefined, JsonPath])[] = [
      [groupBy, ['group_by']],
      ...by.map((name, position) => [name, ['dedupe', 'by', position]] as const),
    ];
    for (const [name, place] of columns)
      if (typeof name === 'string' && written && !written.has(name))
        report({ ...unknownColumn(name, written, false), at: place });
    return problems;
  });
}

type Report = (problem: Problem) => void;
type Written = ReadonlyMap<string, JsonSchema> | undefined;

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
