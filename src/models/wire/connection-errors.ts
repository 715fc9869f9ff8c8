import { isNativeError } from 'node:util/types';
import { oneLine } from '../../core/one-line.js';
import { shownUrl } from '../providers/endpoint-url.js';
import type { CallError, Endpoint } from '../types.js';
import { longestResponse } from './http-fetch.js';

/** What is called: a model, or a service by its name. */
interface Called {
  readonly alias: string;
  readonly endpoint: Pick<Endpoint, 'provider' | 'url'>;
}

/** Codes of undici and zlib for more than `longestResponse`. */
const tooLong = new Set(['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'ERR_BUFFER_TOO_LARGE']);

/** Our code for a proxy that closes the connection in place of opening a tunnel. */
export const proxyClosed = 'PROXY_CLOSED';

/** undici's code for what cannot be sent at all, such as a header with a line break. */
const notSendable = 'UND_ERR_INVALID_ARG';

/**
 * What a broken connection means: refused or reset, a failed name look-up, an answer that was cut off.
 *
 * @param begun the first part of a response was there already
 * @param proxyVariable NAME of the environment variable whose proxy is on the way
 */
export function errorOfConnection(
  thrown: unknown,
  model: Called,
  begun = false,
  proxyVariable?: string,
): CallError {
  const causes = causesOf(thrown);
  const code = causes.map(codeOf).find((code) => code !== undefined);
  const { provider } = model.endpoint;
  const url = shownUrl(model.endpoint.url);
  if (code !== undefined && tooLong.has(code)) return tooLongAnswer(model);
  const words = oneLine(messageOf(causes.at(-1)).replace(/https?:\S+/gi, (address) => shownUrl(address)));
  const proxyStatus = /Proxy response \((\d+)\)|Proxy Authentication Required \((407)\)/.exec(words);
  if (proxyStatus && proxyVariable !== undefined)
    return refusedByProxy(Number(proxyStatus[1] ?? proxyStatus[2]), model, proxyVariable);
  if (code === notSendable) {
    return { class: 'invalid-request', message: `nothing could be sent to ${provider}: ${words}` };
  }
  if (causes.some(isNoHttp)) {
    const message = `${provider} sent at ${url} what is no HTTP/1.1 response: ${/\(([^)]+)\)/.exec(words)?.[1] ?? code ?? words}`;
    const hint = `check that the server at ${url} speaks ${url.startsWith('https') ? 'https' : 'http, not https'}`;
    return { class: 'network', message, hint, isNoAnswer: true };
  }
  if (begun) {
    const message = `${provider} sent an answer that cannot be read to its end: ${code ?? words}`;
    return { class: 'network', message };
  }
  const hint = hintFor(code, url, proxyVariable);
  return {
    class: 'network',
    message: `${provider} could not be reached at ${url}: ${code ?? words}`,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** What undici throws where a proxy opens no tunnel. */
function refusedByProxy(status: number, { endpoint }: Called, variable: string): CallError {
  const message = `${endpoint.provider} could not be reached at ${shownUrl(endpoint.url)}: the proxy that ${variable} names answered ${status}`;
  return status === 407
    ? { class: 'auth', message, hint: `write ${variable} as http://user:password@host:port` }
    : { class: 'network', message, hint: `check the proxy, or name the host in NO_PROXY` };
}

/** The next one would be as long, and cost as much. */
function tooLongAnswer({ endpoint, alias }: Called): CallError {
  return {
    class: 'invalid-request',
    message: `${endpoint.provider} sent more than ${Math.floor(longestResponse / 2 ** 20)} MiB in one answer`,
    hint: `set max_tokens of ${alias}, and check that ${shownUrl(endpoint.url)} is the base URL of an OpenAI-compatible server`,
  };
}

function hintFor(
  code: string | undefined,
  url: string,
  proxyVariable: string | undefined,
): string | undefined {
  if (code === proxyClosed || (proxyVariable !== undefined && code === 'UND_ERR_SOCKET'))
    return `the proxy that ${proxyVariable} names closed the connection: it may not find or not allow that host; check both, or name the host in NO_PROXY`;
  if (
    proxyVariable !== undefined &&
    (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
  )
    return `check the proxy that ${proxyVariable} names, or name the host in NO_PROXY`;
  switch (code) {
    case 'ECONNREFUSED':
      return `no server is listening at ${url}; start it, or correct the provider's endpoint`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host of ${url} cannot be found; check the endpoint and the network`;
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `nothing answers at ${url}; check its host and port, the network and a VPN or firewall on the way`;
    default:
      return code !== undefined && /CERT|SELF_SIGNED|LEAF_SIGNATURE/.test(code)
        ? 'the certificate of the server is not trusted; NODE_EXTRA_CA_CERTS names a file of further ones'
        : undefined;
  }
}

/** The error and what caused it, outermost first; a failed dual-stack connection has its tries inside. */
function causesOf(thrown: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  let current = thrown;
  while (isNativeError(current) && causes.length < 8) {
    causes.push(current);
    current =
      current.cause ?? ('errors' in current && Array.isArray(current.errors) ? current.errors[0] : undefined);
  }
  return causes.length > 0 ? causes : [thrown];
}

/** What undici throws where it cannot read a response, or the headers are longer than it reads. */
const isNoHttp = (error: unknown): boolean =>
  isNativeError(error) && (error.name === 'HTTPParserError' || codeOf(error) === 'UND_ERR_HEADERS_OVERFLOW');

function codeOf(error: unknown): string | undefined {
  const code = isNativeError(error) && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function messageOf(error: unknown): string {
  return isNativeError(error) ? error.message : String(error);
}
