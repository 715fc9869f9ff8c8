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
  block(name: string): string;
  /** Of BullMQ. */
  readonly queue: { readonly name: string; readonly prefix: string };
  /** All of them. */
  readonly pattern: string;
}

/** The ids of all runs that have work. */
export const RUNS = 'dd:runs';

/** Where runs that begin, stop or end are told. */
export const NEWS = 'dd:news';

export interface News {
  readonly run: string;
  /** `stop`: no new request. `abort`: requests in flight are cut off. `end`: the run is over. */
  readonly kind: 'begin' | 'stop' | 'abort' | 'end';
}

export function keysOf(run: string): RunKeys {
  const prefix = `dd:{${run}}`;
  return {
    record: `${prefix}:record`,
    blocks: `${prefix}:blocks`,
    events: `${prefix}:events`,
    usage: `${prefix}:usage`,
    block: (name) => `${prefix}:block:${name}`,
    queue: { name: 'jobs', prefix },
    pattern: `${prefix}:*`,
  };
}
