import { err, ok, type Result } from '../../core/result.js';
import { missingKey, unsendableKey } from '../wire/call-errors.js';
import { providerTypes } from './provider-types.js';
import type { CallError, Endpoint } from '../types.js';
import type { ProviderConfig, ProviderType } from '../../core/config.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The providers that need no entry in a recipe, written as a recipe would write them. */
export const builtInProviders: ReadonlyMap<string, ProviderConfig> = new Map(
  Object.entries(providerTypes).flatMap(([name, { home }]) => {
    if (!home) return [];
    const { endpoint, api_key } = home;
    const key = api_key === undefined ? {} : { api_key };
    return [[name, { name, provider_type: name as ProviderType, endpoint, ...key }]];
  }),
);

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
  if (!builtIn) return undefined;
  const moved = urlFromEnvironment(builtIn, env);
  const headers = moved === undefined ? headersFromEnvironment(builtIn, env) : {};
  return toEndpoint({ ...builtIn, extra_headers: headers }, moved ?? builtIn.endpoint);
}

/** The key of an endpoint, read anew for every call and never kept; `undefined` when it is not set. */
export function readKey(endpoint: Endpoint, env: Environment): string | undefined {
  const value = endpoint.keyVariable === undefined ? undefined : env[endpoint.keyVariable]?.trim();
  return value === '' ? undefined : value;
}

/** The key as it may stand in a header; `undefined` where none is needed. */
export function sendableKey(endpoint: Endpoint, env: Environment): Result<string | undefined, CallError> {
  const key = readKey(endpoint, env);
  if (key === undefined)
    return endpoint.keyVariable === undefined ? ok(undefined) : err(missingKey(endpoint));
  return /^[\x21-\x7e]+$/.test(key) ? ok(key) : err(unsendableKey(endpoint));
}

function urlFromEnvironment(
  { provider_type = 'openai' }: ProviderConfig,
  env: Environment,
): string | undefined {
  const variable = providerTypes[provider_type].home?.urlVariable;
  return (variable && env[variable]?.trim()) || undefined;
}

function headersFromEnvironment(
  { provider_type = 'openai' }: ProviderConfig,
  env: Environment,
): Readonly<Record<string, string>> {
  const variables = Object.entries(providerTypes[provider_type].home?.headerVariables ?? {});
  return Object.fromEntries(
    variables.flatMap(([header, variable]) => {
      const value = env[variable]?.trim();
      return value ? [[header, value]] : [];
    }),
  );
}

function toEndpoint(provider: ProviderConfig, url: string): Endpoint {
  const { provider_type = 'openai' } = provider;
  // A recipe is resolved before all of its mistakes are told.
  const type = Object.hasOwn(providerTypes, provider_type) ? provider_type : 'openai';
  return {
    provider: provider.name,
    type,
    url: url.replace(/\/+$/, '').replace(providerTypes[type].path, ''),
    keyVariable: provider.api_key,
    headers: provider.extra_headers ?? {},
    extraBody: provider.extra_body ?? {},
  };
}
