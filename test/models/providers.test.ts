import type { ProviderConfig } from '../../src/core/config.js';
import type { Endpoint } from '../../src/models/types.js';
import { describe, expect, it } from '@jest/globals';
import { builtInNames, readKey, resolveEndpoint as resolve } from '../../src/models/providers/providers.js';
import { builtInRegistries } from '../../src/plugins/registries.js';
import { provider } from '../../src/recipe/schema/parts.js';
import { definitionOf, providers } from './setup.js';

const resolveEndpoint = (
  name: string,
  config: ProviderConfig | undefined,
  env: Readonly<Record<string, string>>,
): Endpoint | undefined => resolve(name, config, env, providers);

describe('resolveEndpoint', () => {
  it('knows the built-in providers without a recipe entry', () => {
    expect(builtInNames(providers)).toEqual([
      'nvidia',
      'openai',
      'openrouter',
      'anthropic',
      'ollama',
      'lmstudio',
      'llamacpp',
      'vllm',
    ]);
    expect(resolveEndpoint('nvidia', undefined, {})).toEqual({
      provider: 'nvidia',
      definition: definitionOf('nvidia'),
      url: 'https://integrate.api.nvidia.com/v1',
      keyVariable: 'NVIDIA_API_KEY',
      headers: {},
      extraBody: {},
    });
  });

  it('asks no key of local servers', () => {
    for (const name of ['ollama', 'vllm', 'lmstudio', 'llamacpp']) {
      expect(resolveEndpoint(name, undefined, {})?.keyVariable).toBeUndefined();
    }
  });

  it('honours the variables of the SDKs, each for its own provider only', () => {
    const env = { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1/', ANTHROPIC_BASE_URL: 'http://127.0.0.1:8' };
    expect(resolveEndpoint('openai', undefined, env)?.url).toBe('http://127.0.0.1:9/v1');
    expect(resolveEndpoint('anthropic', undefined, env)?.url).toBe('http://127.0.0.1:8');
    expect(resolveEndpoint('nvidia', undefined, env)?.url).toBe('https://integrate.api.nvidia.com/v1');
  });

  it('has the organization and the project of OpenAI at its own address only', () => {
    const env = { OPENAI_ORG_ID: 'org-1', OPENAI_PROJECT_ID: ' proj-2\n' };
    const headers = { 'OpenAI-Organization': 'org-1', 'OpenAI-Project': 'proj-2' };
    expect(resolveEndpoint('openai', undefined, env)?.headers).toEqual(headers);
    expect(resolveEndpoint('openai', undefined, { OPENAI_ORG_ID: ' ' })?.headers).toEqual({});
    const moved = { ...env, OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' };
    expect(resolveEndpoint('openai', undefined, moved)?.headers).toEqual({});
    expect(resolveEndpoint('nvidia', undefined, env)?.headers).toEqual({});
    const entry = { name: 'openai', endpoint: 'https://api.openai.com/v1' };
    expect(resolveEndpoint('openai', entry, env)?.headers).toEqual({});
  });

  it('lets the entry of a recipe win over the built-in provider of that name', () => {
    const entry = { name: 'openai', endpoint: 'http://gateway/v1', api_key: 'GATEWAY_KEY' };
    expect(resolveEndpoint('openai', entry, { OPENAI_BASE_URL: 'http://elsewhere/v1' })).toMatchObject({
      url: 'http://gateway/v1',
      keyVariable: 'GATEWAY_KEY',
    });
  });

  it('takes an endpoint that was pasted together with its path', () => {
    const entry = { name: 'x', endpoint: 'http://host/v1/chat/completions/' };
    expect(resolveEndpoint('x', entry, {})?.url).toBe('http://host/v1');
  });

  it.each(['', '/', '/v1', '/v1/', '/v1/messages'])('takes https://host%s for the same Anthropic', (path) => {
    const entry = { name: 'x', provider_type: 'anthropic', endpoint: `https://host${path}` } as const;
    expect(resolveEndpoint('x', entry, {})).toMatchObject({
      definition: { name: 'anthropic' },
      url: 'https://host',
    });
  });

  it('takes every other server for an OpenAI-compatible one', () => {
    expect(resolveEndpoint('x', { name: 'x', endpoint: 'http://host/v1' }, {})?.definition.name).toBe(
      'openai',
    );
  });

  it('does not know other names, nor azure, which has no address of its own', () => {
    expect(resolveEndpoint('azure', undefined, {})).toBeUndefined();

    expect(resolveEndpoint('nvidai', undefined, {})).toBeUndefined();
    expect(resolveEndpoint('__proto__', undefined, {})).toBeUndefined();
  });
});

describe('the types of providers', () => {
  it('are those that a recipe may name', () => {
    const schema = provider([...builtInRegistries.providers.keys()]);
    const named = (schema['properties'] as { provider_type: { enum: readonly string[] } }).provider_type.enum;
    expect([...providers.keys()].toSorted()).toEqual(named.toSorted());
  });

  it.each([...providers])('end with the prompt, which every server takes: %s', (_type, traits) => {
    expect(traits.techniques.at(-1)).toBe('prompt');
    expect(traits.techniques.includes('guided_json')).toBe(traits.guidedJson !== undefined);
  });
});

describe('readKey', () => {
  const endpoint = {
    provider: 'x',
    definition: definitionOf('openai'),
    url: 'http://x',
    keyVariable: 'X_KEY',
    headers: {},
    extraBody: {},
  } as const;

  it('reads the variable that the endpoint names', () => {
    expect(readKey(endpoint, { X_KEY: ' abc\n' })).toBe('abc');
  });

  it('takes a blank variable for none', () => {
    expect(readKey(endpoint, { X_KEY: ' ' })).toBeUndefined();
    expect(readKey(endpoint, {})).toBeUndefined();
  });
});
