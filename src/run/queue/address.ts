/** The address of Redis. It may hold a password, so no message has more of it than the host, the port and the database. */
import { err, ok, type Result } from '../../core/result.js';
import type { RunProblem } from '../problem.js';

export interface QueueAddress {
  /** How messages name it: `rediss://queue.example:6379/2`. */
  readonly name: string;
  /** Number of a database; without one it is that of Redis, 0. */
  readonly database: number | undefined;
}

/** Reads an address of the form that `redis-cli -u` takes. */
export function addressIn(url: string): Result<QueueAddress, RunProblem> {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (!address || !/^rediss?:$/.test(address.protocol) || address.hostname === '')
    return err({ message: 'the address of the queue is not one of Redis', hint: EXAMPLE });
  const { protocol, hostname, port, pathname, search, hash } = address;
  // A "/", "?" or "#" in a password ends the host for every reader of addresses; what follows is then the password's rest.
  const [, database] = /^\/?(\d{0,4})$/.exec(pathname) ?? [];
  if (database === undefined || search.includes('@') || hash !== '')
    return err({
      message: 'the address of the queue has more after its host than the number of a database',
      hint: `in a password, write / as %2F, ? as %3F, # as %23 and @ as %40; ${EXAMPLE}`,
    });
  return ok({
    name: `${protocol}//${hostname}:${port || '6379'}${database === '' ? '' : `/${database}`}`,
    database: database === '' ? undefined : Number(database),
  });
}

const EXAMPLE = 'as in redis://127.0.0.1:6379, or rediss://USER:PASSWORD@HOST:6379 with TLS';

/** Why Redis cannot be used, and what may help: see the codes of Node's `tls` and the errors of Redis. */
export function unreachable(name: string, reason: string): RunProblem {
  const [, hint] = HINTS.find(([pattern]) => pattern.test(`${name} ${reason}`)) ?? [];
  return {
    message: `the queue at ${name} cannot be used: ${reason}`,
    hint: hint ?? 'start Redis there, or give another address with --queue or DD_QUEUE',
  };
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/WRONGPASS|NOAUTH|NOPERM/, 'check the user and the password in its address'],
  [/DB index/, 'give the number of a database that it has, such as redis://HOST:6379/0'],
  [
    /certificate|altnames|issuer/i,
    'for a certificate of your own, give its CA to Node: NODE_EXTRA_CA_CERTS=ca.pem dd …',
  ],
  [/^redis:.*(ECONNRESET|EPIPE|closed)/, 'if Redis has TLS there, write rediss:// instead of redis://'],
  [
    /^rediss:.*(ETIMEDOUT|wrong version|SSL)/i,
    'start Redis with TLS there, or write redis:// instead of rediss:// if it has none',
  ],
];
