import { describe, expect, it } from '@jest/globals';
import { makeRows } from '../../src/run/run-plan.js';
import { openPreviewSink } from '../../src/run/row-sink.js';
import { createRunStopper } from '../../src/run/stop.js';
import { done, fakePlan, noModels } from '../engine/fake-plan.js';
import type { RunEvent } from '../../src/core/events.js';

describe('the number of rows', () => {
  it('is reported again whenever what was read gives a better guess, until it is known', async () => {
    // More than are begun at once.
    const ROWS = 3000;
    let read = 0;
    async function* seeds() {
      for (; read < ROWS;) {
        read += 1;
        yield { number: read };
      }
    }
    const reported: (readonly [kind: string, rows: number])[] = [];
    const emit = (event: RunEvent): void => {
      if (event.kind === 'start' || event.kind === 'rows-guessed' || event.kind === 'rows-counted')
        reported.push([event.kind, event.rows]);
    };
    const plan = fakePlan([{ name: 'x', make: () => done('x', 'y') }]);
    await makeRows({
      plan,
      rows: { rows: seeds(), count: undefined, expected: () => (read < 2000 ? 1 : 2) * ROWS },
      models: noModels,
      sink: openPreviewSink(plan),
      emit,
      stopper: createRunStopper(emit),
    });
    expect(reported).toEqual([
      ['start', ROWS],
      ['rows-guessed', 2 * ROWS],
      ['rows-counted', ROWS],
    ]);
  });
});
