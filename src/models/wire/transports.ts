import { createAnthropicTransport } from './anthropic-transport.js';
import { hidingKeys } from './hide-keys.js';
import { createOpenAiTransport } from './openai-transport.js';
import { createRoutes } from './proxies.js';
import { providerTypes } from '../providers/provider-types.js';
import { withTechniques } from '../providers/techniques.js';
import type { ChatTransport, Model } from '../types.js';

/** One transport a protocol; which type of provider speaks which stands in `provider-types.ts`. */
const wires = { openai: createOpenAiTransport, anthropic: createAnthropicTransport } as const;

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
    const wire = wires[providerTypes[endpoint.type].wire](endpoint, env, routeTo);
    const transport = hidingKeys(withTechniques(wire), endpoint, env);
    byEndpoint.set(name, transport);
    return transport;
  };
}
