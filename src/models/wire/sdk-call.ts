import { isNativeError } from 'node:util/types';
import { err, type Result } from '../../core/result.js';
import type { Answer, CallError, Endpoint, Model, Route } from '../types.js';
import { longestTimerMs } from '../../core/clock.js';
import { DEFAULTS } from '../../core/defaults.js';
import { cutOff, timedOut } from './call-errors.js';
import { errorOfConnection } from './connection-errors.js';
import { withoutKeys } from './hide-keys.js';
import { FetchFailed, type WireResponse } from './http-fetch.js';

export interface SdkCall {
  readonly model: Model;
  readonly route: Route;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the run ends. */
  readonly stop: AbortSignal;
  /** Makes the call through an SDK over our fetch, with `stop` as its signal. */
  readonly send: (timeoutMs: number) => Promise<Response>;
  /** Reads the body of a success. */
  readonly readAnswer: (body: string, model: Model) => Result<Answer, CallError>;
  readonly readError: (response: WireResponse, model: Model) => CallError;
}

/** One call, from the request to its answer or the reason why there is none. */
export async function makeCall(call: SdkCall): Promise<Result<Answer, CallError>> {
  const seconds = call.model.parameters.timeout ?? DEFAULTS.timeout;
  try {
    const response = await call.send(Math.min(Math.ceil(seconds * 1000), longestTimerMs));
    const { status, headers } = response;
    return readHidden(call, { status, headers, body: await response.text() });
  } catch (thrown) {
    return call.stop.aborted ? err(cutOff) : explain(call, thrown, seconds);
  }
}

function explain(call: SdkCall, thrown: unknown, seconds: number): Result<Answer, CallError> {
  const failed =
    isNativeError(thrown) && thrown.cause instanceof FetchFailed ? thrown.cause.outcome : undefined;
  switch (failed?.kind) {
    case 'response':
      return readHidden(call, failed.response);
    case 'late':
      return err(timedOut(call.model, seconds, failed.begun));
    default: {
      const error = failed ? failed.error : thrown;
      return err(errorOfConnection(error, call.model, failed?.begun, call.route.proxyVariable));
    }
  }
}

/** Read as it is, since keys are rarely repeated; what is no answer is read again with the keys hidden. */
function readHidden(call: SdkCall, response: WireResponse): Result<Answer, CallError> {
  const read = readResponse(call, response);
  return read.ok ? read : readResponse(call, withoutKeys(response, call.model.endpoint, call.env));
}

function readResponse(
  { model, readAnswer, readError }: SdkCall,
  response: WireResponse,
): Result<Answer, CallError> {
  const isAnswer = response.status >= 200 && response.status < 300;
  return isAnswer ? readAnswer(response.body, model) : err(readError(response, model));
}

/** HTTP field values and names (RFC 9110, 5.5 and 5.6.2). */
const sendableValue = /^[\t\x20-\x7e\x80-\xff]*$/;
const sendableName = /^[\w!#$%&'*+.^`|~-]+$/;

/** The first header of an endpoint that cannot be sent: known without a call. */
export function unsendableHeader({ headers, provider }: Endpoint): CallError | undefined {
  const found = Object.entries(headers).find(
    ([name, value]) => !sendableName.test(name) || !sendableValue.test(value),
  );
  if (!found) return undefined;
  const message = `nothing could be sent to ${provider}: invalid ${found[0].toLowerCase()} header`;
  return { class: 'invalid-request', message };
}
