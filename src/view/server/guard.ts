/**
 * Who may talk to the server of `dd view`. It listens on 127.0.0.1 only, but every page that the browser shows, and
 * every program on the machine, can send it requests. So
 *
 * - the `Host` has to be this address: a foreign name that was made to point to 127.0.0.1 (DNS rebinding) is refused;
 * - a request of another page is refused by its `Origin` and `Sec-Fetch-Site`;
 * - everything needs the token that is in the printed address. The first visit changes it for a cookie, which scripts
 *   cannot read and other sites cannot send.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Guard {
  /** Path and query of an address that opens the page. */
  readonly entry: string;
  /** The same, for one visit only: other users of the machine see the arguments of programs. */
  entryForOneVisit(): string;
  /** What to do with a request. */
  admit(request: IncomingMessage, url: URL): Admission;
}

export type Admission =
  | { readonly kind: 'welcome' }
  /** The token was right: set this cookie and go on to the address without it. */
  | { readonly kind: 'enter'; readonly cookie: string }
  | { readonly kind: 'refused'; readonly status: 403 | 421; readonly reason: string };

export function createGuard(port: number): Guard {
  const token = secret();
  const session = secret();
  const visits = new Set<string>();
  const cookieName = `dd-view-${port}`;
  const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);

  return {
    entry: `/?token=${token}`,
    entryForOneVisit() {
      const visit = secret();
      visits.add(visit);
      return `/?token=${visit}`;
    },
    admit({ headers, method }, url) {
      const { host = '', origin, cookie = '' } = headers;
      if (!hosts.has(host)) return { kind: 'refused', status: 421, reason: 'This is not its address.' };
      const site = headers['sec-fetch-site'];
      const isForeign = origin !== undefined && origin !== `http://${host}`;
      const isTyped = url.pathname === '/' && method === 'GET' && headers['sec-fetch-mode'] === 'navigate';
      if (isForeign || (site !== undefined && site !== 'same-origin' && site !== 'none' && !isTyped))
        return { kind: 'refused', status: 403, reason: 'Other pages may not ask.' };
      const given = url.pathname === '/' ? url.searchParams.get('token') : null;
      if (given !== null && (isEqual(given, token) || visits.delete(given)))
        return { kind: 'enter', cookie: `${cookieName}=${session}; HttpOnly; SameSite=Strict; Path=/` };
      const sent = new Map(cookie.split(/;\s*/).map((pair) => splitOnce(pair)));
      if (isEqual(sent.get(cookieName) ?? '', session)) return { kind: 'welcome' };
      return { kind: 'refused', status: 403, reason: 'Open the address that dd view has printed.' };
    },
  };
}

/** Headers of every answer: nothing from elsewhere is loaded, nothing inline is run, no other page may frame it. */
export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

const secret = (): string => randomBytes(24).toString('base64url');

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function splitOnce(pair: string): readonly [string, string] {
  const at = pair.indexOf('=');
  return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
}
