/**
 * Images that a server names by an address. The address comes from an answer, so it is not trusted: it must not make
 * this program read what only this machine can reach (server-side request forgery,
 * https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html). Only http and
 * https are read, without a key, without redirects and up to a size. Private, local and reserved addresses are refused,
 * except where the provider itself is; the address is checked when the connection is made, so that a name cannot change
 * its mind in between.
 */
import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import { largestMedia } from '../../core/media-type.js';
import { err, ok, type Result } from '../../core/result.js';
import { createRoutes } from './proxies.js';

export interface Downloads {
  /** The provider's own address: images there are read wherever it is. */
  readonly providerUrl: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** For tests. */
  readonly lookup?: typeof systemLookup;
}

/** How often a download is tried. */
const tries = 3;

/** The bytes at the address, or why they are not read. */
export async function download(address: string, options: Downloads): Promise<Result<Buffer, string>> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return err('it is no address of http or https');
  const isOfProvider = url.origin === new URL(options.providerUrl).origin;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (!isOfProvider && (isReserved(host) || /(?:^|\.)localhost\.?$/i.test(host)))
    return err(refused(url.host));
  const dispatcher = await dispatcherFor(url, isOfProvider, options);
  if (!dispatcher.ok) return dispatcher;
  const { request } = await import('undici');
  let failure = '';
  for (let turn = 0; turn < tries; turn += 1) {
    try {
      const { statusCode, body } = await request(url, {
        dispatcher: dispatcher.value,
        signal: AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]),
      });
      if (statusCode === 200) return await read(body);
      await body.dump({ limit: 2 ** 16 });
      failure = `${url.host} answered ${statusCode}`;
    } catch (error) {
      if (options.signal.aborted) return err('the run was stopped');
      failure = `${url.host}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return err(failure);
}

async function read(body: AsyncIterable<Buffer>): Promise<Result<Buffer, string>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > largestMedia) return err(`it has more than ${largestMedia / 2 ** 20} MB`);
    chunks.push(chunk);
  }
  return ok(Buffer.concat(chunks));
}

async function dispatcherFor(
  url: URL,
  isOfProvider: boolean,
  { env, lookup = systemLookup }: Downloads,
): Promise<Result<Dispatcher, string>> {
  const route = createRoutes(env)({ provider: url.host, url: url.href });
  if (!route.ok) return err(route.error.message);
  // A proxy looks the name up itself.
  if (isOfProvider || route.value.proxyVariable !== undefined) return ok(await route.value.open());
  const { Agent } = await import('undici');
  return ok(new Agent({ connect: { lookup: checked(lookup) } }));
}

/** Looks a name up, and fails if one of its addresses is reserved. */
function checked(lookup: typeof systemLookup): LookupFunction {
  return (name, options, callback) =>
    lookup(name, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      if (addresses.some(({ address }) => isReserved(address)))
        return callback(new Error(refused(name)), '', 0);
      const [first] = addresses;
      if (options.all === true) return callback(null, addresses);
      return callback(null, first?.address ?? '', first?.family ?? 4);
    });
}

const refused = (host: string): string =>
  `${host} is an address of this machine or of a private network, and not of the provider`;

/** What no public server has: https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry. */
const reserved = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  reserved.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 32],
  ['100::', 64],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  reserved.addSubnet(net, prefix, 'ipv6');

function isReserved(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && reserved.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
