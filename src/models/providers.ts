import type { ProviderConfig } from '../recipe/types.js';
import type { Endpoint } from './types.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The providers that need no entry in a recipe, written as a recipe would write them. */
export const builtInProviders: ReadonlyMap<string, ProviderConfig> = new Map(
  (
    [
      { name: 'nvidia', endpoint: 'https://integrate.api.nvidia.com/v1', api_key: 'NVIDIA_API_KEY' },
      { name: 'openai', endpoint: 'https://api.openai.com/v1', api_key: 'OPENAI_API_KEY' },
      { name: 'openrouter', endpoint: 'https://openrouter.ai/api/v1', api_key: 'OPENROUTER_API_KEY' },
      { name: 'ollama', endpoint: 'http://127.0.0.1:11434/v1' },
      { name: 'vllm', endpoint: 'http://127.0.0.1:8000/v1' },
      { name: 'lmstudio', endpoint: 'http://127.0.0.1:1234/v1' },
    ] satisfies ProviderConfig[]
  ).map((provider) => [provider.name, provider]),
);

/** Variables that move a built-in provider elsewhere, as the provider's own SDK understands them. */
const urlVariables: ReadonlyMap<string, string> = new Map([['openai', 'OPENAI_BASE_URL']]);

/**
 * Where a provider is called. `config` is the recipe's `providers:` entry of that name and wins over the
 * built-in one as a whole. `undefined` when there is neither.
 */
export function resolveEndpoint(
  name: string,
  config: ProviderConfig | undefined,
  env: Environment,
): Endpoint | undefined {
  if (config) return toEndpoint(config, config.endpoint);
  const builtIn = builtInProviders.get(name);
  return builtIn && toEndpoint(builtIn, urlFromEnvironment(name, env) ?? builtIn.endpoint);
}

/** The key of an endpoint, read anew for every call and never kept; `undefined` when it is not set. */
export function readKey(endpoint: Endpoint, env: Environment): string | undefined {
  const value = endpoint.keyVariable === undefined ? undefined : env[endpoint.keyVariable]?.trim();
  return value === '' ? undefined : value;
}

function urlFromEnvironment(name: string, env: Environment): string | undefined {
  const variable = urlVariables.get(name);
  return (variable && env[variable]?.trim()) || undefined;
}

function toEndpoint(provider: ProviderConfig, url: string): Endpoint {
  return {
    provider: provider.name,
    type: provider.provider_type ?? 'openai',
    url: url.replace(/\/+$/, '').replace(/\/chat\/completions$/, ''),
    keyVariable: provider.api_key,
    headers: provider.extra_headers ?? {},
    extraBody: provider.extra_body ?? {},
  };
}
