/** Encodes row groups in a second thread, from their JSON lines: text is sent to a thread much faster than objects. */
import { createThread } from '../core/thread.js';
import type { Column, EncodedGroup } from './parquet-file.js';

export interface GroupRequest {
  /** The rows as JSON, a line each. */
  readonly lines: string;
  /** Where the row group begins in its file. */
  readonly offset: number;
}

/** Rejects when the thread cannot be started or fails, and from then on. */
export type GroupThread = (request: GroupRequest) => Promise<EncodedGroup>;

/** In milliseconds. */
const IDLE_TIMEOUT = 1000;

/** The thread starts with the first request. */
export function createGroupThread(columns: readonly Column[]): GroupThread {
  const ask = createThread<undefined, GroupRequest, EncodedGroup>({
    script: 'dataset/parquet-worker-thread.js',
    workerData: columns.map(({ name, schema }): Column => ({ name, schema })),
    newKnown: () => undefined,
    idleTimeout: IDLE_TIMEOUT,
  });
  return (request) => ask(() => request);
}
