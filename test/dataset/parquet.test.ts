import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { typeMismatchFinder } from '../../src/dataset/parquet-schema.js';
import { openPart } from '../../src/dataset/part.js';
import type { OutputColumn } from '../../src/engine/types.js';
import type { Json, JsonObject, JsonSchema } from '../../src/core/json.js';

let folder: string;
let db: DuckDBConnection;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dd-parquet-'));
  db = await (await DuckDBInstance.create()).connect();
});

afterAll(async () => {
  db.closeSync();
  await rm(folder, { recursive: true, force: true });
});

async function write(
  schemas: Readonly<Record<string, JsonSchema>>,
  rows: readonly JsonObject[],
): Promise<void> {
  const columns = Object.entries(schemas).map(([name, schema]): OutputColumn => ({
    name,
    schema,
    from: 'column',
  }));
  const part = await openPart(folder, 0, columns);
  for (const row of rows) await part.append(row);
  await part.close();
}

/** What DuckDB, a reader that shares no code with the writer, finds in the file. */
async function query(sql: string): Promise<Json> {
  const result = await db.runAndReadAll(sql.replace('FILE', `'${join(folder, 'part-00000.parquet')}'`));
  return result.getRowObjectsJson() as Json;
}

const closed = (properties: Record<string, Json>): JsonSchema => ({
  type: 'object',
  properties,
  additionalProperties: false,
});

describe('a part as Parquet', () => {
  it('has typed, nested columns', async () => {
    await write(
      {
        name: { type: 'string' },
        score: { type: 'integer' },
        rate: { type: 'number' },
        good: { type: 'boolean' },
        branch: { type: ['string', 'null'] },
        level: { enum: ['low', 'high'] },
        tags: { type: 'array', items: { type: 'string' } },
        verdict: closed({
          groundedness: closed({ reasoning: { type: 'string' }, score: { type: 'integer', enum: [0, 1] } }),
        }),
        meta: { type: 'object' },
      },
      [
        {
          name: 'é😀',
          score: 3,
          rate: 0.5,
          good: true,
          branch: null,
          level: 'high',
          tags: ['a', 'b'],
          verdict: { groundedness: { reasoning: 'r', score: 1 } },
          meta: { any: [1] },
        },
        {
          name: '',
          score: 0,
          rate: 2,
          good: false,
          branch: 'main',
          level: 'low',
          tags: [],
          verdict: null,
          meta: null,
        },
      ],
    );
    const types = (await query(
      'SELECT column_name AS c, column_type AS t FROM (DESCRIBE SELECT * FROM FILE)',
    )) as { c: string; t: string }[];
    expect(Object.fromEntries(types.map(({ c, t }) => [c, t]))).toEqual({
      name: 'VARCHAR',
      score: 'BIGINT',
      rate: 'DOUBLE',
      good: 'BOOLEAN',
      branch: 'VARCHAR',
      level: 'VARCHAR',
      tags: 'VARCHAR[]',
      verdict: 'STRUCT(groundedness STRUCT(reasoning VARCHAR, score BIGINT))',
      meta: 'JSON',
    });
    expect(
      await query(
        'SELECT name, score::INT AS score, tags, verdict.groundedness.score::INT AS judged, meta FROM FILE',
      ),
    ).toEqual([
      { name: 'é😀', score: 3, tags: ['a', 'b'], judged: 1, meta: '{"any":[1]}' },
      { name: '', score: 0, tags: [], judged: null, meta: null },
    ]);
  });

  it('keeps keys that an open schema does not name', async () => {
    const block: JsonSchema = {
      type: 'object',
      properties: { type: { type: 'string' }, text: { type: 'string' } },
    };
    await write({ content: { type: 'array', items: block } }, [
      {
        content: [
          { type: 'text', text: 'hi' },
          { type: 'image', source: { data: 'x' } },
        ],
      },
    ]);
    expect(await query('SELECT content FROM FILE')).toEqual([
      {
        content: [
          { type: 'text', text: 'hi', _extra: null },
          { type: 'image', text: null, _extra: '{"source":{"data":"x"}}' },
        ],
      },
    ]);
  });

  it('holds the same values as the JSON lines beside it', async () => {
    const rows = Array.from({ length: 2500 }, (_, n) => ({ n, text: `row ${n}`, list: [n, n + 1] }));
    await write(
      {
        n: { type: 'integer' },
        text: { type: 'string' },
        list: { type: 'array', items: { type: 'integer' } },
      },
      rows,
    );
    const lines = (await readFile(join(folder, 'part-00000.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as Json)).toEqual(rows);
    expect(await query('SELECT n::INT AS n, text, list::INT[] AS list FROM FILE')).toEqual(rows);
  });

  it.each<[JsonSchema, Json, string]>([
    [{ type: 'integer' }, 1e30, 'x is not a whole number below 2^53'],
    [{ type: 'string' }, ['a'], 'x is not a string'],
    [{ type: 'array', items: { type: 'string' } }, ['a', 1], 'x[1] is not a string'],
    [closed({ a: closed({ b: { type: 'boolean' } }) }), { a: { b: 'yes' } }, 'x.a.b is not a boolean'],
  ])('tells a value that does not fit %j from one that does', (schema, value, message) => {
    const findMismatch = typeMismatchFinder([{ name: 'x', schema, from: 'column' }]);
    expect(findMismatch({ x: value })).toEqual({ column: 'x', message });
    expect(findMismatch({ x: null })).toBeUndefined();
  });

  it('can be empty', async () => {
    await write({ a: { type: 'string' } }, []);
    expect(await query('SELECT count(*)::INT AS n FROM FILE')).toEqual([{ n: 0 }]);
  });

  it('stores a recursive schema as JSON', async () => {
    await write(
      {
        tree: {
          $ref: '#/$defs/node',
          $defs: { node: closed({ children: { type: 'array', items: { $ref: '#/$defs/node' } } }) },
        },
      },
      [{ tree: { children: [{ children: [] }] } }],
    );
    expect(await query('SELECT count(*)::INT AS n FROM FILE')).toEqual([{ n: 1 }]);
  });
});
