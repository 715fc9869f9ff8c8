import { isObject, type JsonSchema } from '../core/json.js';
import { getList, startsWith } from '../core/paths.js';
import { isError, type Problem } from '../core/problem.js';
import type { ProcessorConfig } from '../core/config.js';
import type { DatasetColumn, PreparedProcessor, ProcessorType } from '../processors/types.js';
import { checkReads, unknownColumn } from './checks/exports.js';
import { typeLookup } from './column-schemas.js';

/** The processors of a recipe, and the columns before and after them. */
export interface PlannedProcessors {
  readonly processors: readonly PreparedProcessor[];
  /** The columns of the rows that are made: those of the dataset, and the dropped ones that a processor reads. */
  readonly made: readonly DatasetColumn[];
  /** Those of `made` that are left out when all processors are done. */
  readonly dropped: ReadonlySet<string>;
  /** The names that a processor reads. */
  readonly read: ReadonlySet<string>;
  /** The columns of the dataset. */
  readonly output: readonly DatasetColumn[];
  readonly problems: readonly Problem[];
}

export interface ProcessorPlanInput {
  readonly types: ReadonlyMap<string, ProcessorType>;
  /** The columns that are made, in order, those with `drop: true` included. */
  readonly columns: readonly DatasetColumn[];
  /** The columns with `drop: true`. They are left out when all processors are done. */
  readonly dropped: ReadonlySet<string>;
  /** False when some columns are not known. */
  readonly isComplete: boolean;
  /** Problems found so far: a processor with a mistake is not prepared. */
  readonly found: readonly Problem[];
}

/** Prepares the processors in order, each for the columns that the one before it leaves, and checks what they read. */
export function planProcessors(
  recipe: object,
  { types, columns, dropped, isComplete, found }: ProcessorPlanInput,
): PlannedProcessors {
  const problems: Problem[] = [...ignoredProfilers(recipe)];
  const processors: PreparedProcessor[] = [];
  const names = new Set<string>();
  let current = columns;
  for (const [index, config] of getList(recipe, 'processors').entries()) {
    const at = ['processors', index];
    const report = (problem: Problem): void => void problems.push({ ...problem, at: [...at, ...problem.at] });
    if (!isObject(config) || found.some((problem) => isError(problem) && startsWith(problem.at, at)))
      continue;
    const type = types.get(String(config['processor_type']));
    if (!type) continue;
    const name = String(config['name']);
    if (names.has(name.toLowerCase()))
      report({
        code: 'duplicate-processor',
        message: `there is a processor \`${name}\` already`,
        hint: 'give one of them another name: each has a folder of its own',
        at: ['name'],
      });
    names.add(name.toLowerCase());
    const schemas = new Map(current.map((column) => [column.name, column.schema]));
    const input = { columns: current, dropped, isComplete, typeOf: typeLookup(schemas) };
    const prepared = type.prepare(config as ProcessorConfig & typeof config, input, report);
    if (isComplete) checkColumns(prepared, { at, config }, schemas, report);
    processors.push(prepared);
    current = prepared.columns;
  }
  const read = new Set(
    processors.flatMap(({ references, named }) => [
      ...references.map(({ path: [root = ''] }) => root),
      ...named.map(({ name }) => name),
    ]),
  );
  const output = current.filter(({ name }) => !dropped.has(name));
  if (processors.length > 0 && isComplete && output.length === 0)
    problems.push({
      code: 'invalid-value',
      message: 'the processors leave no column in the dataset',
      hint: 'keep at least one',
      at: ['processors'],
    });
  const made = columns.filter(({ name }) => !dropped.has(name) || read.has(name));
  return { processors, made, dropped, read, output, problems };
}

/** Data Designer's profilers describe a dataset. */
function ignoredProfilers(recipe: object): readonly Problem[] {
  if (getList(recipe, 'profilers').length === 0) return [];
  return [
    {
      severity: 'warning',
      code: 'ignored-key',
      message: '`profilers` has no effect: dd report describes every dataset',
      hint: 'remove it, and use dd report',
      at: ['profilers'],
      onKey: true,
    },
  ];
}

function checkColumns(
  { references, named }: PreparedProcessor,
  { at, config }: { readonly at: readonly (string | number)[]; readonly config: NonNullable<object> },
  schemas: ReadonlyMap<string, JsonSchema>,
  report: (problem: Problem) => void,
): void {
  for (const { name, at: place } of named)
    if (!schemas.has(name)) report({ ...unknownColumn(name, schemas, false), at: place });
  checkReads({ at, config: config as never, references }, schemas, report);
}
