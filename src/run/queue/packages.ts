import type * as bullmq from 'bullmq';
import type * as ioredis from 'ioredis';
import { installCommand } from '../../core/package-folder.js';
import { err, ok, type Result } from '../../core/result.js';
import type { RunProblem } from '../problem.js';

/** The packages of a queue, optional peers that are loaded here alone. */
export interface QueuePackages {
  readonly bullmq: typeof bullmq;
  readonly ioredis: typeof ioredis;
}

export async function loadQueuePackages(): Promise<Result<QueuePackages, RunProblem>> {
  try {
    const [queue, client] = await Promise.all([import('bullmq'), import('ioredis')]);
    return ok({ bullmq: queue, ioredis: client });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return err({
      message: '--queue needs packages that are not installed',
      hint: installCommand('bullmq ioredis'),
    });
  }
}
