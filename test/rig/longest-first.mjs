/**
 * The order in which Jest runs test files: those that take longest first, so that none of them is left at the end when
 * the other workers have nothing to do. In a fresh clone Jest itself knows only the sizes of the files, which is the order
 * of all that are not named here.
 */
import { statSync } from 'node:fs';

/** From half a minute down to ten seconds, as measured. */
const LONGEST = [
  'e2e/queue',
  'view/page',
  'e2e/batch-protocols',
  'e2e/stages',
  'e2e/accept-kill',
  'e2e/batch-kill',
  'e2e/batches',
  'e2e/tools',
  'e2e/program',
  'e2e/stages-kill',
  'operations/slurm',
  'e2e/kill',
  'e2e/json',
  'parity/parity',
  'redact/properties',
  'models/limiter-storm',
  'e2e/store',
];

export default class LongestFirst {
  sort(tests) {
    const keyed = [...tests].map((test) => ({
      test,
      rank: rankOf(test.path),
      size: statSync(test.path).size,
    }));
    return keyed.sort((a, b) => a.rank - b.rank || b.size - a.size).map(({ test }) => test);
  }

  /** Jest hands over how long each file took, for the next time. */
  cacheResults() {
    return undefined;
  }
}

function rankOf(path) {
  const rank = LONGEST.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  return rank < 0 ? LONGEST.length : rank;
}
