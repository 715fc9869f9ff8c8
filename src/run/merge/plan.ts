import { readRecipe } from '../../dataset/metadata.js';
import { err, ok, type Result } from '../../core/result.js';
import { isError } from '../../core/problem.js';
import { getList } from '../../core/paths.js';
import { isObject } from '../../core/json.js';
import { planProcessors } from '../../recipe/processors.js';
import { builtInRegistries } from '../../plugins/registries.js';
import type { RunProblem } from '../problem.js';
import type { ProcessingPlan } from '../process-rows.js';
import type { Partition } from './checks.js';

/** The processors that a partition's recipe has: they see the rows of all partitions, as in one run over all rows. */
export async function planMerge({
  folder,
  metadata,
}: Partition): Promise<Result<ProcessingPlan, RunProblem>> {
  const { columns, seed, processors_due: due } = metadata;
  if (!due) return ok({ processors: [], output: columns, dropped: new Set(), randomSeed: seed });
  const recipe = await readRecipe(folder);
  const types = builtInRegistries.processorTypes;
  const planned = planProcessors(recipe, {
    types,
    columns,
    dropped: new Set(due.dropped),
    isComplete: true,
    found: [],
  });
  const entries = getList(recipe, 'processors');
  const foreign = entries.find((entry) => !isObject(entry) || !types.has(String(entry['processor_type'])));
  if (foreign !== undefined || entries.length === 0)
    return err({
      message: `the processors of ${folder} are not known here: they come from a plugin, or its recipe.yaml is damaged`,
      hint: 'run the recipe without partitions',
    });
  const mistake = planned.problems.find(isError);
  if (mistake) return err({ message: `the processors of ${folder} cannot be run: ${mistake.message}` });
  return ok({ ...planned, randomSeed: seed });
}
