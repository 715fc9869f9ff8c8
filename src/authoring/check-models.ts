import { isFatal } from '../core/failure.js';
import { isObject, jsonIn, type Json } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import type { Plan } from '../engine/types.js';
import { probe } from '../models/probe.js';
import { isLoopback } from '../models/providers/endpoint-url.js';
import type { Providers } from '../models/providers/providers.js';
import { createTransports } from '../models/wire/transports.js';
import type { CallError, Technique } from '../models/types.js';
import { allowHosts } from '../run/allow-hosts.js';
import type { RunProblem } from '../run/problem.js';
import { modelSendings } from '../run/sendings.js';
import { EXIT } from '../run/status.js';

/** The result of one model check. */
export interface ModelCheck {
  readonly alias: string;
  readonly provider: string;
  readonly model: string;
  readonly ok: boolean;
  /** The technique for structured output, if a column needs one. */
  readonly structured_output?: Technique;
  /** Observations that are not errors. */
  readonly notes: readonly string[];
  readonly error?: Pick<CallError, 'class' | 'message' | 'hint'>;
}

/** Calls every model that a column uses, once and all at the same time. The plans are of one recipe. */
export async function checkModels(
  plans: readonly Plan[],
  env: Readonly<Record<string, string | undefined>>,
  allow: boolean,
): Promise<Result<readonly ModelCheck[], RunProblem>> {
  const refused = await allowHosts(plans.flatMap(modelSendings), { env, allow });
  return refused ? err(refused) : ok(await callModels(plans, env));
}

function callModels(
  plans: readonly Plan[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly ModelCheck[]> {
  const transportFor = createTransports(env);
  const structured = new Set(plans.flatMap((plan) => [...structuredAliases(plan)]));
  const models = new Map(plans.flatMap((plan) => [...plan.models]));
  const columns = plans.flatMap((plan) => plan.columns);
  const tasks = new Map(
    columns.flatMap(({ column: { task, modelAliases } }) => modelAliases.map((alias) => [alias, task])),
  );
  return Promise.all(
    [...models.values()].map(async (model): Promise<ModelCheck> => {
      const { alias, endpoint } = model;
      const about = { alias, provider: endpoint.provider, model: model.model };
      const task = tasks.get(alias);
      // An image costs a hundred times what words cost.
      if (task === 'image') return { ...about, ok: true, notes: ['makes images: it was not asked for one'] };
      const probed = await probe(model, transportFor(model), structured.has(alias) && !task, task);
      if (!probed.ok) {
        const { class: failureClass, message, hint } = probed.error;
        const error = { class: failureClass, message, ...(hint === undefined ? {} : { hint }) };
        return { ...about, ok: false, notes: [], error };
      }
      const { technique, isValid, without } = probed.value;
      return {
        ...about,
        ok: true,
        ...(technique && { structured_output: technique }),
        notes: [
          ...without.map((parameter) => `does not accept ${parameter}; it is left out`),
          ...(isValid === false ? ['did not follow the schema'] : []),
        ],
      };
    }),
  );
}

/** 0 if every model answered, 3 if a key was refused or credit is used up, otherwise 2. */
export function checksExitCode(checks: readonly ModelCheck[]): number {
  const errors = checks.flatMap(({ error }) => error ?? []);
  if (errors.some(isFatal)) return EXIT.refused;
  return errors.length > 0 ? EXIT.badInput : EXIT.complete;
}

/** Aliases that a column uses for structured output. */
function structuredAliases({ columns }: Plan): ReadonlySet<string> {
  const structured = columns.filter(({ column }) => column.types(() => undefined)[0]?.['type'] !== 'string');
  return new Set(structured.flatMap(({ column }) => column.modelAliases));
}

/** A provider that is built in and lives on this machine, and what its server says. */
export interface LocalServer {
  readonly provider: string;
  readonly endpoint: string;
  readonly answers: boolean;
  /** The models that it serves. */
  readonly models: readonly string[];
}

/** A server on this machine answers at once, or is not there. */
const patienceMs = 2000;

/** Asks the built-in providers on this machine, all at the same time, which models they serve. */
export function findLocalServers(providers: Providers): Promise<readonly LocalServer[]> {
  const local = [...providers.values()].flatMap(({ name, home }) =>
    home && isLoopback(home.endpoint) ? [{ provider: name, endpoint: home.endpoint }] : [],
  );
  return Promise.all(
    local.map(async ({ provider, endpoint }): Promise<LocalServer> => {
      const models = await modelsAt(endpoint);
      return { provider, endpoint, answers: models !== undefined, models: models ?? [] };
    }),
  );
}

/** The names of the models at an address; `undefined` when no model server answers there. */
async function modelsAt(endpoint: string): Promise<readonly string[] | undefined> {
  try {
    const response = await fetch(`${endpoint}/models`, {
      redirect: 'error',
      signal: AbortSignal.timeout(patienceMs),
    });
    const body = response.ok ? jsonIn(await response.text()) : undefined;
    if (!isObject(body) || !Array.isArray(body.data)) return undefined;
    return body.data.flatMap((entry: Json) =>
      isObject(entry) && typeof entry.id === 'string' ? [entry.id] : [],
    );
  } catch {
    return undefined;
  }
}
