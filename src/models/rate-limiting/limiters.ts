import { DEFAULTS } from '../../core/defaults.js';
import type { Clock } from '../../core/clock.js';
import { createGate, type Gate } from './limiter.js';
import { createRateLimits } from './quota.js';
import type { Model } from '../types.js';
import type { InferenceParameters } from '../../core/config.js';

/**
 * Gates by endpoint and model. Aliases that share both share one gate, with the smallest of each of their
 * limits. When `stop` is aborted every gate closes.
 */
export function createGates(
  models: Iterable<Model>,
  clock: Clock,
  stop: AbortSignal,
): (model: Model) => Gate {
  const limits = new Map<string, InferenceParameters>();
  for (const model of models) {
    limits.set(gateName(model), strictest(limits.get(gateName(model)) ?? {}, model.parameters));
  }
  const gates = new Map(
    [...limits].map(([name, parameters]) => {
      const ceiling = parameters.max_parallel_requests ?? DEFAULTS.max_parallel_requests;
      return [name, createGate({ ceiling, rateLimits: createRateLimits(parameters), clock, stop })];
    }),
  );
  return (model) => {
    const gate = gates.get(gateName(model));
    if (!gate) throw new Error(`no gate for ${model.alias}`);
    return gate;
  };
}

/** The stricter of each limit. `max_tokens` only helps to guess how long an answer will be. */
function strictest(one: InferenceParameters, other: InferenceParameters): InferenceParameters {
  const names = ['max_parallel_requests', 'requests_per_minute', 'tokens_per_minute', 'max_tokens'] as const;
  const limits = names.map(
    (name) => [name, Math.min(one[name] ?? Infinity, other[name] ?? Infinity)] as const,
  );
  return Object.fromEntries(limits.filter(([, limit]) => limit < Infinity));
}

function gateName(model: Model): string {
  return `${model.endpoint.url} ${model.model}`;
}
