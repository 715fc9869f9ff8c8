import { hash } from 'node:crypto';

/** What an address says, where it is one that can be called: of `http:` or `https:`. */
export function httpUrl(address: string, base?: string): URL | undefined {
  if (!URL.canParse(address, base)) return undefined;
  const url = new URL(address, base);
  return /^https?:$/.test(url.protocol) ? url : undefined;
}

/**
 * An address as it may be shown: its user name, password, query and fragment may be secrets, and one from the
 * environment was not checked. Where its parts cannot be separated, nothing of it is shown.
 *
 * @param base what a relative address is relative to
 */
export function shownUrl(address: string, base?: string): string {
  const url = httpUrl(address, base);
  if (!url || isOdd(url)) return 'an address that is not shown';
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** An address as part of a name in the store: itself, or a digest of it where it holds more than may be shown. */
export function storedUrl(address: string): string {
  const known = storedUrls.get(address) ?? toStoredUrl(address);
  storedUrls.set(address, known);
  return known;
}

/** A run has few addresses and asks for them with each call. */
const storedUrls = new Map<string, string>();

function toStoredUrl(address: string): string {
  const url = httpUrl(address);
  const isPlain =
    url && !isOdd(url) && [url.username, url.password, url.search, url.hash].every((part) => part === '');
  return isPlain ? address : hash('sha256', address);
}

/** A password with a slash in it ends the host before it: `user:1` of `http://user:1/2@host`. */
function isOdd(url: URL): boolean {
  return url.pathname.includes('@');
}

/** True for an address of this machine: a model server there asks no key, and answers one request at a time. */
export function isLoopback(address: string): boolean {
  const hostname = httpUrl(address)?.hostname ?? '';
  return /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\])$/.test(hostname);
}
