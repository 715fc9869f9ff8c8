/** A run of the queue, opened on a worker: the same plan as the coordinator's, or why this worker cannot work on it. */
import { join } from 'node:path';
import { version } from '../../core/package-folder.js';
import { err, ok, type Result } from '../../core/result.js';
import type { Plan } from '../../engine/types.js';
import { allowHosts } from '../allow-hosts.js';
import { openRecipe } from '../open-recipe.js';
import type { RunProblem } from '../problem.js';
import { callSendings } from '../sendings.js';
import { modelsOf, recipeDigest, type RunRecord } from './run-record.js';

export interface OpenRunOptions {
  readonly cwd: string;
  readonly allowPlugins: boolean;
  /** Send well-known keys to hosts that they are not made for. */
  readonly allowHosts?: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export async function openRun(record: RunRecord, options: OpenRunOptions): Promise<Result<Plan, RunProblem>> {
  const { cwd, allowPlugins, allowHosts: allow = false, env } = options;
  if (record.dd !== version())
    return err({
      message: `it needs dd ${record.dd}, and this is dd ${version()}`,
      hint: `npm install dd-recipes@${record.dd}, or run the coordinator with this version`,
    });
  const opened = await openRecipe(join(cwd, record.file), {
    text: record.isExported ? `{"library_version":"","data_designer":${record.recipe}}` : record.recipe,
    cwd,
    allowPlugins,
    plugins: record.plugins ?? [],
    env,
  });
  const mistake = opened.diagnostics.find(({ severity }) => severity === 'error');
  if (!opened.plan)
    return err({
      message: mistake?.message ?? 'its recipe cannot be read here',
      ...(mistake?.hint !== undefined && { hint: mistake.hint }),
    });
  const plan = { ...opened.plan, randomSeed: record.randomSeed, made: record.made };
  const problem =
    findDifference(record, plan) ??
    findMissingKey(plan, env) ??
    (await allowHosts(await callSendings(plan, env), { env, allow }));
  return problem ? err(problem) : ok(plan);
}

/** What is not as on the coordinator: answers would be stored under other names. */
function findDifference(record: RunRecord, plan: Plan): RunProblem | undefined {
  const models = modelsOf(plan);
  const other = Object.keys(record.models).find((alias) => models[alias] !== record.models[alias]);
  if (other !== undefined)
    return {
      message: `the model \`${other}\` is ${models[other]} here, and ${record.models[other]} on the coordinator`,
      hint: 'write the endpoint into the recipe, or set the variable that moves the provider on both',
    };
  if (recipeDigest(plan) === record.sha256) return undefined;
  return {
    message: 'its recipe is read differently here than on the coordinator',
    hint: 'use the same dd and the same versions of plugins on all machines',
  };
}

function findMissingKey({ models }: Plan, env: OpenRunOptions['env']): RunProblem | undefined {
  const keys = [...models.values()].map(({ endpoint }) => endpoint.keyVariable);
  const missing = keys.find((name) => name !== undefined && (env[name] ?? '').trim() === '');
  if (missing === undefined) return undefined;
  return {
    message: `it needs the key ${missing}, which is not set here`,
    hint: `export ${missing}=… before dd worker starts; other workers go on with the run`,
  };
}
