import type { Check } from './check.js';
import { findCycles } from '../../core/graph.js';
import type { JsonPath } from '../../core/json.js';
import type { Problem } from '../../core/problem.js';
import type { DraftColumn } from '../draft.js';
import type { NameScope } from '../scope.js';

/** One problem for each cycle of columns, at the place where its first column reads the next. */
function cycleProblems(
  cycles: readonly (readonly string[])[],
  columns: readonly DraftColumn[],
  scope: NameScope,
): readonly Problem[] {
  return cycles
    .filter((cycle) => cycle.length > 1)
    .map((cycle) => ({
      code: 'cycle',
      message: `these columns depend on each other in a cycle: \`${[...cycle, cycle[0]].join(' -> ')}\``,
      hint: 'one of them must not read the next',
      ...placeOf(cycle, columns, scope),
    }));
}

function placeOf(
  [first = '', second = '']: readonly string[],
  columns: readonly DraftColumn[],
  { makers }: NameScope,
): Pick<Problem, 'at' | 'within'> {
  const column = columns.find(({ name }) => name === first);
  const reference = column?.references.find(({ path: [root = ''] }) => makers.get(root) === second);
  const at: JsonPath = column?.at ?? ['columns'];
  if (!reference) return { at };
  const { span } = reference;
  return { at: [...at, ...reference.at], ...(span.length > 0 ? { within: span } : {}) };
}

export const cycles: Check = {
  name: 'cycles',
  run: ({ needs, columns, scope }) => cycleProblems(findCycles(needs), columns, scope),
};
