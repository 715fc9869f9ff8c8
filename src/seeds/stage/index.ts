/**
 * `stage`: the rows of earlier stages of a recipe (`recipe/stages.ts` writes it in place of `needs`). Their columns are
 * known from the recipe alone. Where their datasets are is known to a run: see `stageSeedIn`.
 */
import { resolve } from 'node:path';
import type { JsonSchema } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import { openRows } from '../local-file/index.js';
import type { Seed, SeedColumn, SeedError, SeedRow, SeedType } from '../types.js';
import { openDatasetTable } from './dataset-table.js';
import { joinTables, type JoinConfig } from './join.js';
import type { RowTable } from './table.js';

/** A stage whose rows are read. */
export type StageNeed = {
  readonly stage: string;
  /** Left out when they are not known before the stage is made. */
  readonly columns?: readonly { readonly name: string; readonly schema: JsonSchema }[];
  /** A file in place of its dataset; the path is relative to the recipe. */
  readonly file?: { readonly path: string; readonly sha256: string };
};

export type StageSource = { readonly needs: readonly StageNeed[]; readonly join?: JoinConfig };

/** The name of a stage. Without dots: what stands behind the last one in the name of a dataset is the stage. */
export const STAGE_NAME = {
  pattern: '^[A-Za-z0-9][A-Za-z0-9_-]*$',
  patternErrorMessage: 'letters, digits, `_` and `-`, because a folder is named after it',
};

const described = (type: string, description: string): JsonSchema => ({ type, description });

const need: JsonSchema = {
  type: 'object',
  properties: {
    // It becomes a part of the path of a folder.
    stage: { ...described('string', 'Name of the stage.'), ...STAGE_NAME },
    columns: {
      type: 'array',
      description: 'Its columns.',
      items: {
        type: 'object',
        properties: {
          name: described('string', 'Name of the column.'),
          schema: described('object', 'JSON Schema of its values.'),
        },
      },
    },
    file: {
      type: 'object',
      description: 'A file in place of its dataset.',
      properties: {
        path: described('string', 'Its path, relative to the recipe.'),
        sha256: described('string', 'The hash of its content.'),
      },
    },
  },
  required: ['stage'],
};

export const stageSeed: SeedType<StageSource> = {
  type: 'stage',
  summary: 'Rows of earlier stages. dd writes it into the recipe.yaml of a stage; write `needs` instead.',
  schema: {
    properties: {
      needs: { type: 'array', minItems: 1, items: need, description: 'The stages, with their columns.' },
      join: { type: 'object', description: 'How the rows of several stages are put together.' },
    },
    required: ['needs'],
  },
  columns: ({ needs, join: how }) => {
    const [first = [], ...others] = needs.map(({ stage, columns }) => {
      if (columns === undefined) throw new Error(`the columns of stage ${stage} are not known`);
      return columns;
    });
    return joinedColumns(first, others, how);
  },
  open: async ({ needs: [first] }) =>
    err({
      key: 'needs',
      message: `only a run of its recipe knows where the rows of stage \`${first?.stage ?? ''}\` are`,
      hint: 'name the recipe that has the stages, and the stage with --stage',
    }),
};

/** The seed type for stages whose datasets are in these folders. */
export function stageSeedIn(folderOf: (stage: string) => string, source: StageSource): SeedType<StageSource> {
  return {
    ...stageSeed,
    // A dataset was made from redacted rows; a file comes from elsewhere.
    redact: source.needs.some(({ file }) => file !== undefined),
    open: async (given, { baseDir }) => openStages(given, baseDir, folderOf),
  };
}

/** The columns of a join: those of the first stage, then those that the others add. */
function joinedColumns(
  first: readonly SeedColumn[],
  others: readonly (readonly SeedColumn[])[],
  { on = [], how = 'inner' }: Partial<JoinConfig> = {},
): readonly SeedColumn[] {
  const added = others.flat().filter(({ name }) => ![on].flat().includes(name));
  return [
    ...first,
    ...added.map(({ name, schema }) => ({
      name,
      schema: how === 'left' ? { anyOf: [schema, { type: 'null' }] } : schema,
    })),
  ];
}

async function openStages(
  { needs, join: how }: StageSource,
  baseDir: string,
  folderOf: (stage: string) => string,
): Promise<Result<Seed, SeedError>> {
  const tables: RowTable[] = [];
  for (const each of needs) {
    const table = await openNeed(each, baseDir, folderOf(each.stage));
    if (!table.ok) return table;
    tables.push(table.value);
  }
  const [first, ...others] = tables;
  if (!first) return err({ key: 'needs', message: 'it needs no stage' });
  const columns = joinedColumns(
    first.columns,
    others.map((table) => table.columns),
    how,
  );
  const { entryCount, read } =
    others.length > 0 && how
      ? await joinTables(first, others, how)
      : { entryCount: first.entryCount, read: readAlone(first) };
  const names = columns.map(({ name }) => name);
  return ok({
    columns,
    entryCount,
    notes: tables.flatMap(({ notes }) => notes),
    async read(entry) {
      const { rows, notes } = await read(entry);
      return { rows: rows.map((row) => withEveryColumn(row, names)), notes };
    },
  });
}

const readAlone =
  ({ read }: RowTable): Seed['read'] =>
  async (entry) => ({ rows: await read(entry), notes: [] });

const withEveryColumn = (row: SeedRow, names: readonly string[]): SeedRow =>
  Object.fromEntries(names.map((name) => [name, row[name] ?? null]));

async function openNeed(
  { stage, columns, file }: StageNeed,
  baseDir: string,
  folder: string,
): Promise<Result<RowTable, SeedError>> {
  if (!file) return openDatasetTable(stage, folder, columns);
  const opened = openRows([resolve(baseDir, file.path)], { path: file.path });
  if (!opened.ok) return err({ ...opened.error, key: 'needs' });
  const seed = opened.value;
  return ok({
    stage,
    columns: columns ?? seed.columns,
    entryCount: seed.entryCount,
    notes: seed.notes,
    read: async (entry) => (await seed.read(entry)).rows,
  });
}
