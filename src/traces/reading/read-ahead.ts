/**
 * Read-ahead over a list of files: when entries are asked for in order and faster than they can be read, the next
 * ones are read before they are asked for, in this thread and in a worker thread at the same time. Whichever thread
 * is free takes the next entry. The amount that is read ahead is bounded in bytes. Large files are never read ahead
 * or sent to the worker: their rows would have to be copied between the threads.
 */
export interface ReadAheadOptions<Entry, Rows> {
  readonly entries: readonly Entry[];
  /** In bytes. */
  sizeOf(entry: Entry): number;
  /** Reads in this thread. Never rejects. */
  read(entry: Entry): Promise<Rows>;
  /**
   * Reads in another thread. When it rejects, this thread reads those entries and all later ones. Left out: there
   * is no other thread.
   */
  readElsewhere?(entries: readonly Entry[]): Promise<readonly Rows[]>;
  /** In milliseconds. */
  now?(): number;
}

const MB = 2 ** 20;
/** Larger files are read in this thread when they are asked for. */
const MAX_FILE = 2 * MB;
/** The worker thread is started when this much was asked for without a pause: starting it takes some time. */
const WORTH_A_THREAD = 8 * MB;
/** In milliseconds: a caller that waits longer between two entries has other work, and read-ahead starts over. */
const PAUSE = 100;
/** Sent to the worker in one message, which takes about as long as reading a small file. */
const BATCH = MB;
/** Sent to the worker and not yet read: enough that it does not run dry while this thread is busy. */
const WORKER_QUEUE = 2 * MB;
/** Read ahead of the caller, in both threads together. */
const MAX_AHEAD = 8 * MB;
/** Every entry counts at least this much: a folder may hold many empty files. */
const MIN_FILE = 4096;

interface Task<Rows> {
  readonly size: number;
  readonly rows: Promise<Rows>;
  isDone: boolean;
}

/** @returns reads the entry at a position */
export function createReadAhead<Entry, Rows>(
  options: ReadAheadOptions<Entry, Rows>,
): (position: number) => Promise<Rows> {
  const { entries, sizeOf, read, readElsewhere, now = () => performance.now() } = options;
  /** Entries from `expected` up to before `next`: started, not yet asked for. */
  const ahead = new Map<number, Task<Rows>>();
  const sizes = new Map<number, number>();
  let expected = 0;
  let next = 0;
  let lastAnswer = 0;
  /** In bytes: asked for without a pause, read ahead, and sent to the worker. */
  let asked = 0;
  let aheadSize = 0;
  let workerQueue = 0;
  let hasWorker = readElsewhere !== undefined;

  return async (position) => {
    if (position !== expected || now() - lastAnswer > PAUSE) startAt(position);
    const started = ahead.get(position);
    const task = started ?? startHere();
    expected = position + 1;
    ahead.delete(position);
    sizes.delete(position);
    aheadSize -= task.size;
    asked = task.size > MAX_FILE ? 0 : asked + task.size;
    feedWorker();
    if (started) await readOnUntil(started);
    const rows = await task.rows;
    lastAnswer = now();
    return rows;
  };

  /** Drops what was read ahead: the caller went on somewhere else, or later. */
  function startAt(position: number): void {
    ahead.clear();
    sizes.clear();
    expected = position;
    next = position;
    asked = 0;
    aheadSize = 0;
  }

  function start(rows: Promise<Rows>): Task<Rows> {
    const task = { size: sizeAt(next), rows, isDone: false };
    void rows.then(() => (task.isDone = true));
    ahead.set(next, task);
    aheadSize += task.size;
    next += 1;
    return task;
  }

  function startHere(): Task<Rows> {
    const entry = entries[next];
    if (entry === undefined) throw new RangeError(`there is no entry ${next}; there are ${entries.length}`);
    return start(read(entry));
  }

  /** While the worker reads the entry that is asked for, this thread reads the ones after it. */
  async function readOnUntil(task: Task<Rows>): Promise<void> {
    while (!task.isDone && hasRoomFor(next, 0)) await startHere().rows;
  }

  function feedWorker(): void {
    for (;;) {
      if (!readElsewhere || !hasWorker || asked < WORTH_A_THREAD || workerQueue >= WORKER_QUEUE) return;
      const { batch, size } = nextBatch();
      if (batch.length === 0) return;
      workerQueue += size;
      const answers = readElsewhere(batch)
        .catch((): readonly Rows[] => {
          hasWorker = false;
          return [];
        })
        .finally(() => (workerQueue -= size));
      batch.forEach((entry, at) => {
        start(answers.then((all) => all[at] ?? read(entry)));
      });
    }
  }

  function nextBatch(): { readonly batch: readonly Entry[]; readonly size: number } {
    let end = next;
    let size = 0;
    while (size < BATCH && hasRoomFor(end, size)) {
      size += sizeAt(end);
      end += 1;
    }
    return { batch: entries.slice(next, end), size };
  }

  function hasRoomFor(position: number, besides: number): boolean {
    const size = sizeAt(position);
    return size <= MAX_FILE && aheadSize + besides + size <= MAX_AHEAD;
  }

  /** Infinite after the last entry, so that nothing is read there. */
  function sizeAt(position: number): number {
    const entry = entries[position];
    if (entry === undefined) return Infinity;
    const size = sizes.get(position) ?? Math.max(sizeOf(entry), MIN_FILE);
    sizes.set(position, size);
    return size;
  }
}
