import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { RemoteProvider } from '../core/config.js';
import { ok, type Result } from '../core/result.js';
import type { CallError } from '../models/types.js';
import { longestResponse } from '../models/wire/http-fetch.js';
import { createRoutes } from '../models/wire/proxies.js';
import type { Environment } from './environment.js';
import type { McpSdk } from './load-sdk.js';
import { remoteTarget } from './usable.js';

/**
 * A server elsewhere. The key is in a header. The SDK follows redirects within the origin alone, so that it reaches no
 * other host.
 */
export async function createRemoteTransport(
  provider: RemoteProvider,
  env: Environment,
  sdk: McpSdk,
): Promise<Result<{ readonly transport: Transport; readonly lastWords: () => string }, CallError>> {
  const target = remoteTarget(provider, env);
  if (!target.ok) return target;
  const { url, key } = target.value;
  const route = createRoutes(env)({ provider: provider.name, url: url.href });
  if (!route.ok) return route;
  const [dispatcher, undici] = await Promise.all([route.value.open(), import('undici')]);
  const options = {
    requestInit: { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } },
    fetch: async (address: string | URL, init?: RequestInit): Promise<Response> => {
      const received = await undici.fetch(address, { ...init, dispatcher } as Parameters<
        typeof undici.fetch
      >[1]);
      return bounded(received as unknown as Response);
    },
    redirectPolicy: 'same-origin' as const,
  };
  const transport =
    provider.provider_type === 'sse'
      ? new sdk.SSEClientTransport(url, options)
      : new sdk.StreamableHTTPClientTransport(url, options);
  return ok({ transport: transport as Transport, lastWords: () => '' });
}

/** The dispatcher limits what comes over the network; this limits what it is decompressed to. */
function bounded(response: Response): Response {
  const { body, status, statusText, headers } = response;
  if (!body || !headers.has('content-encoding')) return response;
  let size = 0;
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.length;
      if (size > longestResponse) controller.error(new Error('it answered more than memory is for'));
      else controller.enqueue(chunk);
    },
  });
  return new Response(body.pipeThrough(count), { status, statusText, headers: [...headers] });
}
