/**
 * Where the batches of a record are, so that they can be asked about without their recipe, by the client that the run
 * has. A recipe holds no key (`recipe/checks/secrets`), so what it declares of a provider is written down; what comes
 * from the environment is not, and is read there again.
 */
import type { Plan } from '../../engine/types.js';
import { storedUrl } from '../../models/providers/endpoint-url.js';
import { resolveEndpoint, type Providers } from '../../models/providers/providers.js';
import type { Endpoint } from '../../models/types.js';
import type { BatchRecord } from './records.js';

export type EndpointRecord = Pick<
  BatchRecord,
  'provider' | 'provider_type' | 'endpoint' | 'api_key' | 'extra_headers'
>;

export function endpointRecord(
  { provider, definition, url, keyVariable, headers }: Endpoint,
  { recipe }: Plan,
): EndpointRecord {
  const isDeclared = recipe.providers?.some(({ name }) => name === provider) ?? false;
  return {
    provider,
    provider_type: definition.name,
    ...((isDeclared || storedUrl(url) === url) && { endpoint: url }),
    ...(keyVariable !== undefined && { api_key: keyVariable }),
    ...(isDeclared && { extra_headers: headers }),
  };
}

/** `isOwn`: it is where the provider is without a recipe. `undefined` where that is not known. */
export function endpointOf(
  { provider, provider_type, endpoint: url, api_key, extra_headers }: EndpointRecord,
  env: Readonly<Record<string, string | undefined>>,
  providers: Providers,
): { readonly endpoint: Endpoint; readonly isOwn: boolean } | undefined {
  if (!providers.has(provider_type)) return undefined;
  const own = resolveEndpoint(provider, undefined, env, providers);
  const isOwn = own !== undefined && own.url === (url ?? own.url);
  if (isOwn && extra_headers === undefined) return { endpoint: own, isOwn };
  if (url === undefined) return undefined;
  const config = {
    name: provider,
    provider_type,
    endpoint: url,
    ...(api_key !== undefined && { api_key }),
    ...(extra_headers && { extra_headers }),
  };
  const endpoint = resolveEndpoint(provider, config, env, providers);
  return endpoint && { endpoint, isOwn };
}
