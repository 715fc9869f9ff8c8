import { describe, expect, it } from '@jest/globals';

import { check } from './support.js';

const recipe = `
model_configs:
  - { alias: gpt-4.1, provider: openai, model: gpt-4.1, inference_parameters: { temperature: 1 } }
  - { alias: super, provider: nvidia, model: nemotron }
seed_config:
  source: { seed_type: traces, format: auto }
columns:
  - name: digest
    column_type: llm-text
    model_alias: super
    prompt: "{{ messages }}"
  - name: second
    column_type: llm-text
    model_alias: gpt-4.1
    prompt: "{{ digest }}"
`;

const set = (...flags: readonly string[]) => check(recipe, { set: flags });
const recipeOf = async (...flags: readonly string[]) => (await set(...flags)).loaded.recipe;

describe('--set', () => {
  it('sets keys, also such as were not there', async () => {
    expect(await recipeOf('run_config.max_conversation_restarts=0', 'description=x')).toMatchObject({
      description: 'x',
      run_config: { max_conversation_restarts: 0 },
    });
  });

  it('finds entries of lists by name, alias and index, and names with dots in them', async () => {
    const changed = await recipeOf(
      'model_configs.gpt-4.1.inference_parameters.temperature=0.2',
      'columns.digest.prompt=new {{ trace_id }}',
      'columns.1.drop=true',
    );
    expect(changed?.model_configs?.[0]?.inference_parameters).toEqual({ temperature: 0.2 });
    expect(changed?.columns).toMatchObject([{ prompt: 'new {{ trace_id }}' }, { drop: true }]);
  });

  it('reads values as YAML, and templates as text', async () => {
    const changed = await recipeOf(
      'seed_config.selection_strategy={ start: 0, end: 9 }',
      'columns.digest.prompt={{ trace_id }}',
      'columns.second.skip={ when: "{{ digest }}" }',
    );
    expect(changed).toMatchObject({
      seed_config: { selection_strategy: { start: 0, end: 9 } },
      columns: [{ prompt: '{{ trace_id }}' }, { skip: { when: '{{ digest }}' } }],
    });
  });

  it('takes an optional key out when its value is empty', async () => {
    expect(await recipeOf('seed_config.sampling_strategy=')).toMatchObject({ seed_config: { source: {} } });
  });

  it('lets the last one win', async () => {
    expect(await recipeOf('description=a', 'description=b')).toMatchObject({ description: 'b' });
  });

  const refused: readonly [flag: string, file: string, code: string, message: string, hint?: string][] = [
    ['description', '--set', 'invalid-override', '`--set` takes PATH=VALUE, not `description`'],
    ['=x', '--set', 'invalid-override', '`--set` takes PATH=VALUE, not ``'],
    ['a..b=x', '--set a..b', 'unknown-path', '`` is not a key in `a`'],
    ['__proto__.x=1', '--set __proto__.x', 'unknown-path', '`__proto__` is not a key'],
    [
      'columns.digst.prompt=x',
      '--set columns.digst.prompt',
      'unknown-path',
      'there is no entry `digst` in `columns`',
      'did you mean `digest`?',
    ],
    [
      'columns.9.prompt=x',
      '--set columns.9.prompt',
      'unknown-path',
      'there is no entry `9` in `columns`',
      'one of `digest`, `second`',
    ],
    [
      'columns.digest.prompt.x=1',
      '--set columns.digest.prompt.x',
      'unknown-path',
      'there is no `x` in a plain value in `columns.0.prompt`',
    ],
    [
      'description=[',
      '--set description',
      'invalid-override',
      'the value is not YAML',
      'quote it if it is text',
    ],
  ];
  for (const [flag, file, code, message, hint] of refused) {
    it(`says what is wrong with the flag: ${flag}`, async () => {
      const { diagnostics } = await set(flag);
      expect(diagnostics).toEqual([{ severity: 'error', code, message, file, ...(hint ? { hint } : {}) }]);
    });
  }

  it('is named as the place of mistakes in the value it gave', async () => {
    const { diagnostics } = await set(
      'columns.digest.promt=x',
      'columns.second.prompt={{ digst }}',
      'run_confg.x=1',
      'columns.second.model_alias=supr',
    );
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ file, code, hint, span }) => [file, code, hint, span])).toEqual([
      ['--set run_confg.x', 'unknown-key', 'did you mean `run_config`?', undefined],
      ['--set columns.digest.promt', 'unknown-key', 'did you mean `prompt`?', undefined],
      ['--set columns.second.prompt', 'unknown-column', 'did you mean `digest`?', undefined],
      ['--set columns.second.model_alias', 'unknown-model', 'did you mean `super`?', undefined],
    ]);
  });

  it('pollutes no prototype', async () => {
    await set('constructor.prototype.polluted=1');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

const models = (...flags: readonly string[]) => check(recipe, { models: flags });

describe('--model', () => {
  it('puts another model behind an alias; the model may have slashes', async () => {
    const { plan } = await models('super=openai/org/gpt-5-mini');
    expect(plan?.models.get('super')).toMatchObject({
      model: 'org/gpt-5-mini',
      endpoint: { provider: 'openai' },
    });
  });

  it('suggests an alias that was declared', async () => {
    const { diagnostics } = await models('supr=openai/x');
    expect(diagnostics).toEqual([
      {
        severity: 'error',
        code: 'unknown-model',
        message: 'no model has the alias `supr`',
        hint: 'did you mean `super`?',
        file: '--model supr',
      },
    ]);
  });

  it('is the place of a provider that does not exist', async () => {
    const { diagnostics } = await models('super=opnai/x');
    expect(diagnostics).toMatchObject([
      { code: 'unknown-provider', hint: 'did you mean `openai`?', file: '--model super' },
    ]);
  });

  for (const flag of ['super', 'super=gpt-5', '=openai/x', 'super=/x', 'super=openai/']) {
    it(`says how it is written: ${flag}`, async () => {
      const { diagnostics } = await models(flag);
      expect(diagnostics).toMatchObject([{ code: 'invalid-override', file: '--model' }]);
      expect(diagnostics[0]?.message).toContain('ALIAS=PROVIDER/MODEL');
    });
  }

  it('is completed in the hint when only a model was typed', async () => {
    const { diagnostics } = await models('openai/gpt-5-mini');
    expect(diagnostics).toMatchObject([{ hint: 'for example gpt-4.1=openai/gpt-5-mini' }]);
  });

  it('finds an alias that a param gave', async () => {
    const yaml = recipe
      .replace('alias: super', 'alias: "${{ params.who }}"')
      .replace('\n', '\nparams: { who: { default: super } }\n');
    const { plan } = await check(yaml, { models: ['super=openai/x'] });
    expect(plan?.models.get('super')?.model).toBe('x');
  });
});
