/** A seed type: rows with the numbers 1 to `count`. */
import { definePlugin } from 'dd-recipes';

const columns = [{ name: 'number', schema: { type: 'integer' } }];

const counter = {
  type: 'counter',
  summary: 'Rows with the numbers 1 to `count`.',
  schema: {
    properties: { count: { type: 'integer', minimum: 1, description: 'How many rows.' } },
    required: ['count'],
  },
  columns: () => columns,
  async open({ count }) {
    return {
      ok: true,
      value: {
        columns,
        // An entry is read when its rows are needed, and may be read more than once.
        entryCount: count,
        notes: [],
        read: async (entry) => ({ rows: [{ number: entry + 1 }], notes: [] }),
      },
    };
  },
};

export default definePlugin({ name: 'counter', seeds: [counter] });
