import { agentRollout } from '../traces/seed.js';
import { localFile } from './local-file/index.js';
import type { SeedType } from './types.js';

/** Every kind of seed, by its `seed_type`. */
export const seedTypes: ReadonlyMap<string, SeedType> = new Map<string, SeedType>([
  [agentRollout.type, agentRollout],
  [localFile.type, localFile],
]);
