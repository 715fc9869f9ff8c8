import type { Clock } from '../../core/clock.js';
import { backOff } from './retry.js';
import type { CallError } from '../types.js';

/** What follows from a failed request for all that go to the same server. */
export type Verdict =
  | { readonly kind: 'none' }
  /**
   * Nobody is let in for so long, and then one alone, to see whether the server is well again. `blameless`:
   * the server is away, so the failure is not counted as a try of the request.
   */
  | { readonly kind: 'hold'; readonly ms: number; readonly blameless: boolean }
  /** It was like this for too long. */
  | { readonly kind: 'give-up' };

export interface FailedRequest {
  readonly error: CallError;
  /** Tells the calls apart. */
  readonly call: unknown;
  /** It went out after the latest measure was taken: so it says something about that. */
  readonly isNews: boolean;
  /** How many may be in flight: as many failures in a row may come from a single moment. */
  readonly limit: number;
}

/** Whether a server answers at all. */
export interface Trouble {
  /** While true, one request at a time is sent. */
  readonly isOn: boolean;
  answered(): void;
  failed(request: FailedRequest): Verdict;
}

/** A server that was there is waited for this long. */
const patienceMs = 10 * 60_000;

/** One that nobody has seen yet: rather a wrong address, or a server that was not started. */
const firstPatienceMs = 30_000;

/** Failures in a row, over all calls, that make an outage. */
const fewestFailures = 4;

/** Rounds of requests that were all refused as too many. The first is answered by a lower limit and pace. */
const fewestRefusals = 2;

/**
 * One failed connection is bad luck; nothing but failed connections is a server that is away. Then calls must
 * not burn their tries one by one: all wait together, longer each time, and one goes ahead.
 */
export function createTrouble(clock: Clock): Trouble {
  let wasSeen = false;
  let failures = 0;
  let refusals = 0;
  let lastCall: unknown;
  let pauses = 0;
  let since: number | undefined;
  let until = 0;

  const end = (): void => {
    wasSeen = true;
    failures = refusals = 0;
    since = undefined;
  };
  const hold = ({ error, isNews }: FailedRequest): Verdict => {
    const now = clock.now();
    const blameless = error.class !== 'rate';
    if (since !== undefined && !isNews) return { kind: 'hold', ms: Math.max(0, until - now), blameless };
    since ??= now;
    if (now - since > (wasSeen ? patienceMs : firstPatienceMs)) return { kind: 'give-up' };
    pauses += 1;
    const ms = error.retryAfterMs || backOff(pauses, clock.random);
    until = now + ms;
    return { kind: 'hold', ms, blameless };
  };
  return {
    get isOn() {
      return since !== undefined;
    },
    answered() {
      end();
      pauses = 0;
    },
    failed(request) {
      const { error, call, isNews, limit } = request;
      const sign = signOf(error);
      if (sign === 'refuses') {
        wasSeen = true;
        if (isNews) refusals += 1;
        return refusals < fewestRefusals ? { kind: 'none' } : hold(request);
      }
      // The server is there, but has answered nothing yet: the pauses go on growing should it be away again.
      if (sign === 'there' || (sign === 'unclear' && since !== undefined && isNews)) end();
      if (since !== undefined) return hold(request);
      if (sign === 'away' || (sign === 'unclear' && call !== lastCall)) failures += 1;
      lastCall = call;
      return failures < Math.max(fewestFailures, limit) ? { kind: 'none' } : hold(request);
    },
  };
}

const awayStatuses = new Set<number | undefined>([502, 503, 529]);

/**
 * What a failure says about the server as a whole. A 500, a 504 or an answer that is none may be the doing of
 * one request, which may be the only one left; a timeout says nothing.
 */
function signOf({
  class: failureClass,
  status,
}: CallError): 'there' | 'refuses' | 'away' | 'unclear' | 'silent' {
  switch (failureClass) {
    case 'rate':
      return 'refuses';
    case 'network':
      return 'away';
    case 'overload':
      return awayStatuses.has(status) ? 'away' : 'unclear';
    case 'timeout':
    case 'stopped':
      return 'silent';
    default:
      return 'there';
  }
}
