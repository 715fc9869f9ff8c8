import { dirname, join, resolve } from 'node:path';
import type { ExportConfig } from '../../core/config.js';
import { err, ok, type Result } from '../../core/result.js';
import { normalSplits } from '../../dataset/export/splits.js';
import { isTokenizerFile } from '../../dataset/export/tokenizer.js';
import { readRecipe } from '../../dataset/metadata.js';
import { exportDataset, type Exported, type ExportRequest } from '../export-dataset.js';
import { findDataset, type FoundDataset } from '../find-dataset.js';
import type { RunProblem } from '../problem.js';

export interface ConfiguredRequest extends Pick<
  ExportRequest,
  'dataset' | 'artifactPath' | 'exporters' | 'cwd' | 'overwrite'
> {
  /** The folder for the folders; `exports/DATASET` when left out. */
  readonly output?: string;
  /** Use the reviews in every entry, also where the recipe does not say so. */
  readonly reviews?: boolean;
}

export interface NamedExport extends Exported {
  readonly name: string;
  readonly format: string;
}

/** Writes what `exports` of the dataset's recipe says: a folder for each entry. Stops at the first problem. */
export async function exportConfigured(
  request: ConfiguredRequest,
): Promise<Result<readonly NamedExport[], RunProblem>> {
  const { dataset, artifactPath, cwd } = request;
  const found = await findDataset(dataset, artifactPath, cwd);
  if (!found.ok) return found;
  const configs = await configsOf(found.value);
  if (configs.length === 0)
    return err({
      message: 'the recipe of this dataset has no `exports`, so the format is missing',
      hint: 'name one, as in --format messages, or add `exports` to the recipe and run it again',
    });
  const exported: NamedExport[] = [];
  for (const config of configs) {
    const one = await exportDataset(requestOf(config, request, found.value));
    if (!one.ok) return err({ ...one.error, message: `export \`${config.name}\`: ${one.error.message}` });
    exported.push({ ...one.value, name: config.name, format: config.format });
  }
  return ok(exported);
}

/** The `exports` of the recipe as it was run. */
async function configsOf({ folder }: FoundDataset): Promise<readonly ExportConfig[]> {
  const { exports: listed } = await readRecipe(folder);
  // The recipe was checked before it was run.
  return Array.isArray(listed) ? (listed as unknown as readonly ExportConfig[]) : [];
}

function requestOf(
  config: ExportConfig,
  { dataset, artifactPath, exporters, output, cwd, overwrite, reviews = false }: ConfiguredRequest,
  { folder, metadata }: FoundDataset,
): ExportRequest {
  const { name, format, where, map, split, group_by: groupBy, dedupe, decontaminate, tokenizer } = config;
  const recipeFolder = dirname(resolve(folder, metadata.origin.recipe));
  return {
    dataset,
    artifactPath,
    exporters,
    cwd,
    overwrite,
    format,
    output: `${resolve(cwd, output ?? join('exports', metadata.dataset), name)}/`,
    ...((reviews || config.reviews === true) && { reviews: true }),
    ...(where !== undefined && { where }),
    ...(map && { fields: map }),
    ...(split && { splits: normalSplits(split) }),
    ...(groupBy !== undefined && { groupBy }),
    ...(dedupe !== undefined && dedupe !== false && { dedupe: dedupe === true ? {} : dedupe }),
    ...(decontaminate && {
      decontaminate: {
        ...decontaminate,
        files: decontaminate.files.map((file) => resolve(recipeFolder, file)),
      },
    }),
    ...(config.max_tokens !== undefined && { maxTokens: config.max_tokens }),
    ...(tokenizer !== undefined && {
      tokenizer: isTokenizerFile(tokenizer) ? resolve(recipeFolder, tokenizer) : tokenizer,
    }),
  };
}
