import { isError, type Problem } from '../core/problem.js';
import { checkJoin, checkStages, expandStage, hasStages, stagePaths } from '../recipe/stages.js';
import type { LoadedRecipe } from '../recipe/types.js';
import type { StageNeed } from '../seeds/stage/index.js';
import { planRecipe, type PlanResult, type PlanTools } from './make-plan.js';

/** A stage of a recipe, planned as the ordinary recipe that it is expanded into. */
export interface PlannedStage extends Omit<PlanResult, 'problems'> {
  readonly name: string;
  readonly needs: readonly string[];
  readonly loaded: LoadedRecipe;
  /** The file that is read in its place: it is not made. */
  readonly file?: StageNeed | undefined;
}

export interface LoadedPlan extends PlanResult {
  /** Of a recipe with `stages`, which has no plan of its own: each stage after those it needs. */
  readonly stages?: readonly PlannedStage[];
}

/**
 * Plans a recipe with or without stages.
 *
 * @param files what later stages read in place of a stage's dataset, by its name
 */
export function planLoaded(
  loaded: LoadedRecipe,
  tools: PlanTools,
  files: ReadonlyMap<string, StageNeed> = new Map(),
): LoadedPlan {
  if (!loaded.recipe || !hasStages(loaded.recipe)) return planRecipe(loaded, tools);
  const checked = checkStages(loaded.recipe);
  const found = [...loaded.problems, ...checked.problems];
  const stages: PlannedStage[] = [];
  const ofStages: (readonly Problem[])[] = [];
  const mayBeEmpty = new Set<string>();
  for (const stage of checked.stages) {
    const needs = stage.needs.map((name) => files.get(name) ?? needOf(name, stages));
    const joined = checkJoin(stage, needs);
    const expanded = expandStage(loaded, stage, needs, [...found, ...joined]);
    const { problems, ...planned } = planRecipe(expanded, tools);
    const { outward } = stagePaths(stage);
    ofStages.push(problems.map((problem) => ({ ...problem, at: outward(problem.at) })));
    const about = { name: stage.name, needs: stage.needs };
    if (stage.config.allow_empty === true || stage.needs.some((name) => mayBeEmpty.has(name)))
      mayBeEmpty.add(stage.name);
    const plan = planned.plan && {
      ...planned.plan,
      stage: about,
      mayBeEmpty: mayBeEmpty.has(stage.name),
    };
    const seedPlan = planned.seedPlan && { ...planned.seedPlan, stage: about };
    stages.push({ ...planned, plan, seedPlan, ...about, loaded: expanded, file: files.get(stage.name) });
  }
  const beside = found.filter(({ at }) =>
    checked.stages.every((stage) => stagePaths(stage).inward(at) === undefined),
  );
  const problems = [...ofStages.flat().filter(isError), ...beside, ...warningsOf(ofStages)];
  return { plan: undefined, seedPlan: undefined, output: undefined, stages, problems };
}

const needOf = (name: string, stages: readonly PlannedStage[]): StageNeed => {
  const columns = stages.find((stage) => stage.name === name)?.output;
  return {
    stage: name,
    ...(columns && { columns: columns.map(({ name: column, schema }) => ({ name: column, schema })) }),
  };
};

/** What is shared, such as a model, is worth a warning only if it is so in every stage. */
function warningsOf(ofStages: readonly (readonly Problem[])[]): readonly Problem[] {
  const warnings = ofStages.map((problems) => problems.filter((problem) => !isError(problem)));
  const keyOf = ({ at, code, message }: Problem): string => JSON.stringify([at, code, message]);
  const keys = warnings.map((problems) => new Set(problems.map(keyOf)));
  return warnings
    .flat()
    .filter((problem) => problem.at[0] === 'stages' || keys.every((each) => each.has(keyOf(problem))));
}
