/**
 * A model of one worker of a queue: the share of its permits that are in use, for blocks of so many rows and so many of
 * them at a time. A block is done when its slowest row is. Latencies are log-normal with a mean of 1; `spread` is the
 * standard deviation of their logarithm: 0.5 for answers of like length, 1 where some are ten times as long as others.
 *
 *     node bench/workers-model.mjs
 */
import { randomLogNormal } from 'd3-random';
import TinyQueue from 'tinyqueue';

const heads = ['permits', 'spread', 'rows of a block', ...[1, 2, 4, 6, 8].map((times) => `${times}x`)];
console.log('share of permits in use, by rows in work as a multiple of the permits\n');
console.log(heads.join(' | '));
for (const permits of [16, 64, 256])
  for (const spread of [0.5, 1])
    for (const rows of new Set([Math.max(4, permits / 8), 32])) {
      const shares = [1, 2, 4, 6, 8].map((times) =>
        inUse({ permits, spread, rows, blocks: Math.max(1, Math.ceil((times * permits) / rows)) }),
      );
      const cells = [permits, spread, rows, ...shares.map((share) => share.toFixed(2))];
      console.log(cells.map((cell, at) => String(cell).padStart(heads[at].length)).join(' | '));
    }

function inUse({ permits, spread, rows, blocks }) {
  const latency = randomLogNormal.source(generator(1))(-(spread ** 2) / 2, spread);
  const ends = new TinyQueue([], (one, other) => one.at - other.at);
  const waiting = [];
  let [unread, inWork, inFlight, now, area] = [permits * 60, 0, 0, 0, 0];
  const fill = () => {
    for (; unread > 0 && inWork < blocks; inWork += 1) {
      const block = { left: Math.min(rows, unread) };
      unread -= block.left;
      for (let row = 0; row < block.left; row += 1) waiting.push(block);
    }
    for (; inFlight < permits && waiting.length > 0; inFlight += 1)
      ends.push({ at: now + latency(), block: waiting.shift() });
  };
  // The end, where there are too few rows for all permits, is not counted.
  for (;;) {
    fill();
    if (unread === 0) break;
    const { at, block } = ends.pop();
    area += inFlight * (at - now);
    now = at;
    inFlight -= 1;
    block.left -= 1;
    if (block.left === 0) inWork -= 1;
  }
  return area / (now * permits);
}

/** Numbers in [0, 1), the same each time (Park and Miller). */
function generator(seed) {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
