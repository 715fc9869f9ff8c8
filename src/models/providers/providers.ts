import type { ProviderConfig } from '../../core/config.js';
import { err, ok, type Result } from '../../core/result.js';
import { isLoopback } from './endpoint-url.js';
import { missingKey, unsendableKey } from '../wire/call-errors.js';
import type { CallError, Endpoint, ProviderDefinition, ProviderHome } from '../types.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The kinds of providers there are, by the value of `provider_type`. */
export type Providers = ReadonlyMap<string, ProviderDefinition>;

/** The providers that need no entry in a recipe. */
export const builtInNames = (providers: Providers): readonly string[] =>
  [...providers.values()].flatMap(({ name, home }) => (home ? [name] : []));

/**
 * Where a provider is called. `config` is the recipe's `providers:` entry of that name and wins over the
 * built-in one as a whole. `undefined` when there is neither.
 */
export function resolveEndpoint(
  name: string,
  config: ProviderConfig | undefined,
  env: Environment,
  providers: Providers,
): Endpoint | undefined {
  if (config) {
    // A recipe is resolved before all of its mistakes are reported.
    const definition = providers.get(config.provider_type ?? 'openai') ?? providers.get('openai');
    return definition && toEndpoint(config, definition);
  }
  const definition = providers.get(name);
  const home = definition?.home;
  if (!home) return undefined;
  const moved = (home.urlVariable && env[home.urlVariable]?.trim()) || undefined;
  const headers = moved === undefined ? headersFromEnvironment(home, env) : {};
  const { endpoint, api_key } = home;
  const key = api_key === undefined ? {} : { api_key };
  return toEndpoint({ name, endpoint: moved ?? endpoint, ...key, extra_headers: headers }, definition);
}

function toEndpoint(provider: ProviderConfig, definition: ProviderDefinition): Endpoint {
  return {
    provider: provider.name,
    definition,
    url: provider.endpoint.replace(/\/+$/, '').replace(definition.path, ''),
    keyVariable: provider.api_key,
    headers: provider.extra_headers ?? {},
    extraBody: provider.extra_body ?? {},
  };
}

function headersFromEnvironment(
  { headerVariables = {} }: ProviderHome,
  env: Environment,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headerVariables).flatMap(([header, variable]) => {
      const value = env[variable]?.trim();
      return value ? [[header, value]] : [];
    }),
  );
}

/** The key of an endpoint, read again for every call and never kept; `undefined` when it is not set. */
export function readKey(endpoint: Endpoint, env: Environment): string | undefined {
  const value = endpoint.keyVariable === undefined ? undefined : env[endpoint.keyVariable]?.trim();
  return value === '' ? undefined : value;
}

/** No key is asked of a server on this machine; one that is set is sent. */
export function needsKey({ keyVariable, url }: Endpoint): boolean {
  return keyVariable !== undefined && !isLoopback(url);
}

/** The key as a header can hold it; `undefined` where none is needed. */
export function sendableKey(endpoint: Endpoint, env: Environment): Result<string | undefined, CallError> {
  const key = readKey(endpoint, env);
  if (key === undefined) return needsKey(endpoint) ? err(missingKey(endpoint)) : ok(undefined);
  return /^[\x21-\x7e]+$/.test(key) ? ok(key) : err(unsendableKey(endpoint));
}
