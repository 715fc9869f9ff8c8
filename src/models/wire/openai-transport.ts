import { err, type Result } from '../../result.js';
import { cutOff, errorOfResponse, notAUrl, timedOut } from './call-errors.js';
import { readChatAnswer } from './chat-answer.js';
import { chatBody } from './chat-body.js';
import { errorOfConnection } from './connection-errors.js';
import { longestTimerMs, timeoutOf } from './deadline.js';
import { withoutKeys } from './hide-keys.js';
import { httpUrl } from '../providers/endpoint-url.js';
import { providerTypes } from '../providers/provider-types.js';
import { sendableKey } from '../providers/providers.js';
import type { Answer, CallError, ChatTransport, Endpoint, Model } from '../types.js';
import { openWire, type Wire, type WireOutcome, type WireResponse } from './wire.js';

type Headers = Readonly<Record<string, string>>;

/**
 * Chat completions of an OpenAI-compatible server: one POST, read whole. Retries and queues are not its
 * business. Keys are read from `env` for each call.
 */
export function createOpenAiTransport(
  endpoint: Endpoint,
  env: Readonly<Record<string, string | undefined>>,
): ChatTransport {
  const url = chatUrl(endpoint);
  const ownHeaders = lowerCased(endpoint.headers);
  // Opened late: a run that is answered by the store never pays for loading undici.
  let opening: Promise<Wire> | undefined;
  return {
    async send(request, technique, signal) {
      const { model } = request;
      if (!url) return err(notAUrl(endpoint));
      const key = sendableKey(endpoint, env);
      if (!key.ok) return key;
      opening ??= openWire(url);
      const wire = await opening;
      const outcome = await wire.post({
        headers: { ...usualHeaders, ...keyHeader(endpoint, key.value), ...ownHeaders },
        body: JSON.stringify(chatBody(request, technique)),
        timeoutMs: Math.min(timeoutOf(model) * 1000, longestTimerMs),
        signal,
      });
      return readOutcome(outcome, model, env);
    },
  };
}

/** Beside the base URL's path; a query, such as Azure's `api-version`, stays behind it. */
function chatUrl(endpoint: Endpoint): URL | undefined {
  const url = httpUrl(endpoint.url);
  if (url) url.pathname = `${url.pathname.replace(/\/+$/, '')}/chat/completions`;
  return url;
}

const usualHeaders: Headers = {
  accept: 'application/json',
  'content-type': 'application/json',
  'user-agent': 'dd-recipes',
};

function keyHeader({ type }: Endpoint, key: string | undefined): Headers {
  return key === undefined ? {} : lowerCased(providerTypes[type].keyHeader(key));
}

/** So that a header of the provider takes the place of a usual one, however it is written. */
function lowerCased(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function readOutcome(
  outcome: WireOutcome,
  model: Model,
  env: Readonly<Record<string, string | undefined>>,
): Result<Answer, CallError> {
  switch (outcome.kind) {
    case 'response': {
      const read = readResponse(outcome.response, model);
      return read.ok ? read : readResponse(withoutKeys(outcome.response, model.endpoint, env), model);
    }
    case 'timeout':
      return err(timedOut(model, timeoutOf(model)));
    case 'cut-off':
      return err(cutOff);
    case 'broken':
      return err(errorOfConnection(outcome.error, model, outcome.begun));
  }
}

function readResponse(response: WireResponse, model: Model): Result<Answer, CallError> {
  const isAnswer = response.status >= 200 && response.status < 300;
  return isAnswer ? readChatAnswer(response.body, model) : err(errorOfResponse(response, model));
}
