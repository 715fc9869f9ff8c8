import { describe, expect, it } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Json, JsonObject } from '../../src/core/json.js';
import type { ModelCall } from '../rig/model-server.js';
import type { Ended } from '../rig/program.js';
import { useStage } from '../rig/stage.js';

const recipe = (parameters = '', more = ''): string => `
model_configs:
  - alias: emb
    model: text-embedding-3-small
    provider: openai
    prices: { input: 20, output: 0 }
    inference_parameters: { generation_type: embedding${parameters} }
seed_config: { source: { seed_type: local, path: rows.jsonl } }
columns:
  - { name: e, column_type: embedding, model_alias: emb, target_column: said }
${more}`;

const stage = useStage(async (workspace) => {
  await workspace.write('rows.jsonl', rowsOf('red', ['a', 'b'], '["c", "d", "e"]'));
});

const rowsOf = (...values: readonly Json[]): string =>
  values.map((said) => `${JSON.stringify({ said })}\n`).join('');

const dd = (...args: readonly string[]): Promise<Ended> =>
  stage.workspace.run(args, { OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' });

const inputs = (call: ModelCall): readonly string[] => call.body['input'] as readonly string[];

/** A vector of a text: its first letter and its length. */
const vector = (text: string): readonly number[] => [text.charCodeAt(0) / 256, text.length];

const answer = (call: ModelCall, encode: (vector: readonly number[]) => Json = (numbers) => numbers): void =>
  call.raw(
    JSON.stringify({
      model: 'emb-1',
      // The last one first: `index` counts.
      data: inputs(call)
        .map((text, index) => ({ index, embedding: encode(vector(text)) }))
        .toReversed(),
      usage: { prompt_tokens: 1000 * inputs(call).length, total_tokens: 0 },
    }),
  );

const cells = async (dataset = 'r'): Promise<readonly Json[]> =>
  (await stage.workspace.rows(dataset)).map((row) => row['e'] ?? null);

const madeOf = (...texts: readonly string[]): JsonObject => ({
  embeddings: texts.map(vector),
  num_embeddings: texts.length,
  dimension: 2,
});

describe('an embedding column', () => {
  it('makes vectors of a text, a list of texts and such a list as JSON, in the order of the texts', async () => {
    await stage.workspace.write('r.yaml', recipe(', dimensions: 2, encoding_format: float'));
    stage.server.handle((call) => answer(call));
    expect(await dd('run', 'r.yaml')).toMatchObject({ code: 0 });
    expect(await cells()).toEqual([madeOf('red'), madeOf('a', 'b'), madeOf('c', 'd', 'e')]);
    expect(stage.server.calls.map(({ path, body }) => [path, body]).toSorted()).toEqual(
      [['red'], ['a', 'b'], ['c', 'd', 'e']]
        .map((input) => [
          '/embeddings',
          { model: 'text-embedding-3-small', input, dimensions: 2, encoding_format: 'float' },
        ])
        .toSorted(),
    );
  });

  it('is read as lists of doubles in Parquet', async () => {
    await stage.workspace.write('r.yaml', recipe());
    stage.server.handle((call) => answer(call));
    await dd('run', 'r.yaml');
    const file = stage.workspace.path('artifacts', 'r', 'data', 'part-00000.parquet');
    const duck = await (await DuckDBInstance.create()).connect();
    const read = await duck.runAndReadAll(
      `select typeof(e) as type, e.embeddings[1][2] as length from read_parquet('${file}')`,
    );
    expect(read.getRowObjectsJson()).toEqual([
      {
        type: 'STRUCT(embeddings DOUBLE[][], num_embeddings BIGINT, dimension BIGINT)',
        length: 3,
      },
      expect.objectContaining({ length: 1 }),
      expect.objectContaining({ length: 1 }),
    ]);
  });

  it('counts tokens and cost, and costs nothing the second time', async () => {
    await stage.workspace.write('r.yaml', recipe());
    stage.server.handle((call) => answer(call));
    await dd('run', 'r.yaml');
    expect(await stage.workspace.metadata('r')).toMatchObject({
      cost: { this_run: { usd: 0.12, usd_is_minimum: false } },
    });
    await dd('run', 'r.yaml');
    expect(stage.server.calls).toHaveLength(3);
    expect(await stage.workspace.metadata('r')).toMatchObject({
      cost: { this_run: { usd: 0 }, dataset: { usd: 0.12 } },
    });
  });

  it('reads base64, which is of floats of 32 bits', async () => {
    await stage.workspace.write('r.yaml', recipe(', encoding_format: base64'));
    stage.server.handle((call) =>
      answer(call, (numbers) => Buffer.from(Float32Array.from(numbers).buffer).toString('base64')),
    );
    await dd('run', 'r.yaml');
    expect(await cells()).toEqual([madeOf('red'), madeOf('a', 'b'), madeOf('c', 'd', 'e')]);
  });

  it.each<[string, Json]>([
    ['fewer vectors than texts', []],
    ['an empty vector', [{ index: 0, embedding: [] }]],
    ['what is no number', [{ index: 0, embedding: ['x'] }]],
    ['an object in the place of the list', { __proto__: 1 }],
  ])('fails on %s', async (_, data) => {
    await stage.workspace.write('rows.jsonl', rowsOf('red'));
    await stage.workspace.write('r.yaml', recipe());
    stage.server.handle((call) => call.raw(JSON.stringify({ data })));
    expect(await dd('run', 'r.yaml')).not.toMatchObject({ code: 0 });
    expect(await stage.workspace.rows('r').catch(() => [])).toEqual([]);
  });

  it('fails for null and for an empty text, and asks nothing for them', async () => {
    await stage.workspace.write('rows.jsonl', rowsOf(null, '', ['a', ''], [], 'x'));
    await stage.workspace.write('r.yaml', recipe());
    stage.server.handle((call) => answer(call));
    expect(await dd('run', 'r.yaml')).toMatchObject({ code: 1 });
    expect((await stage.workspace.failures('r')).map(({ message }) => message)).toEqual([
      'target_column: said is null in this row, and has no text',
      'target_column: said is empty in this row, and an empty text has no vector',
      'target_column: said is empty in this row, and an empty text has no vector',
    ]);
    expect(await cells()).toEqual([{ embeddings: [], num_embeddings: 0, dimension: 0 }, madeOf('x')]);
    expect(stage.server.calls).toHaveLength(1);
  });

  it('is fabricated in a dry run: the same vectors every time, of the length that is asked for', async () => {
    await stage.workspace.write('r.yaml', recipe(', dimensions: 3'));
    expect(await dd('run', 'r.yaml', '--dry-run')).toMatchObject({ code: 0 });
    const first = await cells('r-dry-run');
    expect(first).toEqual(
      [1, 2, 3].map((count) => expect.objectContaining({ num_embeddings: count, dimension: 3 })),
    );
    await dd('run', 'r.yaml', '--dry-run');
    expect(await cells('r-dry-run')).toEqual(first);
    expect(stage.server.calls).toHaveLength(0);
  });

  it('names what is wrong with its model before the run', async () => {
    const text = recipe().replace('generation_type: embedding', 'generation_type: image');
    await stage.workspace.write('r.yaml', text);
    expect((await dd('validate', 'r.yaml')).stderr).toContain(
      'the model `emb` has the generation type `image`, and makes no embeddings',
    );
    await stage.workspace.write('r.yaml', recipe().replace('provider: openai', 'provider: anthropic'));
    expect((await dd('validate', 'r.yaml')).stderr).toContain(
      'the provider `anthropic`, of the type `anthropic`, makes no embeddings',
    );
  });
});
