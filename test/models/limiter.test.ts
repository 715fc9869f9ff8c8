import { describe, expect, it } from '@jest/globals';
import { createGates } from '../../src/models/rate-limiting/limiters.js';
import type { Clock } from '../../src/core/clock.js';
import { createGate, type Gate, type Pass } from '../../src/models/rate-limiting/limiter.js';
import { createRateLimits } from '../../src/models/rate-limiting/quota.js';
import type { CallError, Usage } from '../../src/models/types.js';
import { manualClock } from './clocks.js';
import { modelAt } from './setup.js';
import type { InferenceParameters } from '../../src/core/config.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const noUsage: Usage = { input: undefined, output: undefined, cached: undefined, reasoning: undefined };

/** A gate with `ceiling` places, and those who were let in, in order; each leaves when the test says so. */
function gateOf(
  ceiling: number,
  clock: Clock = manualClock(),
  parameters: InferenceParameters = {},
  stop = new AbortController(),
): {
  readonly gate: Gate;
  readonly inside: { readonly name: string; readonly pass: Pass }[];
  log(): string[];
} {
  const gate = createGate({ ceiling, rateLimits: createRateLimits(parameters), clock, stop: stop.signal });
  const inside: { readonly name: string; readonly pass: Pass }[] = [];
  const seen: string[] = [];
  const enter = gate.enter;
  const counted: Gate = {
    ...gate,
    enter: async (visitor) => {
      const entry = await enter(visitor);
      const name = String(visitor.call);
      seen.push(entry.ok ? name : `${name}: ${entry.error.class}`);
      if (entry.ok) inside.push({ name, pass: entry.value });
      return entry;
    },
  };
  return { gate: counted, inside, log: () => seen };
}

/** Lets `names` queue, all with the same turn. */
function queue(gate: Gate, ...names: readonly string[]): void {
  for (const call of names) void gate.enter({ turn: 0, promptLength: 4, call });
}

const tooMany: CallError = { class: 'rate', status: 429, message: '429' };
const away: CallError = { class: 'network', message: 'ECONNREFUSED' };

describe('a gate', () => {
  it('lets in as many as its limit, then the others in the order they came', async () => {
    const { gate, inside, log } = gateOf(2);
    queue(gate, 'a', 'b', 'c', 'd');
    await settle();
    expect(log()).toEqual(['a', 'b']);
    inside[0]?.pass.answered(noUsage);
    await settle();
    expect(log()).toEqual(['a', 'b', 'c']);
    inside[1]?.pass.failed(undefined);
    await settle();
    expect(log()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('lets the lowest turn in first, whenever it came, and of equal turns whoever came first', async () => {
    const { gate, inside, log } = gateOf(1);
    const turns = [30, 7, 1, 1, 5, 12, 9, 2, 40, 0, 7];
    for (const [index, turn] of turns.entries())
      void gate.enter({ turn, promptLength: 0, call: `${turn}/${index}` });
    for (let left = 0; left < turns.length; left += 1) {
      await settle();
      inside[left]?.pass.answered(noUsage);
    }
    expect(log()).toEqual(['30/0', '0/9', '1/2', '1/3', '2/7', '5/4', '7/1', '7/10', '9/6', '12/5', '40/8']);
  });

  it('lets nobody in while the server wants to be left alone, newcomers included', async () => {
    const clock = manualClock();
    const { gate, inside, log } = gateOf(3, clock);
    queue(gate, 'a', 'b', 'c');
    await settle();
    inside[0]?.pass.failed({ ...tooMany, retryAfterMs: 1000 });
    inside[1]?.pass.failed({ ...tooMany, retryAfterMs: 10 });
    queue(gate, 'd');
    await clock.advance(999);
    expect(log()).toEqual(['a', 'b', 'c']);
    await clock.advance(1);
    // Then at the pace that the server has shown to bear.
    await clock.advance(2000);
    expect(log()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('turns away those who wait when the run stops, and whoever comes after', async () => {
    const stop = new AbortController();
    const { gate, log } = gateOf(1, manualClock(), {}, stop);
    queue(gate, 'a', 'b');
    await settle();
    stop.abort();
    queue(gate, 'c');
    await settle();
    expect(log()).toEqual(['a', 'b: stopped', 'c: stopped']);
  });

  it('turns away those who wait out a pause when the run stops', async () => {
    const stop = new AbortController();
    const { gate, inside, log } = gateOf(1, manualClock(), {}, stop);
    queue(gate, 'a', 'b');
    await settle();
    inside[0]?.pass.failed({ ...tooMany, retryAfterMs: 1000 });
    stop.abort();
    await settle();
    expect(log()).toEqual(['a', 'b: stopped']);
  });

  it('lets go of whoever waits no more, and of nobody else', async () => {
    const { gate, inside, log } = gateOf(1);
    const cut = new AbortController();
    queue(gate, 'a');
    void gate.enter({ turn: 0, promptLength: 0, call: 'b', cut: cut.signal });
    queue(gate, 'c');
    cut.abort();
    await settle();
    inside[0]?.pass.answered(noUsage);
    await settle();
    expect(log()).toEqual(['a', 'b: stopped', 'c']);
  });

  it('says why it was closed', async () => {
    const { gate } = gateOf(1);
    gate.close({ class: 'auth', message: 'no key' });
    expect(await gate.enter({ turn: 0, promptLength: 0, call: 'a' })).toEqual({
      ok: false,
      error: { class: 'auth', message: 'no key' },
    });
  });
});

describe('a server that is away', () => {
  it('is asked by one call at a time, after longer and longer pauses, until it is back', async () => {
    const clock = manualClock();
    const { gate, inside, log } = gateOf(4, clock);
    queue(gate, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    await settle();
    const verdicts = inside.splice(0).map(({ pass }) => pass.failed(away));
    expect(verdicts.map(({ kind }) => kind)).toEqual(['none', 'none', 'none', 'hold']);
    // With each of the first failures another was let in, before it was known to be more than bad luck.
    for (const { pass } of inside.splice(0)) pass.failed(away);
    await settle();
    for (const { pass } of inside.splice(0)) pass.failed(away);
    const before = log().length;
    await clock.advance(249);
    expect(log()).toHaveLength(before);
    await clock.advance(1);
    expect(log()).toHaveLength(before + 1);
    expect(inside.splice(0)[0]?.pass.failed(away)).toEqual({ kind: 'hold', ms: 500, blameless: true });
    queue(gate, 'i', 'j', 'k', 'l', 'm');
    await clock.advance(499);
    expect(inside).toHaveLength(0);
    await clock.advance(1);
    expect(inside).toHaveLength(1);
    inside[0]?.pass.answered(noUsage);
    await settle();
    expect(inside.length).toBeGreaterThan(3);
  });

  it('is given up after ten minutes, or after half a minute when nobody has ever seen it', async () => {
    for (const [wasSeen, minutes] of [
      [true, 10],
      [false, 0.5],
    ] as const) {
      const clock = manualClock();
      const { gate, inside, log } = gateOf(1, clock);
      if (wasSeen) {
        queue(gate, 'first');
        await settle();
        inside.splice(0)[0]?.pass.answered(noUsage);
      }
      let failed = 0;
      let last = '';
      while (last !== 'give-up' && failed < 100) {
        queue(gate, `call ${failed}`);
        await clock.advance(30_000);
        last = inside.splice(0)[0]?.pass.failed(away).kind ?? '';
        failed += 1;
      }
      expect(last).toBe('give-up');
      expect(clock.now() / 60_000).toBeGreaterThan(minutes);
      expect(clock.now() / 60_000).toBeLessThan(minutes + 3);
      queue(gate, 'late');
      await settle();
      expect(log().at(-1)).toBe('late: network');
    }
  });

  it('is not what single failures among answers mean', async () => {
    const { gate, inside } = gateOf(4);
    for (let round = 0; round < 50; round += 1) {
      queue(gate, 'a', 'b', 'c', 'd');
      await settle();
      const [one, ...others] = inside.splice(0);
      for (const { pass } of others) expect(pass.failed(away).kind).toBe('none');
      one?.pass.answered(noUsage);
    }
  });

  it('is not what one request means that fails again and again', async () => {
    const { gate, inside } = gateOf(4);
    for (let round = 0; round < 50; round += 1) {
      queue(gate, 'poison');
      await settle();
      const broken: CallError = { class: 'overload', status: 500, message: '500' };
      expect(inside.splice(0)[0]?.pass.failed(broken).kind).toBe('none');
    }
  });
});

describe('gates', () => {
  const signal = new AbortController().signal;

  it('are shared by aliases of the same endpoint and model, with the smallest limit', async () => {
    const wide = modelAt('http://host/v1', { max_parallel_requests: 8 }, { alias: 'wide' });
    const narrow = modelAt('http://host/v1', { max_parallel_requests: 1 }, { alias: 'narrow' });
    const gateFor = createGates([wide, narrow], manualClock(), signal);
    expect(gateFor(wide)).toBe(gateFor(narrow));
    expect(await placesOf(gateFor(wide))).toBe(1);
  });

  it('are separate for other models and endpoints, and four wide by default', async () => {
    const one = modelAt('http://host/v1');
    const other = modelAt('http://host/v1', {}, { model: 'acme/other' });
    const elsewhere = modelAt('http://elsewhere/v1');
    const gateFor = createGates([one, other, elsewhere], manualClock(), signal);
    expect(new Set([one, other, elsewhere].map(gateFor)).size).toBe(3);
    expect(await placesOf(gateFor(one))).toBe(4);
  });
});

async function placesOf(gate: Gate): Promise<number> {
  let places = 0;
  for (let call = 0; call < 10; call += 1)
    void gate.enter({ turn: 0, promptLength: 0, call }).then(() => (places += 1));
  await settle();
  return places;
}
