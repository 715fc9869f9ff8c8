/** Which models of a plan are asked in batches, and how. */
import type { Plan } from '../../engine/types.js';
import { batchProtocolOf, batchProtocols as allProtocols } from '../../models/batch/protocols/index.js';
import type { BatchClient, BatchLimits, BatchProtocol } from '../../models/batch/types.js';
import { createRoutes } from '../../models/wire/proxies.js';
import { hidingKeys } from '../../models/wire/hide-keys.js';
import { storedUrl } from '../../models/providers/endpoint-url.js';
import { withTechniques } from '../../models/providers/techniques.js';
import type { ChatTransport, Endpoint, Model } from '../../models/types.js';
import type { BatchResponse } from '../../models/batch/types.js';
import { err, ok, type Result } from '../../core/result.js';
import type { RunProblem } from '../problem.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface BatchModel {
  readonly model: Model;
  readonly protocol: BatchProtocol;
  readonly client: BatchClient;
  readonly limits: BatchLimits;
  readonly queue: BatchQueue;
  /** Reads a response as if it had come online: without keys, and without what was put around an answer. */
  readonly reading: (response: BatchResponse) => ChatTransport;
}

/** What batches of a model wait in: aliases of one model at one address share it. */
export interface BatchQueue {
  readonly name: string;
  /** The most tokens of prompts in it: the lowest that the recipe has for one of the aliases. */
  readonly limit: number;
}

export function batchQueues({ recipe, models }: Plan): ReadonlyMap<string, BatchQueue> {
  const nameOf = (alias: string): string => {
    const model = models.get(alias);
    return model ? `${storedUrl(model.endpoint.url)} ${model.model}` : alias;
  };
  const queues = new Map<string, BatchQueue>();
  for (const { alias, batch_enqueued_token_limit: limit = Infinity } of recipe.model_configs ?? []) {
    const name = nameOf(alias);
    queues.set(name, { name, limit: Math.min(limit, queues.get(name)?.limit ?? Infinity) });
  }
  return new Map(
    [...models.keys()].flatMap((alias) => {
      const queue = queues.get(nameOf(alias));
      return queue ? [[alias, queue] as const] : [];
    }),
  );
}

/** @param all whether every model is asked in batches whose provider has them */
export function openBatchModels(
  plan: Plan,
  env: Environment,
  all: boolean,
): Result<ReadonlyMap<string, BatchModel>, RunProblem> {
  const opened = new Map<string, BatchModel>();
  const queues = batchQueues(plan);
  for (const [alias, protocol] of batchProtocols(plan, all)) {
    const model = plan.models.get(alias);
    const queue = queues.get(alias);
    if (!model || !queue) continue;
    const client = openBatchClient(model.endpoint, protocol, env);
    if (!client.ok) return client;
    opened.set(alias, {
      model,
      protocol,
      client: client.value,
      limits: protocol.limits(model.endpoint),
      queue,
      reading: (response) =>
        hidingKeys(
          withTechniques({ send: async (request) => client.value.read(response, request.model) }),
          model.endpoint,
          env,
        ),
    });
  }
  return ok(opened);
}

/** Whose batches there are, for messages. */
export const knownBatches = (): string => allProtocols.map(({ summary }) => summary).join('; ');

/** The batch protocol of each alias that is asked in batches. */
export function batchProtocols(plan: Plan, all: boolean): ReadonlyMap<string, BatchProtocol> {
  const chosen = new Map<string, BatchProtocol>();
  for (const { alias, batch } of plan.recipe.model_configs ?? []) {
    const model = plan.models.get(alias);
    if (!model || !(batch ?? all)) continue;
    const protocol = batchProtocolOf(model.endpoint, batch === true);
    if (protocol) chosen.set(alias, protocol);
  }
  return chosen;
}

export function openBatchClient(
  endpoint: Endpoint,
  protocol: BatchProtocol,
  env: Environment,
): Result<BatchClient, RunProblem> {
  const route = createRoutes(env, { maxResponseSize: -1 })(endpoint);
  if (!route.ok) return err(route.error);
  return ok(protocol.open(endpoint, env, route.value));
}
