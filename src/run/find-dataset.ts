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
  const hint = didYouMeanOneOf(basename(name), await datasetsIn(resolve(cwd, artifactPath)));
  return err({
    message: `there is no dataset \`${name}\` in ${artifactPath}`,
    hint: hint ?? 'make one with dd run RECIPE, or say where they are with --artifact-path',
  });
}

async function datasetsIn(artifactPath: string): Promise<readonly string[]> {
  const names = await readdir(artifactPath).catch(() => []);
  return names.filter((name) => existsSync(join(artifactPath, name, 'metadata.json'))).sort();
}
