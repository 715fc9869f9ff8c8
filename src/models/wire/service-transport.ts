import { oneLine } from '../../core/one-line.js';
import type { FailureClass } from '../../core/failure.js';
import { err, ok } from '../../core/result.js';
import { filledIn, variablesOf } from '../service-headers.js';
import type { ServiceTransport } from '../services.js';
import { joinRequests } from '../together.js';
import type { CallError, ServiceRequest } from '../types.js';
import { cutOff } from './call-errors.js';
import { errorOfConnection } from './connection-errors.js';
import { hideKey } from './hide-keys.js';
import { createFetch, FetchFailed, type WireResponse } from './http-fetch.js';
import { createRoutes } from './proxies.js';
import { requestedWait } from './retry-after.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Posts JSON. What is in the environment is put into the headers here, and taken out of all that comes back. */
export const createServiceTransport = (env: Environment): ServiceTransport => joinRequests(postJson(env));

function postJson(env: Environment): ServiceTransport {
  const routeTo = createRoutes(env);
  return async (request, signal) => {
    const { name, url, timeout, body } = request;
    const named = variablesOf(request.headers);
    const missing = named.find((variable) => valueOf(variable, env) === undefined);
    if (missing !== undefined) return err(missingVariable(missing, name));
    const secrets = named.flatMap((variable) => valueOf(variable, env) ?? []);
    const hide = (text: string): string => secrets.filter(isLong).reduce(hideKey, text);
    const called = { alias: name, endpoint: { provider: name, url } };
    const route = routeTo(called.endpoint);
    if (!route.ok) return route;
    try {
      const headers = {
        'content-type': 'application/json',
        ...filledIn(request.headers, (variable) => valueOf(variable, env) ?? ''),
      };
      const init = { method: 'POST', headers, body: JSON.stringify(body), signal };
      const response = await createFetch(await route.value.open())(url, init, timeout * 1000);
      return ok(hide(await response.text()));
    } catch (thrown) {
      if (signal.aborted) return err(cutOff);
      const outcome = thrown instanceof FetchFailed ? thrown.outcome : undefined;
      if (outcome?.kind === 'response') return err(errorOf(outcome.response, name, hide));
      if (outcome?.kind === 'late') return err(late(request));
      const error = errorOfConnection(
        outcome ? outcome.error : thrown,
        called,
        outcome?.begun,
        route.value.proxyVariable,
      );
      return err({ ...error, message: hide(error.message) });
    }
  };
}

const valueOf = (name: string, env: Environment): string | undefined => env[name]?.trim() || undefined;

const isLong = (value: string): boolean => value.length >= 8;

const missingVariable = (variable: string, name: string): CallError => ({
  class: 'auth',
  message: `the headers of ${name} name ${variable}, which is not set`,
  hint: `export ${variable}=… before running`,
});

const late = ({ name, timeout }: ServiceRequest): CallError => ({
  class: 'timeout',
  message: `${name} did not answer within ${timeout} s`,
  hint: 'raise its `timeout` (seconds)',
});

function errorOf(
  { status, headers, body }: WireResponse,
  name: string,
  hide: (text: string) => string,
): CallError {
  const wait = requestedWait(headers)?.ms;
  return {
    class: classOf(status),
    status,
    message: `${name} answered ${status}${body.trim() === '' ? '' : `: ${oneLine(hide(body))}`}`,
    ...(wait !== undefined && { retryAfterMs: wait }),
  };
}

function classOf(status: number): FailureClass {
  if (status === 401 || status === 403) return 'auth';
  if (status === 408) return 'timeout';
  if (status === 429) return 'rate';
  return status >= 500 || status === 409 || status === 425 ? 'overload' : 'invalid-request';
}
