import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { err, type Result } from '../core/result.js';
import type { Plan } from '../engine/types.js';
import { builtInRegistries } from '../plugins/registries.js';
import type { RunProblem } from '../run/problem.js';
import type { SeedListing } from '../seeds/types.js';

type Listed = Promise<Result<SeedListing, RunProblem>>;

type Environment = Readonly<Record<string, string | undefined>>;

/** What the seed of a recipe would read. */
export async function listSeed({ seed, file }: Plan, env: Environment): Listed {
  const listed = await seed?.type.list?.(seed.config.source, {
    baseDir: dirname(file),
    env,
    homeDir: homedir(),
  });
  if (!listed) {
    const type = seed?.config.source.seed_type;
    const has =
      type === undefined ? 'has no seed' : `has a seed of type ${type}, which is no folder of sessions`;
    return err({ message: `the recipe ${has}`, hint: 'dd seed RECIPE shows its rows' });
  }
  return listed.ok ? listed : err({ ...listed.error, at: ['seed_config', 'source', listed.error.key] });
}

/** The sessions below a folder or in a file, relative to `baseDir`; without one, those on this machine. */
export async function listSessions(path: string | undefined, baseDir: string, env: Environment): Listed {
  const type = builtInRegistries.seedTypes.get('agent_rollout');
  const context = { baseDir, env, homeDir: homedir() };
  const listed = await type?.list?.({ ...(path !== undefined && { path }) }, context);
  return listed ?? err({ message: 'there is no seed type for sessions' });
}
