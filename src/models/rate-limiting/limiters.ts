import type { Clock } from '../../core/clock.js';
import type { InferenceParameters } from '../../core/config.js';
import { DEFAULTS } from '../../core/defaults.js';
import { createLimiter, type Limiter } from './limiter.js';
import { isLoopback } from '../providers/endpoint-url.js';
import { createQuota } from './quota.js';
import type { ShareOf } from './share.js';
import type { Model } from '../types.js';

/**
 * One limiter for each model of each endpoint. Aliases of the same model and endpoint share it, with the
 * strictest of their limits. All limiters close when `stop` is aborted.
 *
 * @param shareOf given where other processes keep the same limits together with this one
 */
export function createLimiters(
  models: Iterable<Model>,
  clock: Clock,
  stop: AbortSignal,
  shareOf?: ShareOf,
): (model: Model) => Limiter {
  const limits = new Map<string, InferenceParameters>();
  /** The timeout of those on this machine. */
  const local = new Map<string, number>();
  for (const model of models) {
    const key = limiterKey(model);
    limits.set(key, strictest(limits.get(key) ?? {}, model.parameters));
    if (isLoopback(model.endpoint.url)) {
      const timeoutMs = (model.parameters.timeout ?? DEFAULTS.timeout) * 1000;
      local.set(key, Math.min(timeoutMs, local.get(key) ?? Infinity));
    }
  }
  const limiters = new Map(
    [...limits].map(([key, parameters]) => {
      const ceiling = parameters.max_parallel_requests ?? DEFAULTS.max_parallel_requests;
      const share = shareOf?.(key, { ...parameters, max_parallel_requests: ceiling });
      const quota = createQuota({ ...parameters, ...share?.part });
      return [key, createLimiter({ ceiling, quota, share, localTimeoutMs: local.get(key), clock, stop })];
    }),
  );
  return (model) => {
    const limiter = limiters.get(limiterKey(model));
    if (!limiter) throw new Error(`no limiter for ${model.alias}`);
    return limiter;
  };
}

/** The stricter of each limit. `max_tokens` is only used to estimate the length of answers. */
function strictest(one: InferenceParameters, other: InferenceParameters): InferenceParameters {
  const names = ['max_parallel_requests', 'requests_per_minute', 'tokens_per_minute', 'max_tokens'] as const;
  const limits = names.map(
    (name) => [name, Math.min(one[name] ?? Infinity, other[name] ?? Infinity)] as const,
  );
  return Object.fromEntries(limits.filter(([, limit]) => limit < Infinity));
}

function limiterKey(model: Model): string {
  return `${model.endpoint.url} ${model.model}`;
}
