import { type ColumnReference, type PreparedColumn, SEED_COLUMN } from '../columns/types.js';
import { withRawColumn } from '../columns/raw-column.js';
import { isObject, type JsonObject, type JsonPath } from '../core/json.js';
import { parseCondition } from '../template/condition.js';
import type { Parsed, TextTemplate } from '../template/types.js';
import { isError, type Problem } from '../core/problem.js';
import { getList, startsWith } from '../core/paths.js';
import type { ColumnType } from '../columns/types.js';
import type { ColumnConfig } from '../core/config.js';

/** A column of the recipe, before the recipe is checked as a whole. */
export interface DraftColumn {
  /** Its path in the recipe. */
  readonly at: JsonPath;
  readonly name: string;
  readonly config: ColumnConfig & JsonObject;
  /** `undefined` when mistakes keep the column from being prepared. */
  readonly prepared: PreparedColumn | undefined;
  readonly skipWhen: TextTemplate | undefined;
  /** The references of its templates and of `skip.when`. */
  readonly references: readonly ColumnReference[];
}

/** A seed column that the recipe lists among its columns. */
export interface ListedSeedColumn {
  readonly at: JsonPath;
  readonly name: string;
  readonly drop: boolean;
}

export interface Drafts {
  readonly columns: readonly DraftColumn[];
  readonly listedSeedColumns: readonly ListedSeedColumn[];
  readonly problems: readonly Problem[];
}

export interface DraftTools {
  readonly columnTypes: ReadonlyMap<string, ColumnType>;
  readonly parseTemplate: (source: string) => Parsed<TextTemplate>;
}

interface DraftInput {
  readonly recipe: object;
  readonly found: readonly Problem[];
  readonly tools: DraftTools;
}

/** Prepares every column that can be prepared, despite mistakes in the others. */
export function draftColumns(recipe: object, found: readonly Problem[], tools: DraftTools): Drafts {
  const columns: DraftColumn[] = [];
  const listedSeedColumns: ListedSeedColumn[] = [];
  const problems: Problem[] = [];
  for (const [index, config] of getList(recipe, 'columns').entries()) {
    const at = ['columns', index];
    if (!isObject(config) || typeof config['name'] !== 'string') continue;
    const { name } = config;
    if (config['column_type'] === SEED_COLUMN)
      listedSeedColumns.push({ at, name, drop: config['drop'] === true });
    else columns.push(draftColumn(config as DraftColumn['config'], at, { recipe, found, tools }, problems));
  }
  return { columns, listedSeedColumns, problems };
}

function draftColumn(
  config: DraftColumn['config'],
  at: JsonPath,
  { recipe, found, tools: { columnTypes, parseTemplate } }: DraftInput,
  problems: Problem[],
): DraftColumn {
  const report = (problem: Problem): void => void problems.push({ ...problem, at: [...at, ...problem.at] });
  const type = columnTypes.get(config.column_type);
  const plain = type && canPrepare(at, found) ? type.prepare(config, report, recipe) : undefined;
  const prepared = plain && config.on_error === 'keep_raw' ? withRawColumn(plain, report) : plain;
  const skipWhen = parseSkip(config['skip'], parseTemplate, report);
  const skipReferences = (skipWhen?.references ?? []).map((reference) => ({
    ...reference,
    at: ['skip', 'when'],
  }));
  return {
    at,
    name: config.name,
    config,
    prepared,
    skipWhen,
    references: [...(prepared?.references ?? []), ...skipReferences],
  };
}

/** Keys that column types do not read. */
const commonKeys = new Set(['drop', 'skip', 'propagate_skip', 'on_error']);

/** Mistakes that do not keep a column from being prepared. */
const harmless = new Set([
  'unknown-key',
  'not-supported-yet',
  'unknown-param',
  'missing-param',
  'param-syntax',
]);

function canPrepare(column: JsonPath, problems: readonly Problem[]): boolean {
  return !problems.some((problem) => {
    const { at, code } = problem;
    const isOfType = !commonKeys.has(String(at[column.length]));
    return startsWith(at, column) && isOfType && isError(problem) && !harmless.has(code);
  });
}

function parseSkip(
  skip: unknown,
  parseTemplate: DraftTools['parseTemplate'],
  report: (problem: Problem) => void,
): TextTemplate | undefined {
  if (!isObject(skip) || typeof skip['when'] !== 'string') return undefined;
  const at = ['skip', 'when'];
  const parsed = parseCondition(skip['when'], parseTemplate);
  if (!parsed.ok) {
    for (const { span, ...problem } of parsed.error) report({ ...problem, at, within: span });
    return undefined;
  }
  if (parsed.value.references.length === 0) {
    const message = 'this condition reads no column, so it is the same in every row';
    report({ severity: 'warning', code: 'no-reference', message, hint: 'name a column in it', at });
  }
  return parsed.value;
}
