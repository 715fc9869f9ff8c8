import { describe, expect, it } from '@jest/globals';
import { openRecipe, type OpenedRecipe } from '../../src/run/open-recipe.js';
import { folder } from './support.js';

interface Parts {
  readonly model: string;
  readonly providers?: string;
}

/** A recipe with one model, opened as every command does. */
function open({ model, providers = '[]' }: Parts): Promise<OpenedRecipe> {
  const yaml = `
name: x
providers: ${providers}
model_configs:
  - { alias: writer, model: some-model, ${model} }
columns:
  - { name: text, column_type: llm-text, model_alias: writer, prompt: Hello. }
`;
  return openRecipe('recipe.yaml', { cwd: folder({ 'recipe.yaml': yaml }), env: {} });
}

/** Every mistake, without the warning that the prompt reads nothing. */
async function reported(parts: Parts): Promise<readonly string[]> {
  const { diagnostics } = await open(parts);
  return diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ code, message, hint }) => `${code}: ${message} (${hint})`);
}

describe('the provider of a model', () => {
  it('may be Anthropic, with nothing else said', async () => {
    const { plan } = await open({ model: 'provider: anthropic' });
    expect(plan?.models.get('writer')?.endpoint).toMatchObject({
      definition: { name: 'anthropic' },
      url: 'https://api.anthropic.com',
      keyVariable: 'ANTHROPIC_API_KEY',
    });
  });

  it('needs an address where it has one of its own: azure', async () => {
    expect(await reported({ model: 'provider: azure' })).toEqual([
      'unknown-provider: there is no provider `azure` (its address is not known: under `providers:` declare { name: azure, provider_type: azure, endpoint: https://NAME.openai.azure.com/openai/v1, api_key: AZURE_OPENAI_API_KEY })',
    ]);
    const providers =
      '[{ name: azure, provider_type: azure, endpoint: https://ours.openai.azure.com/openai/v1, api_key: AZURE_OPENAI_API_KEY }]';
    expect(await reported({ model: 'provider: azure', providers })).toEqual([]);
  });

  it('may be of any type, and of no other', async () => {
    const providers = '[{ name: ours, provider_type: vlm, endpoint: http://gpu:8000/v1 }]';
    expect(await reported({ model: 'provider: ours', providers })).toEqual([
      'unknown-value: `provider_type` of provider `ours` cannot be `vlm` (did you mean `vllm`?)',
    ]);
  });

  it.each(['__proto__', 'constructor'])('is reported when it is called %s', async (name) => {
    const problems = await reported({ model: `provider: ${name}` });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('unknown-provider');
  });
});

describe('a key in the recipe', () => {
  it('is reported in headers and bodies, by the names that keys have', async () => {
    const sent =
      '{ api_key: hush, max_tokens: 5, access-token: hush, deep: { list: [{ password: { value: hush } }] } }';
    const providers = `[{ name: ours, endpoint: http://gpu:8000/v1, extra_headers: { X-Auth: hush, X-Author: me }, extra_body: ${sent} }]`;
    const model = 'provider: ours, inference_parameters: { extra_body: { client_secret: hush } }';
    const problems = await reported({ model, providers });
    expect(problems.map((problem) => /`([^`]+)`/.exec(problem)?.[1])).toEqual([
      'X-Auth',
      'api_key',
      'access-token',
      'password',
      'client_secret',
    ]);
    expect(problems.join()).not.toContain('hush');
  });
});

describe('structured_output', () => {
  it.each([
    ['anthropic', 'json_schema'],
    ['vllm', 'guided_json'],
    ['nvidia', 'tool'],
    ['ollama', 'prompt'],
    ['ollama', 'auto'],
  ])('of %s may be %s', async (provider, technique) => {
    const { plan } = await open({ model: `provider: ${provider}, structured_output: ${technique}` });
    expect(plan?.models.get('writer')?.structuredOutput).toBe(technique);
  });

  it('must be one that the type of the provider has', async () => {
    expect(await reported({ model: 'provider: anthropic, structured_output: guided_json' })).toEqual([
      'unknown-technique: the provider `anthropic`, of the type `anthropic`, does not support `guided_json` (use one of auto, tool, json_schema, prompt)',
    ]);
  });

  it('that is not a technique is reported once', async () => {
    expect(await reported({ model: 'provider: openai, structured_output: tools' })).toEqual([
      'unknown-value: `structured_output` of model `writer` cannot be `tools` (did you mean `tool`?)',
    ]);
  });
});
