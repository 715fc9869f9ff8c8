import { describe, expect, it } from '@jest/globals';

import { check } from './support.js';

const base = `
model_configs:
  - { alias: super, provider: nvidia, model: nemotron }
seed_config:
  source: { seed_type: traces, format: auto }
columns:
  - name: digest
    column_type: llm-structured
    model_alias: super
    prompt: "{{ messages }}"
    output_format:
      type: object
      properties: { goal: { type: string }, steps: { type: array, items: { type: object, properties: { tool: { type: string } } } } }
`;

const column = (...lines: readonly string[]): string =>
  `${base}  - name: x\n${lines.map((line) => `    ${line}\n`).join('')}`;
const expression = (expr: string): string => column('column_type: expression', `expr: "${expr}"`);

/** The problems without their places: `code message (hint)`. */
async function reported(yaml: string): Promise<readonly string[]> {
  const { diagnostics } = await check(yaml);
  return diagnostics.map(({ code, message, hint }) => `${code}: ${message}${hint ? ` (${hint})` : ''}`);
}

describe('a recipe without a mistake', () => {
  it('has a plan and nothing to tell', async () => {
    const { diagnostics, plan } = await check(expression('{{ digest.goal }}'));
    expect(diagnostics).toEqual([]);
    expect(plan?.columns.map(({ column: { name } }) => name)).toEqual(['digest', 'x']);
  });
});

describe('the shape of a recipe', () => {
  const cases: readonly [name: string, yaml: string, place: string, words: string][] = [
    [
      'no columns',
      'name: x\n',
      '1:1 missing-key name: x',
      'missing-key: missing key `columns` (add `columns: …`)',
    ],
    [
      'an unknown key',
      `${base}colums: []\n`,
      '14:1 unknown-key colums',
      'unknown-key: unknown key `colums` (did you mean `columns`?)',
    ],
    [
      'a misspelt key that had to be there',
      column('column_type: llm-text', 'model_alias: super', 'promt: "{{ messages }}"'),
      '17:5 unknown-key promt',
      'unknown-key: unknown key `promt` in column `x` (did you mean `prompt`?)',
    ],
    [
      'a missing key',
      column('column_type: llm-text', 'model_alias: super'),
      '14:5 missing-key name: x',
      'missing-key: missing key `prompt` in column `x` (add `prompt: …`)',
    ],
    [
      'an empty value',
      column('column_type: llm-text', 'model_alias: super', 'prompt:'),
      '17:5 missing-value prompt',
      'missing-value: `prompt` of column `x` is empty: expected text',
    ],
    [
      'a wrong type',
      column('column_type: expression', 'expr: 12'),
      '16:11 wrong-type 12',
      'wrong-type: `expr` of column `x` must be text, not `12` (in quotes: "12")',
    ],
    [
      'yes for true',
      column('column_type: expression', 'expr: a', 'drop: yes'),
      '17:11 wrong-type yes',
      'wrong-type: `drop` of column `x` must be true or false, not the text `yes` (write `true`)',
    ],
    [
      'an unknown value',
      column('column_type: expression', 'expr: a', 'dtype: integer'),
      '17:12 unknown-value integer',
      'unknown-value: `dtype` of column `x` cannot be `integer` (one of `str`, `int`, `float`, `bool`)',
    ],
    [
      'an unknown kind of column',
      column('column_type: expresion', 'expr: a'),
      '15:18 unknown-value expresion',
      'unknown-value: `column_type` of column `x` cannot be `expresion` (did you mean `expression`?)',
    ],
    [
      'keys that exclude each other',
      column('column_type: expression', 'expr: a', 'jsonata: a'),
      '17:5 exclusive-keys jsonata',
      'exclusive-keys: `expr` and `jsonata` exclude each other in column `x` (keep one of them)',
    ],
    [
      'none of two keys',
      column('column_type: expression'),
      '14:5 missing-key name: x',
      'missing-key: column `x` needs one of `expr` and `jsonata`',
    ],
    [
      'a misspelling of one of two keys',
      column('column_type: expression', 'exprr: a'),
      '16:5 unknown-key exprr',
      'unknown-key: unknown key `exprr` in column `x` (did you mean `expr`?)',
    ],
    [
      'a name that no template could read',
      `${base}  - { name: my col, column_type: expression, expr: a }\n`,
      '14:13 invalid-value my col',
      'invalid-value: `name` of column `my col` must be letters, digits and underscores, not beginning with a digit, so that a template can read it',
    ],
    [
      'a list entry that is no map',
      `${base}  - text\n`,
      '14:5 wrong-type text',
      'wrong-type: column 2 must be a map, not the text `text`',
    ],
    [
      'a half selection',
      base.replace('format: auto }', 'format: auto }\n  selection_strategy: { start: 3 }'),
      '6:23 missing-key { start: 3 }',
      'missing-key: missing key `end` in `seed_config.selection_strategy` (add `end: …`)',
    ],
    [
      'an unknown format of the seed',
      base.replace('auto', 'codx'),
      '5:40 unknown-value codx',
      'unknown-value: `seed_config.source.format` cannot be `codx` (did you mean `codex`?)',
    ],
    [
      'a temperature out of range',
      base.replace('nemotron', 'nemotron, inference_parameters: { temperature: 3 }'),
      '3:93 invalid-value 3',
      'invalid-value: `inference_parameters.temperature` of model `super` must be at most 2, not `3`',
    ],
    [
      'a provider without a URL',
      `providers: [{ name: own, endpoint: localhost }]${base}`,
      '1:36 invalid-value localhost',
      'invalid-value: `endpoint` of provider `own` must be a URL such as https://host/v1, without /chat/completions',
    ],
  ];
  for (const [name, yaml, place, words] of cases) {
    it(`is checked: ${name}`, async () => {
      const { summary } = await check(yaml);
      expect(summary).toEqual([place]);
      expect(await reported(yaml)).toEqual([words]);
    });
  }
});

describe('what Data Designer has and we have not', () => {
  it('is called not supported yet, not unknown', async () => {
    const { summary } = await check(base.replace('seed_type: traces, format: auto', 'seed_type: df'));
    expect(summary).toEqual(['5:24 not-supported-yet df']);
  });

  it('is nothing to speak of where it is empty', async () => {
    expect(
      await reported(`${base}tool_configs: []\nconstraints: null\nprofilers:\nlibrary_version: 1.2.3\n`),
    ).toEqual([]);
  });

  it('may be null where a key may be left out', async () => {
    const yaml = base
      .replace('model: nemotron', 'model: nemotron, inference_parameters: { top_p: null, timeout: null }')
      .replace('format: auto', 'format: auto, path: null')
      .replace('    prompt:', '    drop: null\n    skip: null\n    prompt:')
      .replace('columns:', '  selection_strategy: null\ncolumns:');
    const { plan } = await check(yaml);
    expect(plan?.recipe.columns[0]).not.toHaveProperty('skip');
    expect(plan?.models.get('super')?.parameters).toEqual({});
  });

  it('lists seed columns among the others, and may drop them', async () => {
    const { plan } = await check(`${base}  - { name: trace_id, column_type: seed-dataset, drop: true }\n`);
    expect(plan?.output.map(({ name }) => name)).toEqual(['messages', 'source_meta', 'digest']);
    expect(plan?.columns).toHaveLength(1);
    expect(await reported(`${base}  - { name: nope, column_type: seed-dataset }\n`)).toEqual([
      'unknown-column: the seed has no column `nope` (remove this column)',
    ]);
  });
});

describe('a key that was written into the recipe', () => {
  for (const key of ['sk-abc123secret', 'nvapi-Secret', '"Bearer secret"', '|\n      secret-in-a-block\n']) {
    it(`is refused and never shown: ${key.slice(0, 4)}`, async () => {
      const yaml = `providers:\n  - name: own\n    endpoint: https://x/v1\n    api_key: ${key}\n${base}`;
      const { diagnostics, loaded } = await check(yaml);
      expect(diagnostics).toMatchObject([{ code: 'literal-key' }]);
      expect(JSON.stringify(diagnostics) + loaded.source.text).not.toMatch(/secret/i);
    });
  }

  it('gets the name to write when it was a shell variable', async () => {
    const yaml = `providers: [{ name: own, endpoint: "https://x/v1", api_key: "\${MY_KEY}" }]${base}`;
    expect((await check(yaml)).diagnostics).toMatchObject([{ hint: 'write `MY_KEY`' }]);
  });
});

describe('what columns read', () => {
  const cases: readonly [name: string, expr: string, place: string, words: string][] = [
    [
      'an unknown column',
      '{{ digst.goal }}',
      '16:15 unknown-column digst',
      'unknown-column: there is no column `digst` (did you mean `digest`?)',
    ],
    [
      'a misspelt field',
      '{{ digest.gaol }}',
      '16:22 unknown-field gaol',
      'unknown-field: `digest` has no field `gaol` (did you mean `goal`?)',
    ],
    [
      'a field of the entries of a list',
      '{{ digest.steps.tol }}',
      '16:28 unknown-field tol',
      'unknown-field: `digest.steps` has no field `tol` (did you mean `tool`?)',
    ],
    [
      'a field of a text',
      '{{ digest.goal.text }}',
      '16:27 unknown-field text',
      'unknown-field: `digest.goal` has no field `text` (it is text: if it holds JSON, read it with `(digest.goal | fromjson).text`)',
    ],
    [
      'itself',
      '{{ x }}',
      '16:15 self-reference x',
      'self-reference: column `x` reads itself (a cell cannot read itself: read another column)',
    ],
    ['broken template', 'a {{ ! }}', '16:17 template-syntax !', 'template-syntax: unexpected `!`'],
  ];
  for (const [name, expr, place, words] of cases) {
    it(`is checked: ${name}`, async () => {
      expect((await check(expression(expr))).summary).toEqual([place]);
      expect(await reported(expression(expr))).toEqual([words]);
    });
  }

  it('is left alone where a schema leaves it open', async () => {
    expect(
      await reported(expression('{{ source_meta.anything }} {{ messages.0.role }} {{ messages.role }}')),
    ).toEqual([]);
  });

  it('is pointed at inside a block of text', async () => {
    const { summary } = await check(
      column('column_type: expression', 'expr: |', '  Look:', '    {{ messages }} and', '    {{ mesages }}'),
    );
    expect(summary).toEqual(['19:12 unknown-column mesages']);
  });

  it('is checked through other columns', async () => {
    const yaml = `${expression('{{ digest }}')}  - { name: y, column_type: expression, expr: "{{ x.gaol }}" }\n`;
    expect((await check(yaml)).summary).toEqual(['17:53 unknown-field gaol']);
  });

  it('may be a column that is dropped, or its side column, which stays in the dataset', async () => {
    const yaml = `${base}  - { name: traced, column_type: expression, expr: "{{ digest }}", drop: true }\n  - { name: y, column_type: expression, expr: "{{ traced__trace }}" }\n`;
    const { diagnostics, plan } = await check(yaml);
    expect(diagnostics).toEqual([]);
    expect(plan?.columns.at(-1)?.dependsOn).toEqual(['traced']);
    expect(plan?.output.map(({ name }) => name)).toEqual([
      'trace_id',
      'messages',
      'source_meta',
      'digest',
      'traced__trace',
      'y',
    ]);
  });

  it('is not guessed at where the seed is unknown', async () => {
    const { summary } = await check(expression('{{ anything }}').replace('traces', 'tracs'));
    expect(summary).toEqual(['5:24 unknown-value tracs']);
  });
});

describe('names', () => {
  it('may be given once: both places are reported', async () => {
    expect(await reported(`${base}  - { name: digest, column_type: expression, expr: a }\n`)).toEqual([
      'duplicate-column: the name `digest` is already taken in line 7 (give one of them another name)',
    ]);
  });

  it('may not be those of the seed', async () => {
    expect(await reported(`${base}  - { name: messages, column_type: expression, expr: a }\n`)).toEqual([
      'duplicate-column: the seed already has a column `messages` (choose another name)',
    ]);
  });

  it('may not be those of side columns', async () => {
    const yaml = `${base}  - { name: traced, column_type: expression, expr: a }\n  - { name: traced__trace, column_type: expression, expr: a }\n`;
    expect(await reported(yaml)).toEqual([
      'duplicate-column: the name `traced__trace` is already taken by column `traced` in line 14 (give one of them another name)',
    ]);
  });
});

describe('circles', () => {
  const circle = `${base}  - { name: a, column_type: expression, expr: "{{ b }}" }\n  - { name: b, column_type: expression, expr: "{{ c }}" }\n  - { name: c, column_type: expression, expr: "{{ a }}" }\n  - { name: d, column_type: expression, expr: "{{ c }}" }\n`;
  it('are named, once, where their first column reads the next', async () => {
    expect((await check(circle)).summary).toEqual(['14:51 cycle b']);
    expect(await reported(circle)).toEqual([
      'cycle: these columns depend on each other in a cycle: `a -> b -> c -> a` (one of them must not read the next)',
    ]);
  });

  it('can go through a condition', async () => {
    const yaml = `${base}  - { name: a, column_type: expression, expr: x, skip: { when: "{{ b }}" } }\n  - { name: b, column_type: expression, expr: "{{ a }}" }\n`;
    expect((await check(yaml)).summary).toEqual(['14:68 cycle b']);
  });
});

describe('models and providers', () => {
  it('are found by their names, with suggestions', async () => {
    expect(await reported(base.replace('model_alias: super', 'model_alias: supr'))).toEqual([
      'unknown-model: no model has the alias `supr` (did you mean `super`?)',
    ]);
    expect(await reported(base.replace('nvidia', 'nvida'))).toEqual([
      'unknown-provider: there is no provider `nvida` (did you mean `nvidia`?)',
    ]);
  });

  it('must have names of their own', async () => {
    const twice = base.replace(
      'model_configs:\n',
      'model_configs:\n  - { alias: super, provider: openai, model: x }\n',
    );
    expect((await check(twice)).summary).toEqual(['4:14 duplicate-model super']);
  });

  it('may be the recipe’s own, before a built-in one of the same name', async () => {
    const { plan } = await check(
      `providers: [{ name: nvidia, endpoint: "https://own/v1", api_key: OWN_KEY }]${base}`,
    );
    expect(plan?.models.get('super')?.endpoint).toMatchObject({
      url: 'https://own/v1',
      keyVariable: 'OWN_KEY',
    });
  });

  it('are warned about when no column uses them', async () => {
    const { summary, plan } = await check(
      `${base}`.replace(
        'model_configs:\n',
        'model_configs:\n  - { alias: idle, provider: openai, model: x }\n',
      ),
    );
    expect(summary).toEqual(['3:14 unused-model idle']);
    expect([...(plan?.models.keys() ?? [])]).toEqual(['super']);
  });

  it('are asked the same in every row by a prompt that reads nothing: a warning', async () => {
    const { summary, plan } = await check(base.replace('{{ messages }}', 'hello'));
    expect(summary).toEqual(['10:5 no-reference prompt']);
    expect(plan).toBeDefined();
  });
});

describe('skip', () => {
  it('reads columns, whose names are checked', async () => {
    const { summary } = await check(
      column('column_type: expression', 'expr: a', 'skip: { when: "{{ digst }}" }'),
    );
    expect(summary).toEqual(['17:23 unknown-column digst']);
  });

  it('must be a template that can be parsed', async () => {
    const { summary } = await check(
      column('column_type: expression', 'expr: a', 'skip: { when: "{{ ! }}" }'),
    );
    expect(summary).toEqual(['17:23 template-syntax !']);
  });

  it('is warned about when it reads nothing', async () => {
    const { summary } = await check(
      column('column_type: expression', 'expr: a', 'skip: { when: "{% set a = 1 %}" }'),
    );
    expect(summary).toEqual(['17:19 no-reference "{% set a = 1 %}"']);
  });

  it('needs no braces', async () => {
    const { summary } = await check(
      column('column_type: expression', 'expr: a', "skip: { when: 'digst == 5' }"),
    );
    expect(summary).toEqual(['17:20 unknown-column digst']);
  });

  it('must put a value of the column’s type in its place', async () => {
    const yaml = column('column_type: expression', 'expr: a', 'skip: { when: "{{ digest }}", value: 3 }');
    expect((await check(yaml)).summary).toEqual(['17:42 wrong-type 3']);
  });

  it('makes the column, and those that are skipped with it, nullable', async () => {
    const yaml = `${column('column_type: expression', 'expr: "{{ digest.goal }}"', 'skip: { when: "{{ digest }}" }')}  - { name: y, column_type: expression, expr: "{{ x }}" }\n  - { name: z, column_type: expression, expr: "a {{ x }}", propagate_skip: false }\n`;
    const { plan } = await check(yaml);
    const types = Object.fromEntries(plan?.output.map(({ name, schema }) => [name, schema['type']]) ?? []);
    expect(types).toMatchObject({ x: ['string', 'null'], y: ['string', 'null'] });
    expect(plan?.columns.map(({ propagateSkip }) => propagateSkip)).toEqual([true, true, true, false]);
    expect(plan?.columns[1]?.skip).toMatchObject({ value: null, when: { source: '{{ digest }}' } });
  });
});

describe('the plan', () => {
  it('runs what is read before what reads it, and else keeps the recipe’s order', async () => {
    const yaml = `${base}  - { name: c, column_type: expression, expr: "{{ b }}" }\n  - { name: a, column_type: expression, expr: "{{ digest.goal }}{{ trace_id }}" }\n  - { name: b, column_type: expression, expr: "{{ a }}" }\n`;
    const { plan } = await check(yaml);
    expect(plan?.columns.map(({ column: { name } }) => name)).toEqual(['digest', 'a', 'b', 'c']);
    expect(plan?.output.map(({ name }) => name)).toEqual([
      'trace_id',
      'messages',
      'source_meta',
      'digest',
      'c',
      'a',
      'b',
    ]);
    expect(plan?.columns.map(({ seedColumns }) => seedColumns)).toEqual([
      ['messages'],
      ['messages', 'trace_id'],
      ['messages', 'trace_id'],
      ['messages', 'trace_id'],
    ]);
  });

  it('lets types flow to columns whose own type depends on them', async () => {
    const { plan } = await check(expression('{{ digest.steps }}'));
    expect(plan?.output.at(-1)).toMatchObject({ name: 'x', from: 'column', schema: { type: 'array' } });
  });

  it('needs no seed', async () => {
    const { plan } = await check('columns: [{ name: a, column_type: expression, expr: x }]\n');
    expect(plan).toMatchObject({ seed: undefined, output: [{ name: 'a' }] });
  });
});

describe('keys in a provider', () => {
  const provider = (yaml: string): string => `providers:\n  - ${yaml}\n${base}`;

  it.each([
    [
      '{ name: x, endpoint: "http://user:hunter2@host/v1" }',
      'the address contains a user name, a password or a key',
    ],
    [
      '{ name: x, endpoint: "http://host/v1?api_key=hunter2" }',
      'the address contains a user name, a password or a key',
    ],
    [
      '{ name: x, endpoint: "http://host/v1", extra_headers: { X-Api-Key: hunter2 } }',
      'the header `X-Api-Key` contains a key',
    ],
    [
      '{ name: x, endpoint: "http://host/v1", extra_headers: { Authorization: Bearer hunter2 } }',
      'the header `Authorization` contains a key',
    ],
  ])('%s is an error that does not show it', async (yaml, message) => {
    const [problem, ...others] = await reported(provider(yaml));
    expect(others).toEqual([]);
    expect(problem).toContain(`literal-key: ${message}`);
    expect(problem).not.toContain('hunter2');
  });

  it('are not seen where there are none', async () => {
    expect(
      await reported(provider('{ name: x, endpoint: "http://host/v1", extra_headers: { X-Team: data } }')),
    ).toEqual([]);
  });
});

describe('names that templates use for themselves', () => {
  it.each(['none', 'False', 'true', 'not', '__proto__'])('`%s` cannot be a column', async (name) => {
    const problems = await reported(
      `${base}  - { name: "${name}", column_type: expression, expr: "{{ digest.goal }}" }\n`,
    );
    expect(problems).toEqual([
      `reserved-name: templates cannot read a column named \`${name}\` (choose another name)`,
    ]);
  });
});

describe('names that templates use inside of a loop or a call alone', () => {
  it.each(['loop', 'range', 'caller', 'namespace', 'in'])('`%s` can be a column', async (name) => {
    const made = `  - { name: ${name}, column_type: expression, expr: "{{ digest.goal }}" }\n`;
    const read = `  - { name: reads, column_type: expression, expr: "{{ ${name} }}" }\n`;
    expect(await reported(base + made + read)).toEqual([]);
  });
});

describe('where', () => {
  const where = (condition: string): string =>
    base
      .replace('columns:', '')
      .replace('format: auto }', `format: auto }\n  where: "${condition}"\ncolumns:`);

  it('is checked like any template', async () => {
    expect(await reported(where('mesages > 1'))).toEqual([
      'unknown-column: the seed has no column `mesages` (did you mean `messages`?)',
    ]);
    expect((await reported(where('messages >')))[0]).toContain('template-syntax: ');
    expect(await reported(where('messages | length > 1'))).toEqual([]);
  });
});
