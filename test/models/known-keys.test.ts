import { describe, expect, it } from '@jest/globals';
import { hostsOfKey, isMadeFor } from '../../src/models/providers/known-keys.js';

const fits = (variable: string, url: string): boolean | undefined => {
  const hosts = hostsOfKey(variable);
  return hosts && isMadeFor(hosts, url);
};

describe('a well-known key', () => {
  it.each([
    ['OPENAI_API_KEY', 'https://api.openai.com/v1'],
    ['OPENAI_API_KEY', 'https://API.OpenAI.com.:443/v1'],
    ['OPENAI_API_KEY', 'https://eu.api.openai.com/v1'],
    ['openai_api_key', 'https://api.openai.com'],
    ['NVIDIA_API_KEY', 'https://integrate.api.nvidia.com/v1'],
    ['OPENROUTER_API_KEY', 'https://openrouter.ai/api/v1'],
    ['ANTHROPIC_API_KEY', 'https://api.anthropic.com'],
    ['AZURE_OPENAI_API_KEY', 'https://ours.openai.azure.com/openai/v1'],
    ['GEMINI_API_KEY', 'https://generativelanguage.googleapis.com/v1beta/openai'],
    ['AWS_BEARER_TOKEN_BEDROCK', 'https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1'],
    ['HF_TOKEN', 'https://router.huggingface.co/v1'],
    ['GITHUB_TOKEN', 'https://api.githubcopilot.com/mcp'],
  ])('%s is made for %s', (variable, url) => expect(fits(variable, url)).toBe(true));

  it.each([
    'https://api.openai.com@evil.example/v1',
    'https://api.openai.com:443@evil.example/v1',
    'https://api.openai.com%2f@evil.example',
    'https://api.openai.com.evil.example',
    'https://evil.example/api.openai.com',
    'https://evil.example?https://api.openai.com',
    'https://evil.example#@api.openai.com',
    'https://evil.example\\@api.openai.com',
    'https://api.openai.com\t.evil.example',
    'https://api-openai.com',
    'https://apiXopenai.com',
    'https://xapi.openai.com',
    'https://a.b.api.openai.com',
    'https://api.openai.com..',
    'https://api.openаi.com',
    'http://api.openai.com/v1',
    'https://files.openai.azure.com.evil.example',
    'https://openrouter.ai',
    'https://10.0.0.7/v1',
    'ftp://api.openai.com',
    'not an address',
  ])('of OpenAI is not made for %s', (url) => expect(fits('OPENAI_API_KEY', url)).toBe(false));

  it.each([
    ['HF_TOKEN', 'https://evil.hf.space'],
    ['AWS_SECRET_ACCESS_KEY', 'https://evil.s3.amazonaws.com'],
    ['AWS_SECRET_ACCESS_KEY', 'https://bedrock-runtime.s3.amazonaws.com'],
    ['GITHUB_TOKEN', 'https://evil.github.io'],
    ['DATABASE_URL', 'https://db.example'],
    ['DD_QUEUE', 'https://queue.example'],
    ['OPENAI_API_KEY_2', 'https://evil.example'],
    ['Openai_Api_Key', 'https://evil.example'],
  ])('%s is not made for %s, where customers may be', (variable, url) =>
    expect(fits(variable, url)).toBe(false),
  );

  it('is none that a person has named', () => {
    for (const variable of [
      'MY_COMPANY_KEY',
      'OURS_API_KEY',
      'LLM_TOKEN',
      'OPENAIX_KEY',
      'MY_OPENAI_KEY',
      'X',
    ])
      expect(hostsOfKey(variable)).toBeUndefined();
  });
});
