import type { CellOutcome, PreparedColumn } from '../../src/columns/types.js';
import type { Plan, PlannedColumn } from '../../src/engine/types.js';
import type { JsonObject } from '../../src/core/json.js';
import type { Models } from '../../src/models/types.js';

/** A column whose cells a test makes itself. */
export interface FakeColumn {
  readonly name: string;
  readonly dependsOn?: readonly string[];
  readonly seedColumns?: readonly string[];
  readonly make: (row: JsonObject, rowId: string, models: Models) => Promise<CellOutcome> | CellOutcome;
  readonly skipWhen?: (row: JsonObject) => string;
  readonly skipValue?: string;
  readonly propagateSkip?: boolean;
}

export function fakePlan(columns: readonly FakeColumn[]): Plan {
  return {
    recipe: { name: 'fake', columns: columns.map(({ name }) => ({ name, column_type: 'fake' })) },
    file: '/fake.yaml',
    params: {},
    seed: undefined,
    randomSeed: 0,
    columns: columns.map(plannedColumn),
    models: new Map(),
    processors: [],
    made: columns.map(({ name }) => ({ name, schema: {}, from: 'column' })),
    dropped: new Set(),
    output: columns.map(({ name }) => ({ name, schema: {}, from: 'column' })),
  };
}

function plannedColumn({
  name,
  dependsOn = [],
  seedColumns = [],
  make,
  skipWhen,
  skipValue,
  propagateSkip,
}: FakeColumn): PlannedColumn {
  const column: PreparedColumn = {
    name,
    references: [],
    modelAliases: [],
    makes: [name],
    types: () => [{}],
    generate: async (row, { rowId, models }) => make(row, rowId, models),
  };
  return {
    column,
    columnType: 'fake',
    dependsOn,
    seedColumns,
    propagateSkip: propagateSkip ?? true,
    onError: 'fail',
    skip: skipWhen && {
      value: skipValue ?? null,
      when: { source: '', references: [], render: (row) => ({ ok: true, value: skipWhen(row) }) },
    },
  };
}

export const noModels: Models = { ask: () => Promise.reject(new Error('no model may be asked')) };

export const done = (name: string, value: string): CellOutcome => ({
  state: 'done',
  cells: { [name]: value },
});

export const failed = (message: string): CellOutcome => ({
  state: 'failed',
  failure: { class: 'template', message, attempts: [] },
});

/** A promise and the hands that settle it. */
export function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
