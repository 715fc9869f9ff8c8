import { describe, expect, it } from '@jest/globals';
import { validation } from '../../src/columns/validation.js';
import type { JsonObject } from '../../src/core/json.js';
import { createRandom } from '../../src/core/random.js';

/** The cells of a validation column, row by row. */
async function cells(config: JsonObject, rows: readonly JsonObject[]): Promise<readonly unknown[]> {
  const column = validation.prepare(
    {
      name: 'check',
      column_type: 'validation',
      target_columns: ['a'],
      validator_type: String(config['validator_type']),
      ...config,
    },
    (problem) => expect(problem).toBeUndefined(),
    {},
  );
  const models = { ask: () => Promise.reject(new Error('no model may be asked')) };
  return Promise.all(
    rows.map(async (row, index) => {
      const context = { models, rowId: '', row: index, random: () => createRandom('a test') };
      const outcome = await column.generate(row, context);
      if (outcome.state === 'failed') return outcome.failure.message;
      return outcome.state === 'value' ? outcome.value : outcome.cells;
    }),
  );
}

const python = { validator_type: 'code', validator_params: { code_lang: 'python' } };
const validityOf = (cell: unknown): unknown => (cell as { readonly is_valid: unknown }).is_valid;

describe('a validation column', () => {
  it('has the result of its target column', async () => {
    expect(await cells(python, [{ a: 'x = 1' }, { a: 'x = y' }])).toEqual([
      {
        is_valid: true,
        python_linter_score: 10,
        python_linter_severity: 'none',
        python_linter_messages: [],
      },
      {
        is_valid: false,
        python_linter_score: 0,
        python_linter_severity: 'error',
        python_linter_messages: [
          { type: 'error', symbol: 'F821', line: 1, column: 5, message: 'Undefined name `y`' },
        ],
      },
    ]);
  });

  it('has the results of several target columns by name, each of its own row', async () => {
    const found = await cells({ ...python, target_columns: ['a', 'b'] }, [
      { a: 'x = 1', b: 'x = y' },
      { a: 'x = y', b: 'x = 1' },
      { a: 'x =', b: 'x = 2' },
    ]);
    expect(found.map((cell) => Object.entries(cell as JsonObject).map(([name, result]) => [name, validityOf(result)]))).toEqual([
      [['a', true], ['b', false]],
      [['a', false], ['b', true]],
      [['a', false], ['b', true]],
    ]); // prettier-ignore
  });

  it('knows nothing about a cell without a value', async () => {
    expect(await cells(python, [{ a: null }])).toEqual([
      {
        is_valid: null,
        python_linter_score: null,
        python_linter_severity: null,
        python_linter_messages: null,
      },
    ]);
  });

  it('fails where the value is no text, and names the column', async () => {
    expect(await cells(python, [{ a: 3 }])).toEqual(['`a`: it is number, not text']);
  });
});
