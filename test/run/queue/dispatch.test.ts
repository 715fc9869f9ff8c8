import { expect, test } from '@jest/globals';
import { dispatchRows, type SentBlock } from '../../../src/run/queue/dispatch.js';
import type { IdentifiedRow } from '../../../src/engine/row-identity.js';

async function* rows(): AsyncGenerator<IdentifiedRow> {
  for (let index = 0; ; index += 1) yield { index, seed: {}, ids: new Map() };
}

test('rows that are ended while the block of a full window is sent end when it was sent', async () => {
  let isSent = (_block: SentBlock): void => undefined;
  const sending = new Promise<SentBlock>((resolve) => (isSent = resolve));
  let isAsked = (): void => undefined;
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  const arriving = dispatchRows({
    rows: rows(),
    room: () => Infinity,
    own: async () => ({ isWhole: false, answers: new Map(), facts: new Map() }),
    findSent: () => undefined,
    send: () => {
      isAsked();
      return sending;
    },
    onCollected: () => undefined,
    onPass: () => undefined,
    blockRows: 32,
    window: { rows: 4, bytes: Infinity },
    stop: new AbortController().signal,
  });
  await asked;
  const ended = arriving.return();
  isSent({ name: 'block-0', isCollected: false });
  await expect(ended).resolves.toBeUndefined();
});
