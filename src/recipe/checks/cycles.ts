import type { Check } from './check.js';
import { findCycles } from '../../core/graph.js';
import type { JsonPath } from '../../core/json.js';
import type { Problem } from '../../core/problem.js';
import type { ColumnReference } from '../../columns/types.js';
import type { DraftColumn } from '../draft.js';
import type { NameScope } from '../scope.js';
import { templatePlace } from './references.js';

/** One problem for each cycle of columns, at the place where its first column reads the next. */
function cycleProblems(
  cycles: readonly (readonly string[])[],
  columns: readonly DraftColumn[],
  scope: NameScope,
): readonly Problem[] {
  return cycles
    .filter((cycle) => cycle.length > 1)
    .map((cycle) => {
      const reads = readsOf(cycle, columns, scope);
      // A constraint is the part that can be stated from the other side.
      const read = reads.find(({ reference }) => reference?.isFromRoot) ?? reads[0];
      return {
        code: 'cycle',
        message: `these columns depend on each other in a cycle: \`${[...cycle, cycle[0]].join(' -> ')}\``,
        hint: read?.reference?.isFromRoot
          ? 'the target of a constraint reads its `rhs`: state the inequality once, from the other side'
          : 'one of them must not read the next',
        ...placeOf(read),
      };
    });
}

/** A column that reads the next of its cycle. */
interface CycleRead {
  readonly at: JsonPath;
  readonly reference: ColumnReference | undefined;
}

function readsOf(
  cycle: readonly string[],
  columns: readonly DraftColumn[],
  { makers }: NameScope,
): readonly CycleRead[] {
  return cycle.map((name, index) => {
    const next = cycle[(index + 1) % cycle.length];
    const column = columns.find((each) => each.name === name);
    return {
      at: column?.at ?? ['columns'],
      reference: column?.references.find(({ path: [root = ''] }) => makers.get(root) === next),
    };
  });
}

function placeOf({ at = ['columns'], reference }: Partial<CycleRead> = {}): Pick<
  Problem,
  'at' | 'onKey' | 'within'
> {
  if (!reference) return { at };
  const { span } = reference;
  return { ...templatePlace({ at }, reference), ...(span.length > 0 ? { within: span } : {}) };
}

export const cycles: Check = {
  name: 'cycles',
  run: ({ needs, columns, scope }) => cycleProblems(findCycles(needs), columns, scope),
};
