import { isNativeError } from 'node:util/types';
import type { Dispatcher } from 'undici';
import { err, ok, type Result } from '../../core/result.js';
import type { CallError, Endpoint, Route } from '../types.js';
import { httpUrl, isLoopback } from '../providers/endpoint-url.js';
import { proxyClosed } from './connection-errors.js';
import { longestResponse } from './http-fetch.js';

type Environment = Readonly<Record<string, string | undefined>>;
type Address = Pick<Endpoint, 'provider' | 'url'>;

/**
 * Connections, shared by all endpoints of a run: straight ones, and those through the proxies that the
 * environment names (https://everything.curl.dev/usingcurl/proxies/env.html).
 *
 * `HTTPS_PROXY` is for https and `HTTP_PROXY` for http, and for https when the other is not set; `NO_PROXY` names
 * what is called straight; each also in lower case, which goes first. As in Go, loopback addresses are called
 * straight, unless `NO_PROXY` has Chromium's `<-loopback>` in it.
 *
 * @param maxResponseSize bytes after which a response is given up; -1 for no limit
 */
export function createRoutes(
  env: Environment,
  { maxResponseSize = longestResponse } = {},
): (endpoint: Address) => Result<Route, CallError> {
  const limits = { ...usualLimits, maxResponseSize };
  const read = (name: string): string => (env[name.toLowerCase()] ?? env[name] ?? '').trim();
  const noProxy = read('NO_PROXY');
  let straight: Promise<Dispatcher> | undefined;
  let proxied: Promise<Dispatcher> | undefined;
  return (endpoint) => {
    const url = httpUrl(endpoint.url);
    const names = url?.protocol === 'https:' ? ['HTTPS_PROXY', 'HTTP_PROXY'] : ['HTTP_PROXY'];
    const proxyVariable = names.find((name) => read(name) !== '');
    if (!url || proxyVariable === undefined || (isLoopback(url.href) && !noProxy.includes('<-loopback>')))
      return ok({ proxyVariable: undefined, open: () => (straight ??= openStraight(limits)) });
    if (proxyUrl(read(proxyVariable)) === undefined) return err(notAProxy(endpoint, proxyVariable));
    const open = (): Promise<Dispatcher> =>
      (proxied ??= openProxied(limits, proxyUrl(read('HTTP_PROXY')), proxyUrl(read('HTTPS_PROXY')), noProxy));
    return ok({ proxyVariable, open });
  };
}

/** Answers take longer than undici's own 300 s; each call brings its own limit. */
const usualLimits = {
  headersTimeout: 0,
  bodyTimeout: 0,
  // Gateways put traces of a request into headers; undici's own limit is 16 KiB.
  maxHeaderSize: 256 * 2 ** 10,
};

type Limits = typeof usualLimits & { readonly maxResponseSize: number };

async function openStraight(limits: Limits): Promise<Dispatcher> {
  const { Agent } = await import('undici');
  return new Agent(limits);
}

async function openProxied(limits: Limits, http = '', https = '', noProxy = ''): Promise<Dispatcher> {
  const { EnvHttpProxyAgent, Pool } = await import('undici');
  return new EnvHttpProxyAgent({
    ...limits,
    httpProxy: http,
    httpsProxy: https,
    noProxy,
    // What is sent over http is handed to the proxy as it is, as curl does: many proxies open tunnels for https only.
    proxyTunnel: false,
    factory: (origin, options) => new Pool(origin, { ...options, ...limits }),
    clientFactory: (origin, options) => tunnelling(new Pool(origin, options)),
  });
}

/**
 * A client of a proxy that fails where the proxy closes the connection in place of a tunnel. To undici that is a socket
 * which was closed, for which it opens another without end.
 */
function tunnelling<T extends Dispatcher>(client: T): T {
  const connect = client.connect.bind(client) as (
    options: Dispatcher.ConnectOptions,
  ) => Promise<Dispatcher.ConnectData>;
  const connectOrFail = (options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> =>
    connect(options).catch((error: unknown) => {
      const isClosed = isNativeError(error) && 'code' in error && error.code === 'UND_ERR_SOCKET';
      throw isClosed ? Object.assign(new Error('closed', { cause: error }), { code: proxyClosed }) : error;
    });
  return Object.assign(client, { connect: connectOrFail });
}

/** As curl has it, an address without a scheme is one of http. */
function proxyUrl(address: string): string | undefined {
  return httpUrl(address.includes('://') ? address : `http://${address}`)?.href;
}

/** Not shown: it may hold a password. */
function notAProxy({ provider }: Address, variable: string): CallError {
  return {
    class: 'invalid-request',
    message: `${provider} cannot be called: ${variable} is not the URL of an http or https proxy`,
    hint: `write it as http://host:port, or name the host of ${provider} in NO_PROXY`,
  };
}
