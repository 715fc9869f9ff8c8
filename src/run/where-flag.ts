import type { Where } from '../core/config.js';
import type { Problem } from '../core/problem.js';
import { err, ok, type Result } from '../core/result.js';
import { parseWhere, type RowCondition } from '../seeds/where.js';
import type { RunProblem } from './problem.js';
import { unknownName } from './unknown-name.js';

/** The condition of `--where` on the rows of a dataset, over its columns. */
export function parseWhereFlag(where: Where, columns: readonly string[]): Result<RowCondition, RunProblem> {
  const problems: Problem[] = [];
  const condition = parseWhere(where, (problem) => problems.push(problem));
  const [problem] = problems;
  if (!condition)
    return err({
      message: `--where: ${problem?.message ?? 'this is no condition'}`,
      ...(problem?.hint !== undefined && { hint: problem.hint }),
    });
  const unknown = condition.references.find(({ path: [root = ''] }) => !columns.includes(root));
  if (!unknown) return ok(condition);
  const [name = ''] = unknown.path;
  return err(unknownName(`--where: there is no column \`${name}\``, name, columns));
}
