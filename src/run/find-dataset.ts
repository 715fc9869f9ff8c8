import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { err, ok, type Result } from '../core/result.js';
import { didYouMeanOneOf } from '../core/suggest.js';
import { readMetadata, type Metadata } from '../dataset/metadata.js';
import type { RunProblem } from './problem.js';

export interface FoundDataset {
  /** Absolute path. */
  readonly folder: string;
  readonly metadata: Metadata;
}

/** Finds a dataset by its name in the folder of datasets, or by its path. */
export async function findDataset(
  name: string,
  artifactPath: string,
  cwd: string,
): Promise<Result<FoundDataset, RunProblem>> {
  for (const folder of [resolve(cwd, artifactPath, name), resolve(cwd, name)]) {
    const metadata = await readMetadata(folder);
    if (metadata) return ok({ folder, metadata });
    if (existsSync(join(folder, 'metadata.json')))
      return err({
        message: `the metadata.json of \`${name}\` cannot be read`,
        hint: 'run its recipe again',
      });
  }
  const stage = await lastStage(resolve(cwd, artifactPath), name);
  if (stage) return stage;
  const hint = didYouMeanOneOf(basename(name), await datasetsIn(resolve(cwd, artifactPath)));
  return err({
    message: `there is no dataset \`${name}\` in ${artifactPath}`,
    hint: hint ?? 'make one with dd run RECIPE, or say where they are with --artifact-path',
  });
}

/** Of a recipe with stages, by its name alone: the dataset of the last stage, which no other needs. */
async function lastStage(
  artifactPath: string,
  name: string,
): Promise<Result<FoundDataset, RunProblem> | undefined> {
  const stages: FoundDataset[] = [];
  for (const dataset of await datasetsIn(artifactPath)) {
    if (!dataset.startsWith(`${name}.`)) continue;
    const folder = join(artifactPath, dataset);
    const metadata = await readMetadata(folder);
    if (metadata?.stage && dataset === `${name}.${metadata.stage.name}`) stages.push({ folder, metadata });
  }
  const needed = new Set(stages.flatMap(({ metadata }) => metadata.stage?.needs ?? []));
  const last = stages.filter(({ metadata }) => !needed.has(metadata.stage?.name ?? ''));
  const [only, ...others] = last;
  if (!only) return undefined;
  if (others.length === 0) return ok(only);
  return err({
    message: `\`${name}\` has several last stages`,
    hint: `name one of ${last.map(({ folder }) => basename(folder)).join(', ')}`,
  });
}

async function datasetsIn(artifactPath: string): Promise<readonly string[]> {
  const names = await readdir(artifactPath).catch(() => []);
  return names.filter((name) => existsSync(join(artifactPath, name, 'metadata.json'))).sort();
}
