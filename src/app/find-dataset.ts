import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { readMetadata, type Metadata } from '../dataset/metadata.js';
import { err, ok, type Result } from '../result.js';
import { didYouMeanOneOf } from '../suggest.js';
import type { RunProblem } from './run-problem.js';

export interface FoundDataset {
  /** Absolute path. */
  readonly folder: string;
  readonly metadata: Metadata;
}

/** Finds a dataset by its name in the folder of datasets, or by its path. */
export async function findDataset(
  name: string,
  artifactPath: string,
): Promise<Result<FoundDataset, RunProblem>> {
  for (const folder of [resolve(artifactPath, name), resolve(name)]) {
    const metadata = await readMetadata(folder);
    if (metadata) return ok({ folder, metadata });
    if (existsSync(join(folder, 'metadata.json')))
      return err({
        message: `the metadata.json of \`${name}\` cannot be read`,
        hint: 'run its recipe again',
      });
  }
  const hint = didYouMeanOneOf(basename(name), await datasetsIn(artifactPath));
  return err({
    message: `there is no dataset \`${name}\` in ${artifactPath}`,
    hint: hint ?? 'make one with dd run RECIPE, or say where they are with --artifact-path',
  });
}

async function datasetsIn(artifactPath: string): Promise<readonly string[]> {
  const names = await readdir(artifactPath).catch(() => []);
  return names.filter((name) => existsSync(join(artifactPath, name, 'metadata.json'))).sort();
}
