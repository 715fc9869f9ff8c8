import type { JsonObject } from '../core/json.js';
import { ok } from '../core/result.js';
import { jsonColumns } from './json-types.js';
import type { SeedColumn, SeedType } from './types.js';

type RowsSource = { readonly rows: readonly JsonObject[] };

/** Rows that are written in the recipe itself. */
export const inlineRows: SeedType<RowsSource> = {
  type: 'rows',
  summary: 'Rows that are written in the recipe.',
  redact: true,
  schema: {
    properties: {
      rows: {
        type: 'array',
        minItems: 1,
        items: { type: 'object' },
        description:
          'The rows, each a map of column names and values. A column that a row leaves out is null.',
      },
    },
    required: ['rows'],
  },
  columns: ({ rows }) => columnsOf(rows),
  async open({ rows }) {
    const columns = columnsOf(rows);
    const all = rows.map((row) => Object.fromEntries(columns.map(({ name }) => [name, row[name] ?? null])));
    return ok({ columns, entryCount: 1, notes: [], read: async () => ({ rows: all, notes: [] }) });
  },
};

const columnsOf = (rows: readonly JsonObject[]): readonly SeedColumn[] =>
  jsonColumns(rows.map((row) => new Map(Object.entries(row))));
