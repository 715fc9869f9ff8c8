import { describe, expect, it } from '@jest/globals';
import { makeRow } from '../../src/engine/row.js';
import { runRows } from '../../src/engine/run-rows.js';
import type { Window } from '../../src/engine/in-flight-window.js';
import type { FinishedRow, Plan } from '../../src/engine/types.js';
import type { CellOutcome } from '../../src/columns/types.js';
import type { JsonObject } from '../../src/core/json.js';
import { deferred, done, failed, fakePlan, noModels } from './fake-plan.js';
import type { RunEvent } from '../../src/core/events.js';

async function* seedsOf(rows: readonly JsonObject[]): AsyncGenerator<JsonObject> {
  yield* rows;
}

interface Options {
  readonly rows?: readonly JsonObject[];
  readonly window?: Window;
  readonly stop?: AbortSignal;
  readonly emit?: (event: RunEvent) => void;
}

function run(
  plan: Plan,
  {
    rows = [{}],
    window = { unfinished: 8, rows: 8, bytes: 1e6 },
    stop = new AbortController().signal,
    emit = () => undefined,
  }: Options = {},
) {
  return runRows({ plan, seeds: seedsOf(rows), models: noModels, emit, window, stop });
}

async function collect(rows: AsyncIterable<FinishedRow>): Promise<readonly FinishedRow[]> {
  const all: FinishedRow[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

describe('the cells of a row', () => {
  it('are made as soon as their inputs exist, without waiting for other columns', async () => {
    const slow = deferred<CellOutcome>();
    const order: string[] = [];
    const plan = fakePlan([
      { name: 'slow', make: () => slow.promise },
      { name: 'a', make: () => done('a', 'A') },
      {
        name: 'b',
        dependsOn: ['a'],
        make: (row) => {
          order.push(`b saw ${String(row['a'])}`);
          slow.resolve(done('slow', 'S'));
          return done('b', 'B');
        },
      },
    ]);
    const [row] = await collect(run(plan));
    expect(order).toEqual(['b saw A']);
    expect(row?.cells).toEqual({ a: 'A', b: 'B', slow: 'S' });
  });

  it('fail alone: only what depends on a failed cell is left out', async () => {
    const plan = fakePlan([
      { name: 'bad', make: () => failed('no') },
      { name: 'after', dependsOn: ['bad'], make: () => done('after', 'x') },
      { name: 'other', make: () => done('other', 'fine') },
    ]);
    const [row] = await collect(run(plan));
    expect(row?.cells).toEqual({ other: 'fine' });
    expect(row?.failures.map(({ column, failure }) => `${column}: ${failure.message}`)).toEqual(['bad: no']);
  });

  it('are skipped when asked, with the value given, and what depends on them too', async () => {
    const plan = fakePlan([
      { name: 'maybe', skipWhen: () => 'true', skipValue: 'none', make: () => done('maybe', 'made') },
      { name: 'after', dependsOn: ['maybe'], make: () => done('after', 'made') },
      {
        name: 'anyway',
        dependsOn: ['maybe'],
        propagateSkip: false,
        make: (row) => done('anyway', `saw ${String(row['maybe'])}`),
      },
      { name: 'kept', skipWhen: () => 'False', make: () => done('kept', 'made') },
    ]);
    const [row] = await collect(run(plan));
    expect(row?.cells).toEqual({ maybe: 'none', after: null, anyway: 'saw none', kept: 'made' });
    expect(row?.skipped).toEqual(['maybe', 'after']);
  });
});

describe('a row whose cells are made at once', () => {
  const plan = fakePlan([
    { name: 'a', make: () => done('a', 'A') },
    { name: 'b', dependsOn: ['a'], make: () => done('b', 'B') },
  ]);
  const atOnce = {
    ...plan,
    columns: plan.columns.map((planned) => ({
      ...planned,
      column: {
        ...planned.column,
        generate: (row: JsonObject): CellOutcome => ({
          state: 'value',
          value: `${planned.column.name} saw ${Object.keys(row).join()}`,
        }),
      },
    })),
  };

  it('needs no promise', () => {
    const row = { index: 0, seed: { n: 0 }, ids: new Map<string, string>() };
    const made = makeRow(atOnce, row, { models: noModels, emit: () => undefined });
    expect(made).toMatchObject({ cells: { a: 'a saw n', b: 'b saw n,a' }, seed: { n: 0 }, failures: [] });
  });

  it('is passed on before the next one is begun', async () => {
    const log: string[] = [];
    const emit = (event: RunEvent): void => {
      if (event.kind === 'row-admitted') log.push(`begun ${event.row}`);
    };
    for await (const { index } of run(atOnce, { rows: [{}, {}, {}], emit })) log.push(`passed on ${index}`);
    expect(log).toEqual(['begun 0', 'passed on 0', 'begun 1', 'passed on 1', 'begun 2', 'passed on 2']);
  });
});

describe('the rows of a run', () => {
  it('come out in seed order, however they finish', async () => {
    const first = deferred<CellOutcome>();
    const plan = fakePlan([
      {
        name: 'x',
        make: (row) => {
          if (row['n'] === 0) return first.promise;
          first.resolve(done('x', 'late'));
          return done('x', 'early');
        },
      },
    ]);
    const rows = await collect(run(plan, { rows: [{ n: 0 }, { n: 1 }] }));
    expect(rows.map((row) => row.cells['x'])).toEqual(['late', 'early']);
  });

  it('are begun only while the window has room, in rows and in bytes', async () => {
    const admitted: number[] = [];
    const emit = (event: RunEvent): void => {
      if (event.kind === 'row-admitted') admitted.push(event.row);
    };
    const plan = fakePlan([{ name: 'x', make: () => done('x', 'y') }]);
    const big = { text: 'z'.repeat(1000) };
    const rows = run(plan, {
      rows: [big, big, big, big],
      window: { unfinished: 3, rows: 3, bytes: 3000 },
      emit,
    });
    await rows.next();
    expect(admitted).toEqual([0, 1]);
    await rows.next();
    expect(admitted).toEqual([0, 1, 2]);
    await rows.return(undefined);
  });

  it('are begun only while few are unfinished', async () => {
    const slow = [deferred<CellOutcome>(), deferred<CellOutcome>()];
    const begun: number[] = [];
    const plan = fakePlan([
      {
        name: 'x',
        seedColumns: ['n'],
        make: ({ n }) => {
          begun.push(Number(n));
          return slow[Number(n)]?.promise ?? done('x', 'y');
        },
      },
    ]);
    const rows = run(plan, {
      rows: [0, 1, 2, 3].map((n) => ({ n })),
      window: { unfinished: 2, rows: 8, bytes: 1e6 },
    });
    const first = rows.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([0, 1]);
    slow[1]?.resolve(done('x', 'y'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([0, 1, 2, 3]);
    slow[0]?.resolve(done('x', 'y'));
    expect((await first).value?.index).toBe(0);
    await rows.return(undefined);
  });

  it('are not begun any more once the run is stopped; those begun are finished', async () => {
    const stop = new AbortController();
    const plan = fakePlan([
      {
        name: 'x',
        make: () => {
          stop.abort();
          return done('x', 'y');
        },
      },
    ]);
    const rows = await collect(
      run(plan, { rows: [{}, {}, {}], window: { unfinished: 1, rows: 1, bytes: 1e6 }, stop: stop.signal }),
    );
    expect(rows.map((row) => row.cells)).toEqual([{ x: 'y' }]);
  });
});

describe('the identity of a row for a column', () => {
  async function samples(
    rows: readonly JsonObject[],
    seedColumns: readonly string[],
  ): Promise<readonly string[]> {
    const plan = fakePlan([{ name: 'x', seedColumns, make: (_row, sample) => done('x', sample) }]);
    return (await collect(run(plan, { rows }))).map((row) => String(row.cells['x']));
  }

  it('depends only on the seed columns it reads', async () => {
    const [before] = await samples([{ read: 1, other: 'a' }], ['read']);
    const [after] = await samples([{ other: 'b', read: 1 }], ['read']);
    expect(after).toBe(before);
    expect(await samples([{ read: 2, other: 'a' }], ['read'])).not.toEqual([before]);
  });

  it('differs between columns that are the same but for their name', async () => {
    const make = (name: string) => (_row: JsonObject, sample: string) => done(name, sample);
    const [row] = await collect(
      run(
        fakePlan([
          { name: 'a', make: make('a') },
          { name: 'b', make: make('b') },
        ]),
      ),
    );
    expect(row?.cells['a']).not.toBe(row?.cells['b']);
  });

  it('tells equal rows apart by their order among themselves', async () => {
    const [a, b] = await samples([{ n: 1 }, { n: 1 }], ['n']);
    expect(a).not.toBe(b);
    expect(await samples([{ n: 7 }, { n: 1 }, { n: 1 }], ['n'])).toEqual([expect.any(String), a, b]);
  });
});
