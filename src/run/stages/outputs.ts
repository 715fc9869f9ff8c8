import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { entryName, getList } from '../../core/paths.js';
import type { Problem } from '../../core/problem.js';
import { didYouMeanOneOf } from '../../core/suggest.js';
import type { LoadedRecipe } from '../../recipe/types.js';
import { openRows } from '../../seeds/local-file/index.js';
import type { StageNeed } from '../../seeds/stage/index.js';

export interface StageOutputs {
  /** By the name of the stage. */
  readonly files: ReadonlyMap<string, StageNeed>;
  readonly problems: readonly Problem[];
}

/** Reads the files of `--stage-output`: their columns take the place of the stage's, and their hash is of the recipe. */
export async function readStageOutputs(
  { recipe = {}, file: recipeFile }: { readonly recipe?: object | undefined } & Pick<LoadedRecipe, 'file'>,
  {
    stageOutputs = {},
    cwd,
  }: { readonly stageOutputs?: Readonly<Record<string, string>>; readonly cwd: string },
): Promise<StageOutputs> {
  const names = getList(recipe, 'stages').flatMap((stage) => entryName(stage) ?? []);
  const files = new Map<string, StageNeed>();
  const problems: Problem[] = [];
  for (const [stage, typed] of Object.entries(stageOutputs)) {
    const place = { file: `--stage-output ${stage}` };
    if (!names.includes(stage)) {
      const hint = didYouMeanOneOf(stage, names);
      const message = names.length === 0 ? 'the recipe has no stages' : `there is no stage \`${stage}\``;
      problems.push({ code: 'unknown-stage', message, ...(hint !== undefined && { hint }), at: [], place });
      continue;
    }
    // Nothing in its place: the stage itself.
    if (typed === '') continue;
    const path = resolve(cwd, typed);
    const opened = openRows([path], { path: typed });
    if (!opened.ok) {
      const { key: _, ...problem } = opened.error;
      problems.push({ code: 'seed-unreadable', ...problem, at: [], place });
      continue;
    }
    const written = relative(dirname(recipeFile), path).replaceAll('\\', '/');
    const columns = opened.value.columns.map(({ name, schema }) => ({ name, schema }));
    files.set(stage, { stage, columns, file: { path: written, sha256: await sha256(path) } });
  }
  return { files, problems };
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}
