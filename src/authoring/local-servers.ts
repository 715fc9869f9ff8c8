import { isObject, jsonIn, type Json } from '../core/json.js';
import { isLoopback } from '../models/providers/endpoint-url.js';
import type { Providers } from '../models/providers/providers.js';

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
