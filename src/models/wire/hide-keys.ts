import { err, ok } from '../../core/result.js';
import { httpUrl } from '../providers/endpoint-url.js';
import { readKey } from '../providers/providers.js';
import type { Answer, CallError, ChatTransport, Endpoint } from '../types.js';
import type { WireResponse } from './http-fetch.js';
import { memoize } from '../../core/memoize.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A transport whose outcomes hold no key, whatever the server answers. This is the one place where all that is
 * stored, logged or shown of a call comes in.
 */
export function hidingKeys(transport: ChatTransport, endpoint: Endpoint, env: Environment): ChatTransport {
  return {
    async send(request, technique, signal) {
      const outcome = await transport.send(request, technique, signal);
      const hide = hiding(keysOf(endpoint, env).filter(isSecret));
      return outcome.ok ? ok(hiddenAnswer(outcome.value, hide)) : err(hiddenError(outcome.error, hide));
    },
  };
}

/** The response without keys: hidden before it is read, since what is cut short might end within one. */
export function withoutKeys(
  { status, headers, body }: WireResponse,
  endpoint: Endpoint,
  env: Environment,
): WireResponse {
  const hide = hiding(keysOf(endpoint, env));
  return {
    status,
    headers: { get: (name) => (headers.get(name) === null ? null : hide(String(headers.get(name)))) },
    body: hide(body),
  };
}

/** What servers are sent and may repeat: the key, and one in the query of the address. */
function keysOf(endpoint: Endpoint, env: Environment): readonly string[] {
  const key = readKey(endpoint, env);
  const query = keysInQuery(endpoint);
  return key === undefined ? query : [key, ...query];
}

const queryKeys = new WeakMap<Endpoint, readonly string[]>();

function keysInQuery(endpoint: Endpoint): readonly string[] {
  const known = queryKeys.get(endpoint);
  if (known) return known;
  const keys = [...(httpUrl(endpoint.url)?.searchParams ?? [])]
    .filter(([name, value]) => /key|token|secret/i.test(name) && isSecret(value))
    .map(([, value]) => value);
  queryKeys.set(endpoint, keys);
  return keys;
}

/**
 * Whether it can be distinguished from a word. `EMPTY`, `ollama` and `not-needed` are given to servers that want no key,
 * and occur in answers and addresses as words.
 */
function isSecret(key: string): boolean {
  return key.length >= 8 && !/^(?:[a-z_-]{1,23}|[A-Z_-]{1,23})$/.test(key);
}

type Hide = (text: string) => string;

const hiding =
  (keys: readonly string[]): Hide =>
  (text) =>
    keys.reduce(hideKey, text);

function hiddenAnswer(answer: Answer, hide: Hide): Answer {
  const { text, finishReason, reasoning, model } = answer;
  return {
    ...answer,
    text: hide(text),
    finishReason: hide(finishReason),
    ...(reasoning === undefined ? {} : { reasoning: hide(reasoning) }),
    ...(model === undefined ? {} : { model: hide(model) }),
  };
}

function hiddenError(error: CallError, hide: Hide): CallError {
  const { message, hint } = error;
  return { ...error, message: hide(message), ...(hint === undefined ? {} : { hint: hide(hint) }) };
}

/** What replaces a key. */
const mark = '[key]';

/**
 * The text without the key, however it is spelled there: as it is, percent-encoded, or as JSON may escape it,
 * also in JSON within JSON. Each character by itself, since most encoders only change some. Of a long one, such as a
 * certificate, each part: a regular expression cannot be as long.
 */
export function hideKey(text: string, key: string): string {
  if (key.length <= longestPart) return text.replace(patternOf(key), mark);
  const parts = Math.ceil(key.length / longestPart);
  return Array.from({ length: parts }, (_, part) =>
    key.slice(Math.floor((part * key.length) / parts), Math.floor(((part + 1) * key.length) / parts)),
  ).reduce(hideKey, text);
}

const longestPart = 500;

const patternOf = memoize(
  (key: string) => new RegExp([...key].map(spellings).join(''), 'g'),
  (key) => key,
);

function spellings(character: string): string {
  const plain = character.replace(/\W/g, String.raw`\$&`);
  const units = [...Array(character.length).keys()].map((index) => hex(character.charCodeAt(index), 4));
  const bytes = [...Buffer.from(character)].map((byte) => hex(byte, 2));
  const escaped = units.map((unit) => String.raw`\\{1,4}u${unit}`).join('');
  const encoded = bytes.map((byte) => `%(?:25)?${byte}`).join('');
  return String.raw`(?:${plain}|\\{1,4}${plain}|${escaped}|${encoded})`;
}

/** Digits in either case. */
function hex(code: number, digits: number): string {
  const text = code.toString(16).padStart(digits, '0');
  return text.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
