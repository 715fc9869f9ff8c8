import { describe, expect, it } from '@jest/globals';
import { builtInProviders, readKey, resolveEndpoint } from '../../src/models/providers.js';

describe('resolveEndpoint', () => {
  it('knows the built-in providers without a recipe entry', () => {
    expect([...builtInProviders.keys()]).toEqual([
      'nvidia',
      'openai',
      'openrouter',
      'ollama',
      'vllm',
      'lmstudio',
    ]);
    expect(resolveEndpoint('nvidia', undefined, {})).toEqual({
      provider: 'nvidia',
      url: 'https://integrate.api.nvidia.com/v1',
      keyVariable: 'NVIDIA_API_KEY',
      headers: {},
      extraBody: {},
    });
  });

  it('asks no key of local servers', () => {
    for (const name of ['ollama', 'vllm', 'lmstudio']) {
      expect(resolveEndpoint(name, undefined, {})?.keyVariable).toBeUndefined();
    }
  });

  it('honours OPENAI_BASE_URL for the provider openai only', () => {
    const env = { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1/' };
    expect(resolveEndpoint('openai', undefined, env)?.url).toBe('http://127.0.0.1:9/v1');
    expect(resolveEndpoint('nvidia', undefined, env)?.url).toBe('https://integrate.api.nvidia.com/v1');
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

  it('does not know other names', () => {
    expect(resolveEndpoint('nvidai', undefined, {})).toBeUndefined();
    expect(resolveEndpoint('__proto__', undefined, {})).toBeUndefined();
  });
});

describe('readKey', () => {
  const endpoint = {
    provider: 'x',
    type: 'openai',
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
