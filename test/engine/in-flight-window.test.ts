import { expect, it } from '@jest/globals';
import { createInFlight } from '../../src/engine/in-flight-window.js';
import type { FinishedRow } from '../../src/engine/types.js';

it('counts the cells of finished rows that wait for an earlier one, not only the seed', async () => {
  const inFlight = createInFlight({ unfinished: 10, rows: 10, bytes: 10_000 });
  const row = (text: string): Promise<FinishedRow> =>
    Promise.resolve({
      index: 0,
      attempt: 0,
      seed: {},
      cells: { text },
      failures: [],
      nulled: [],
      skipped: [],
    });
  inFlight.add({ id: 1 }, new Promise(() => undefined));
  const small = inFlight.add({ id: 2 }, row('x'));
  await small.row;
  expect(inFlight.hasRoom()).toBe(true);
  const huge = inFlight.add({ id: 3 }, row('x'.repeat(10_000)));
  await huge.row;
  expect(inFlight.hasRoom()).toBe(false);
  inFlight.remove(huge);
  expect(inFlight.hasRoom()).toBe(true);
});
