import { describe, expect, it } from '@jest/globals';
import type { JsonSchema } from '../../src/core/json.js';
import { explode } from '../../src/processors/explode.js';
import type { ProcessorContext } from '../../src/processors/types.js';
import { process } from './support.js';

const rows = [
  { id: 1, list: ['a', 'b'] },
  { id: 2, list: [] },
  { id: 3, list: null },
  { id: 4, list: 'c' },
  { id: 5, list: [null, ['d']] },
];

describe('explode', () => {
  it('makes one row of each entry, and keeps a row without entries', async () => {
    const { rows: made, leftOut } = await process(explode, { column: 'list' }, rows);
    expect(made.map(({ row, number }) => [number, row['id'], row['list']])).toEqual([
      [0, 1, 'a'],
      [0, 1, 'b'],
      [1, 2, null],
      [2, 3, null],
      [3, 4, 'c'],
      [4, 5, null],
      [4, 5, ['d']],
    ]);
    expect(leftOut).toEqual([]);
  });

  it('leaves out a row without entries where the recipe says so', async () => {
    const { rows: made, leftOut } = await process(explode, { column: 'list', empty: 'drop' }, rows);
    expect(made.map(({ number }) => number)).toEqual([0, 0, 3, 4, 4]);
    expect(leftOut).toEqual([
      { row: 1, reason: 'there is no entry in `list`' },
      { row: 2, reason: 'there is no entry in `list`' },
    ]);
  });

  it.each<[string, JsonSchema, JsonSchema | undefined]>([
    ['a list', { type: 'array', items: { type: 'string' } }, { type: 'string' }],
    [
      'a list or nothing',
      {
        anyOf: [{ type: 'array', items: { $ref: '#/$defs/X' } }, { type: 'null' }],
        $defs: { X: { type: 'integer' } },
      },
      { $ref: '#/$defs/X', $defs: { X: { type: 'integer' } } },
    ],
    ['a list, also null', { type: ['array', 'null'], items: { type: 'number' } }, { type: 'number' }],
    ['any list', { type: 'array' }, {}],
    ['a list or a text', { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'string' }] }, {}],
    ['anything', {}, {}],
    ['a text', { type: 'string' }, undefined],
    ['a text or nothing', { type: ['string', 'null'] }, undefined],
  ])('gives the entries of %s their schema', (_name, schema, entry) => {
    const problems: string[] = [];
    const { columns } = explode.prepare(
      { name: 'x', processor_type: 'explode', column: 'list' },
      {
        columns: [{ name: 'list', schema, from: 'seed' }],
        dropped: new Set(),
        isComplete: true,
        typeOf: () => undefined,
      },
      ({ message, hint }) => problems.push(`${message}: ${hint}`),
    );
    if (entry) expect([columns[0]?.schema, problems]).toEqual([entry, []]);
    else
      expect(problems).toEqual([
        '`list` is never a list, so it cannot be exploded: name a column whose values are lists',
      ]);
  });
});

describe('explode with unnest', () => {
  const entry = {
    $ref: '#/$defs/Pair',
  };
  const $defs = {
    Pair: { type: 'object', properties: { q: { type: 'string' }, list: { type: 'integer' } } },
  };
  const pairs: JsonSchema = { type: 'array', items: entry, $defs };
  const columnsOf = (
    schema: JsonSchema,
    more: readonly string[] = [],
  ): ReturnType<typeof explode.prepare> & { readonly problems: readonly string[] } => {
    const problems: string[] = [];
    const prepared = explode.prepare(
      { name: 'x', processor_type: 'explode', column: 'list', unnest: true },
      {
        columns: ['id', 'list', ...more].map((name) => ({
          name,
          schema: name === 'list' ? schema : { type: 'integer' },
          from: 'column',
        })),
        dropped: new Set(),
        isComplete: true,
        typeOf: () => undefined,
      },
      ({ message, hint }) => problems.push(`${message}: ${hint}`),
    );
    return { ...prepared, problems };
  };

  it('makes a column of each field, which may have the name of the list', async () => {
    const { columns, problems, pass } = columnsOf(pairs);
    expect([columns.map(({ name }) => name), problems]).toEqual([['id', 'q', 'list'], []]);
    expect(columns[1]?.schema).toMatchObject({ type: 'string' });
    const rows = (async function* () {
      yield { number: 0, row: { id: 1, list: [{ q: 'a', list: 2, more: 3 }, { q: 'b' }, 'text'] } };
      yield { number: 1, row: { id: 2, list: null } };
    })();
    const made: unknown[] = [];
    const context = { leaveOut: async () => undefined } as unknown as ProcessorContext;
    for await (const { row } of pass(rows, context)) made.push(row);
    expect(made).toEqual([
      { id: 1, q: 'a', list: 2 },
      { id: 1, q: 'b', list: null },
      { id: 1, q: null, list: null },
      { id: 2, q: null, list: null },
    ]);
  });

  it('is refused where the fields are not known, or are columns already', () => {
    const unknown =
      '`list` are not known, so they cannot become columns: leave `unnest` out and read the fields by name, or explode a column that has a schema';
    expect(columnsOf({ type: 'array', items: { type: 'object' } }).problems[0]).toContain(unknown);
    expect(columnsOf({ type: 'array' }).problems[0]).toContain(unknown);
    expect(columnsOf(pairs, ['q']).problems).toEqual([
      '`q` is a column already, and a field of the entries of `list`: rename the field or the column',
    ]);
  });
});
