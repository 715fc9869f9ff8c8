import { foldersOf } from '../../dataset/folders.js';
import type { Plan } from '../../engine/types.js';
import { stageSeed, stageSeedIn, type StageSource } from '../../seeds/stage/index.js';

/** The plan of a stage that reads the datasets of the stages it needs, in the folder of datasets. */
export function bindStage(plan: Plan, artifactPath: string, dataset: string): Plan {
  const { seed } = plan;
  if (!seed || seed.type.type !== stageSeed.type) return plan;
  const source = seed.config.source as unknown as StageSource;
  const folderOf = (stage: string): string => foldersOf(artifactPath, `${dataset}.${stage}`).dataset;
  const type = stageSeedIn(folderOf, source);
  const datasets = source.needs.map(({ stage }) => folderOf(stage));
  return { ...plan, seed: { ...seed, type: type as typeof seed.type, datasets } };
}
