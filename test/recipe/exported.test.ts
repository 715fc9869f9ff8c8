import { describe, expect, it } from '@jest/globals';
import { openRecipe, type OpenedRecipe } from '../../src/run/open-recipe.js';
import { folder } from './support.js';

/** Configs as Data Designer exports them: JSON, which is YAML. */

interface Parts {
  readonly columns: readonly object[];
  readonly models?: readonly object[];
  readonly more?: object;
}

const main = { alias: 'main', model: 'm', provider: 'openai' };

const topic = { name: 'topic', column_type: 'expression', expr: 'a {{ id }}' };
const judge = {
  name: 'verdict',
  column_type: 'llm-judge',
  model_alias: 'main',
  prompt: 'Judge {{ id }}.',
  scores: [
    { name: 'SQL Correctness', description: 'Is it right?', options: { '0': 'no', '4': 'yes' } },
    { name: 'the "odd" [x].y', description: 'Is it odd?', options: { low: 'no', high: 'yes' } },
  ],
};

const structured = (properties: object, more: object = {}): object => ({
  name: 'made',
  column_type: 'llm-structured',
  model_alias: 'main',
  prompt: 'Make {{ id }}.',
  output_format: { type: 'object', properties, required: Object.keys(properties), ...more },
});

const bare = ({ columns, models = [main], more = {} }: Parts): object => ({
  columns,
  model_configs: models,
  seed_config: { source: { seed_type: 'local', path: 'rows.csv' } },
  ...more,
});

const open = (config: object): Promise<OpenedRecipe> =>
  openRecipe('recipe.yaml', {
    cwd: folder({ 'recipe.yaml': JSON.stringify(config), 'rows.csv': 'id\n1\n' }),
    env: { OPENAI_API_KEY: 'x' },
  });

const exported = (parts: Parts): Promise<OpenedRecipe> =>
  open({ data_designer: bare(parts), library_version: '0.9.7' });

const reported = ({ diagnostics }: OpenedRecipe, wanted = 'error'): readonly string[] =>
  diagnostics.filter(({ severity }) => severity === wanted).map(({ code, message }) => `${code}: ${message}`);

describe('a model that no column asks', () => {
  const odd = [
    {
      alias: 'emb',
      model: 'e',
      provider: 'nvidia',
      inference_parameters: { generation_type: 'embedding', encoding_format: 'float', dimensions: 256 },
    },
    { alias: 'img', model: 'i', provider: 'openai', inference_parameters: { generation_type: 'image' } },
    { alias: 'far', model: 'f', provider: 'somewhere' },
    { alias: 'new', model: 'n', provider: 'openai', inference_parameters: { new_parameter: 1 } },
    { alias: 'fixed', model: 'n', provider: 'openai', structured_output: 'guided_json' },
  ];

  it('is no reason to refuse a config', async () => {
    const opened = await exported({ columns: [judge], models: [main, ...odd] });
    expect(reported(opened)).toEqual([]);
    expect([...(opened.plan?.models.keys() ?? [])]).toEqual(['main']);
    expect(reported(opened, 'warning')).toContain(
      'unused-model: no column uses 5 of the models: `emb`, `img`, `far`, `new`, `fixed`',
    );
  });

  it('is none in a config whose columns ask no model', async () => {
    const opened = await exported({ columns: [topic], models: odd });
    expect(opened.plan).toBeDefined();
  });

  it.each(odd.slice(2))('is one as soon as a column asks it: %j', async (model) => {
    const asks = { ...judge, model_alias: model.alias };
    expect((await exported({ columns: [asks], models: [model] })).plan).toBeUndefined();
  });

  it.each(odd.slice(0, 2))('is one where a column needs text of it: %j', async (model) => {
    const asks = { ...judge, model_alias: ['main', model.alias] };
    const opened = await exported({ columns: [asks], models: [main, model] });
    expect(reported(opened)).toEqual([
      `generation-type: the model \`${model.alias}\` has the generation type \`${model.inference_parameters?.generation_type}\`, and writes no text`,
    ]);
  });

  it('is none where the column itself is one', async () => {
    const image = { name: 'picture', column_type: 'image', model_alias: 'img', prompt: 'A {{ id }}' };
    const opened = await exported({ columns: [image], models: odd.slice(1, 2) });
    expect(reported(opened)).toEqual([]);
  });

  it('must have no key in the config, and a name of its own', async () => {
    const models = [
      main,
      {
        alias: 'img',
        model: 'i',
        provider: 'openai',
        inference_parameters: { extra_body: { api_key: 'k' } },
      },
      { alias: 'img', model: 'i', provider: 'openai' },
    ];
    const opened = await exported({ columns: [judge], models });
    expect(reported(opened).map((line) => line.split(':')[0])).toEqual(['literal-key', 'duplicate-model']);
  });
});

describe('the names of scores', () => {
  it('may be any text, and are read in brackets', async () => {
    const read = {
      name: 'read',
      column_type: 'expression',
      expr: '{{ verdict["SQL Correctness"].score }} {{ verdict[\'the "odd" [x].y\'].reasoning }}',
    };
    expect(reported(await exported({ columns: [judge, read] }))).toEqual([]);
  });

  it('are checked where they are read', async () => {
    const read = { name: 'read', column_type: 'expression', expr: '{{ verdict["SQL Corectness"].score }}' };
    expect(reported(await exported({ columns: [judge, read] }))).toEqual([
      'unknown-field: `verdict` has no field `SQL Corectness`',
    ]);
  });

  it('cannot be __proto__', async () => {
    const scores = [{ name: '__proto__', description: 'x', options: { '1': 'x' } }];
    const config = { ...judge, scores };
    expect(reported(await exported({ columns: [config] }))).toEqual([
      'reserved-name: a score cannot be called `__proto__`',
    ]);
  });
});

describe('a schema as pydantic writes it', () => {
  const pydantic = structured(
    {
      price: {
        anyOf: [{ type: 'number' }, { type: 'string', pattern: '^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$' }],
        title: 'Price',
        decimal_places: 2,
      },
      memo: { anyOf: [{ type: 'string' }, { type: 'null' }], default: null, title: 'Memo' },
      file: { type: 'string', format: 'path' },
      kind: { $ref: '#/$defs/Kind', default: 'a', examples: ['a'] },
    },
    { title: 'Made', $defs: { Kind: { enum: ['a', 'b'], type: 'string', title: 'Kind', shown_as: 'x' } } },
  );

  it('keeps all that JSON Schema knows, and loses the rest with a warning', async () => {
    const opened = await exported({ columns: [pydantic] });
    expect(reported(opened)).toEqual([]);
    expect(reported(opened, 'warning').filter((line) => line.startsWith('unknown-key'))).toEqual([
      'unknown-key: `decimal_places` is no keyword of JSON Schema, and is ignored',
      'unknown-key: this `format` is none of JSON Schema, and is ignored',
      'unknown-key: `shown_as` is no keyword of JSON Schema, and is ignored',
    ]);
    expect(opened.plan?.output.at(-1)?.schema).toMatchObject({
      properties: { price: { title: 'Price' }, memo: { default: null } },
      $defs: { Kind: { enum: ['a', 'b'], title: 'Kind' } },
    });
  });

  it('is checked in a recipe that Data Designer did not write, where such a keyword is misspelt', async () => {
    expect(reported(await open(bare({ columns: [pydantic] })))).toEqual([
      'invalid-schema: output_format is not a valid JSON Schema: unknown keyword: "decimal_places"',
    ]);
  });

  it('has other mistakes reported', async () => {
    const wrong = structured({ n: { type: 'integer', minimum: 5, maximum: 1, unit: 'kg' } });
    expect(reported(await exported({ columns: [wrong] }))).toEqual([expect.stringContaining('no value')]);
  });
});

describe('a comparison that holds in no row', () => {
  const flag = structured({ ok: { type: 'boolean' } });
  const compares = { name: 'c', column_type: 'expression', expr: "{{ made.ok == 'True' }}" };

  it('is a warning in a config that ran in Data Designer, and a mistake in a recipe', async () => {
    const opened = await exported({ columns: [flag, compares] });
    expect(reported(opened)).toEqual([]);
    expect(reported(opened, 'warning')).toEqual(['impossible-value: `made.ok` is never `True`']);
    expect(reported(await open(bare({ columns: [flag, compares] })))).toHaveLength(1);
  });
});

describe('drop', () => {
  const traced = {
    ...judge,
    drop: true,
    with_trace: 'last_message',
    extract_reasoning_content: true,
  };

  it('leaves out the column alone, as in Data Designer', async () => {
    const opened = await exported({ columns: [traced, { ...topic, drop: true }] });
    expect(opened.plan?.output.map(({ name }) => name)).toEqual([
      'id',
      'verdict__trace',
      'verdict__reasoning_content',
    ]);
    expect(reported(opened, 'warning')).toEqual([expect.stringContaining('column `topic` is made and then')]);
  });
});

describe('temperature and top_p', () => {
  const reportedOf = async (temperature: unknown): Promise<readonly string[]> =>
    reported(
      await exported({ columns: [judge], models: [{ ...main, inference_parameters: { temperature } }] }),
    );

  it.each([
    [0.3],
    [{ distribution_type: 'uniform', params: { low: 0.1, high: 0.1 } }],
    [{ distribution_type: 'manual', params: { values: [0, 2], weights: null } }],
    [{ distribution_type: 'manual', params: { values: [0, 2], weights: [0.5, 0.5] } }],
  ])('may be %j', async (temperature) => {
    expect(await reportedOf(temperature)).toEqual([]);
  });

  it.each([
    [{ distribution_type: 'uniform', params: { low: 0.9, high: 0.1 } }, '`low` must not be more than `high`'],
    [{ distribution_type: 'uniform', params: { low: 0.9 } }, 'a uniform distribution has `low` and `high`'],
    [{ distribution_type: 'manual', params: { low: 0, high: 1 } }, 'a manual distribution has `values`'],
    [{ distribution_type: 'manual', params: { values: [1], weights: [1, 2] } }, 'one entry for each'],
    [{ distribution_type: 'manual', params: { values: [1], weights: [0] } }, 'more than 0'],
    [{ distribution_type: 'uniform', params: { low: 0, high: 3 } }, 'must be at most 2'],
    [{ distribution_type: 'normal', params: {} }, 'cannot be `normal`'],
    [3, 'must be at most 2'],
    ['hot', 'must be a number or a map'],
  ])('cannot be %j', async (temperature, words) => {
    expect(await reportedOf(temperature)).toEqual([expect.stringContaining(words)]);
  });
});

describe('a config without columns', () => {
  const processors = [{ processor_type: 'schema_transform', name: 'chat', template: { n: '{{ id }}' } }];

  it('is one where a seed goes through processors', async () => {
    expect(reported(await exported({ columns: [], more: { processors } }))).toEqual([]);
  });

  it('is a mistake without a seed', async () => {
    const config = { data_designer: { columns: [], seed_config: null, processors } };
    expect(reported(await open(config))).toContain('invalid-value: `columns` must not be empty');
  });
});

describe('names of columns', () => {
  const column = (name: string): object => ({ name, column_type: 'expression', expr: 'a {{ id }}' });

  it.each(['Full name', 'Größe', '2nd', 'a-b.c/d', 'say "hi"'])(
    'may be %s in an exported config',
    async (name) => {
      expect(reported(await exported({ columns: [column(name)] }))).toEqual([]);
    },
  );

  it('are read by templates', async () => {
    const reader = { ...column('reader'), expr: '{{ row["Full name"] }} {{ Größe }}' };
    const columns = [column('Full name'), column('Größe'), reader];
    expect(reported(await exported({ columns }))).toEqual([]);
  });

  it.each(['', 'a\nb', '__proto__'])('cannot be %j', async (name) => {
    expect(reported(await exported({ columns: [column(name)] }))).not.toEqual([]);
  });

  it('are words in a recipe of your own, in any script', async () => {
    expect(reported(await open(bare({ columns: [column('Größe'), column('名前')] })))).toEqual([]);
    expect(reported(await open(bare({ columns: [column('Full name')] })))).toEqual([
      expect.stringContaining('must be letters, digits and underscores'),
    ]);
  });
});
