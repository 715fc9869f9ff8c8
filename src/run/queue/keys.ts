import { hash } from 'node:crypto';
import { isObject, jsonIn } from '../../core/json.js';

/** The names of what is in Redis. The braces keep all keys of a run on one node of a cluster. */
export interface RunKeys {
  /** The run, as its coordinator describes it. */
  readonly record: string;
  /** Names of the blocks that are not yet collected. */
  readonly blocks: string;
  /** What happens on workers, for the coordinator. */
  readonly events: string;
  /** The requests of each worker so far. */
  readonly usage: string;
  /** Workers of the run, by the time until which they are believed to be alive. */
  readonly workers: string;
  block(name: string): string;
  /** The parts that workers have of the limits of a model. */
  shares(model: string): string;
  /** There while the server of a model wants no request. */
  pause(model: string): string;
  /** Of BullMQ: holds the token of the worker that has the block. */
  lock(block: string): string;
  /** Of BullMQ. */
  readonly queue: { readonly name: string; readonly prefix: string };
  /** All of them. */
  readonly pattern: string;
}

/** The ids of all runs that have work. */
export const RUNS = 'dd:runs';

/** `RUN BLOCK` of each block that is not yet collected, of all runs: the length of the queue, for autoscalers. */
export const BLOCKS = 'dd:blocks';

/** Where runs that begin, stop or end are told. */
export const NEWS = 'dd:news';

export interface News {
  readonly run: string;
  /** `stop`: no new request. `abort`: requests in flight are cut off. `end`: the run is over. */
  readonly kind: 'begin' | 'stop' | 'abort' | 'end';
}

/** The news in a message; `undefined` for what others send there. */
export function newsIn(message: string): News | undefined {
  const value = jsonIn(message);
  return isObject(value) && typeof value['run'] === 'string' ? (value as unknown as News) : undefined;
}

export function keysOf(run: string): RunKeys {
  const prefix = `dd:{${run}}`;
  return {
    record: `${prefix}:record`,
    blocks: `${prefix}:blocks`,
    events: `${prefix}:events`,
    usage: `${prefix}:usage`,
    workers: `${prefix}:workers`,
    block: (name) => `${prefix}:block:${name}`,
    shares: (model) => `dd:{shares:${hash('sha256', model).slice(0, 16)}}`,
    pause: (model) => `dd:{shares:${hash('sha256', model).slice(0, 16)}}:pause`,
    lock: (block) => `${prefix}:jobs:${block}:lock`,
    queue: { name: 'jobs', prefix },
    pattern: `${prefix}:*`,
  };
}
