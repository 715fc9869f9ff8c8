import { withTechniques } from '../providers/techniques.js';
import type { ChatTransport, Model } from '../types.js';
import { hidingKeys } from './hide-keys.js';
import { createRoutes } from './proxies.js';

/** The wire to each model: one transport an endpoint, shared by its models. */
export function createTransports(
  env: Readonly<Record<string, string | undefined>>,
): (model: Model) => ChatTransport {
  const routeTo = createRoutes(env);
  const byEndpoint = new Map<string, ChatTransport>();
  return ({ endpoint }) => {
    const name = `${endpoint.provider} ${endpoint.url}`;
    const known = byEndpoint.get(name);
    if (known) return known;
    const route = routeTo(endpoint);
    const transport = route.ok
      ? hidingKeys(
          withTechniques(endpoint.definition.protocol.open(endpoint, env, route.value)),
          endpoint,
          env,
        )
      : { send: async () => route };
    byEndpoint.set(name, transport);
    return transport;
  };
}
