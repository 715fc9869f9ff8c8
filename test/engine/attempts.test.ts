import { describe, expect, it } from '@jest/globals';
import { createQuota, untilEnough } from '../../src/engine/attempts.js';
import { runRows } from '../../src/engine/run-rows.js';
import { createRandom } from '../../src/core/random.js';
import type { CellOutcome } from '../../src/columns/types.js';
import type { FinishedRow, Plan, PlannedAccept } from '../../src/engine/types.js';
import { deferred, done, failed, fakePlan, noModels } from './fake-plan.js';

/** Takes rows whose `x` begins with `+`. */
function accepting(maxAttempts = 1, giveUpAfter = 200): PlannedAccept {
  return {
    maxAttempts,
    giveUpAfter,
    condition: {
      references: [{ path: ['x'], at: [], span: { offset: 0, length: 1 }, optional: false }],
      patterns: [],
      holds: ({ x }) => ({ ok: true, value: String(x).startsWith('+') }),
    },
  };
}

interface Options {
  readonly rows?: number;
  readonly wanted?: number;
  readonly parallel?: number;
  readonly isGuessing?: boolean;
}

interface Collected {
  readonly rows: readonly FinishedRow[];
  /** Rows that were started. */
  readonly started: number;
  readonly hopeless: readonly number[];
}

async function collect(
  plan: Plan,
  accept: PlannedAccept,
  { rows = 1000, wanted = Infinity, parallel = 64, isGuessing = true }: Options,
): Promise<Collected> {
  const all: FinishedRow[] = [];
  const hopeless: number[] = [];
  const stopper = new AbortController();
  let started = 0;
  async function* seeds() {
    for (let id = 0; id < rows; id += 1) yield { id };
  }
  const made = runRows({
    plan: { ...plan, accept },
    seeds: seeds(),
    models: noModels,
    emit: ({ kind }) => {
      if (kind === 'row-admitted') started += 1;
    },
    window: { unfinished: parallel, rows: 10 * parallel, bytes: 1e8 },
    stop: stopper.signal,
    quota: createQuota(wanted, accept, () => isGuessing),
  });
  const chosen = untilEnough(made, accept, {
    wanted,
    onEnough: () => stopper.abort(),
    onHopeless: (_row, count) => {
      hopeless.push(count);
      stopper.abort();
    },
  });
  for await (const row of chosen) all.push(row);
  return { rows: all, started, hopeless };
}

const isGood = ({ failures, rejection }: FinishedRow): boolean => failures.length === 0 && !rejection;

/** Accepted with a probability, by the id of the row for the column; ends after some turns of the event loop. */
const chancePlan = (chance: number): Plan =>
  fakePlan([
    {
      name: 'x',
      seedColumns: ['id'],
      make: async (row, rowId) => {
        const random = createRandom(7, rowId);
        const sign = random() < chance ? '+' : '-';
        for (let turns = Math.floor(20 * random()); turns > 0; turns -= 1)
          await new Promise((resolve) => setImmediate(resolve));
        return done('x', `${sign}${String(row['id'])} ${rowId}`);
      },
    },
  ]);

describe('accepted rows', () => {
  it.each([1, 3])('are the same N, whatever the concurrency (%s attempts)', async (attempts) => {
    const made = await Promise.all(
      [1, 2, 7, 64].map((parallel) =>
        collect(chancePlan(0.3), accepting(attempts), { wanted: 40, parallel }),
      ),
    );
    const texts = made.map(({ rows }) => JSON.stringify(rows));
    expect(new Set(texts).size).toBe(1);
    expect(made[0]?.rows.filter(isGood)).toHaveLength(40);
  });

  it('of all rows that the seed has, where no number is wanted', async () => {
    const { rows, hopeless } = await collect(chancePlan(0.5), accepting(), { rows: 60 });
    expect(rows.map(({ index }) => index)).toEqual(Array.from({ length: 60 }, (_, index) => index));
    expect(hopeless).toEqual([]);
  });

  it('come from a row that is made once more, with other row ids, before the next row', async () => {
    const ids: string[] = [];
    const plan = fakePlan([
      {
        name: 'x',
        seedColumns: ['id'],
        make: ({ id }, rowId) => {
          ids.push(rowId.replace(/^[^#]*/, `${String(id)}`));
          return done('x', id === 1 && !rowId.endsWith('@2') ? '-' : '+');
        },
      },
    ]);
    const { rows } = await collect(plan, accepting(3), { rows: 3, parallel: 1 });
    expect(ids).toEqual(['0#0', '1#0', '1#0@1', '1#0@2', '2#0']);
    expect(rows.map(({ index, attempt, earlier }) => [index, attempt, earlier?.length])).toEqual([
      [0, 0, 0],
      [1, 2, 2],
      [2, 0, 0],
    ]);
    expect(rows[1]?.earlier?.[0]?.rejection).toEqual({
      reason: '`accept` does not hold',
      read: { x: '-' },
    });
  });

  it('count a failed attempt as one that is not good', async () => {
    const plan = fakePlan([
      { name: 'x', make: (_row, rowId) => (rowId.includes('@') ? done('x', '+') : failed('no')) },
    ]);
    const { rows } = await collect(plan, accepting(2), { rows: 2 });
    expect(rows.map((row) => [isGood(row), row.attempt, row.earlier?.[0]?.failures.length])).toEqual([
      [true, 1, 1],
      [true, 1, 1],
    ]);
    expect((await collect(plan, accepting(1), { rows: 2 })).rows.filter(isGood)).toEqual([]);
  });

  it('are not looked for any more in a row that the run was stopped before', async () => {
    let made = 0;
    const stopped: CellOutcome = {
      state: 'failed',
      failure: { class: 'stopped', message: 'stopped', attempts: [] },
    };
    const plan = fakePlan([{ name: 'x', make: () => ((made += 1), stopped) }]);
    await collect(plan, accepting(5), { rows: 1 });
    expect(made).toBe(1);
  });
});

describe('rows that are started ahead', () => {
  it('are never more than are missing, as long as every row is accepted', async () => {
    const { started } = await collect(chancePlan(1), accepting(), { wanted: 37 });
    expect(started).toBe(37);
  });

  it('are few more than are needed when one in ten is accepted', async () => {
    const { rows, started } = await collect(chancePlan(0.1), accepting(), { wanted: 30 });
    expect(rows.filter(isGood)).toHaveLength(30);
    expect(started - rows.length).toBeLessThan(32);
  });

  it('are none, as long as every answer is stored', async () => {
    const { rows, started } = await collect(chancePlan(0.2), accepting(), { wanted: 30, isGuessing: false });
    expect(rows.filter(isGood)).toHaveLength(30);
    expect(started).toBe(rows.length);
  });

  it('are at most half of those that are probably needed', () => {
    const quota = createQuota(30, accepting(), () => true);
    const [good, bad] = [
      { failures: [] },
      { failures: [], rejection: { reason: '', read: {} } },
    ] as unknown as [FinishedRow, FinishedRow];
    for (let row = 0; row < 100; row += 1) {
      quota.started();
      quota.ended(row % 10 === 0 ? good : bad);
    }
    let started = 0;
    for (; quota.hasRoom(); started += 1) quota.started();
    // 20 are missing, and 11 of 101 are accepted.
    expect(started).toBe(92);
  });

  it('are none beyond those after which a run gives up', async () => {
    const { rows, started, hopeless } = await collect(chancePlan(0), accepting(1, 25), { wanted: 500 });
    expect([rows.length, started, hopeless]).toEqual([25, 25, [25]]);
  });

  it('end with what is in flight once there are enough', async () => {
    const slow = deferred<CellOutcome>();
    let isOver = false;
    const plan = fakePlan([
      {
        name: 'x',
        make: ({ id }) => {
          if (id === 0) return done('x', '-');
          if (id === 1) return done('x', '+');
          return slow.promise.finally(() => (isOver = true));
        },
      },
    ]);
    const collected = collect(plan, accepting(), { wanted: 1, rows: 4 });
    setImmediate(() => slow.resolve(done('x', '+')));
    const { rows } = await collected;
    expect(rows.map(({ index }) => index)).toEqual([0, 1]);
    expect(isOver || rows.length === 2).toBe(true);
  });
});

describe('a condition that does not hold', () => {
  it('ends the run after the first rows, or later after ten times as many in a row', async () => {
    const plan = fakePlan([{ name: 'x', make: ({ id }) => done('x', id === 3 ? '+' : '-') }]);
    const never = await collect(plan, accepting(1, 3), { wanted: 2 });
    expect([never.rows.length, never.hopeless]).toEqual([3, [3]]);
    const once = await collect(plan, accepting(1, 4), { wanted: 2 });
    expect([once.rows.length, once.hopeless]).toEqual([44, [40]]);
  });

  it('says why it could not be worked out', async () => {
    const accept = accepting();
    const broken: PlannedAccept = {
      ...accept,
      condition: { ...accept.condition, holds: () => ({ ok: false, error: '`x` has no value' }) },
    };
    const { rows } = await collect(chancePlan(1), broken, { rows: 1 });
    expect(rows[0]?.rejection?.reason).toBe('`accept` could not be worked out: `x` has no value');
  });
});
