/** The thread that `parquet-worker.ts` starts. */
import { parentPort, workerData } from 'node:worker_threads';
import { createGroupEncoder, rowsOfLines, type Column } from './parquet-file.js';
import type { GroupRequest } from './parquet-worker.js';

const encode = await createGroupEncoder(workerData as readonly Column[]);

parentPort?.on('message', (request: GroupRequest) => void answer(request));

async function answer({ lines, offset }: GroupRequest): Promise<void> {
  const group = await encode(rowsOfLines(lines), offset);
  parentPort?.postMessage(group, [group.bytes.buffer as ArrayBuffer]);
}
