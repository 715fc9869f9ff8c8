export interface ReadAheadOptions<Entry, Read> {
  readonly entries: readonly Entry[];
  /** In bytes. */
  sizeOf(entry: Entry): number;
  /** Never rejects. */
  read(entry: Entry): Promise<Read>;
  /** Reads somewhere else at the same time. Rejects when that cannot be; all entries are read here from then on. */
  readElsewhere(entries: readonly Entry[]): Promise<readonly Read[]>;
  /** In milliseconds. */
  now?(): number;
}

const MB = 2 ** 20;
/** A larger entry is read here, when it is asked for: what would have to be sent is large, too. */
const SMALL = 2 * MB;
/** When so much was asked for without a pause, the rest is worth the time it takes until help comes. */
const WORTH_HELP = 8 * MB;
/** In milliseconds: who takes longer to ask again has other things to do, and what is ahead would grow old. */
const PAUSE = 100;
/** What is handed out at a time: a message takes as long as reading a small file. */
const PORTION = MB;
/** What is handed out and not yet done: whoever helps must not run out of work while this thread reads. */
const QUEUE = 2 * MB;
/** What was begun before it was asked for. */
const ROOM = 8 * MB;
/** What an entry counts at least: there are folders full of empty files. */
const LEAST = 4096;

interface Task<Read> {
  readonly size: number;
  readonly reading: Promise<Read>;
  isDone: boolean;
}

/**
 * Reads small entries here and elsewhere at the same time, as long as they are asked for in their order and
 * sooner than they are read. Who is free begins the next one.
 *
 * @returns reads the entry at a position
 */
export function createReadAhead<Entry, Read>(
  options: ReadAheadOptions<Entry, Read>,
): (position: number) => Promise<Read> {
  const { entries, sizeOf, read, readElsewhere, now = () => performance.now() } = options;
  /** What was begun and not yet asked for: the entries from `expected` to before `next`. */
  const ahead = new Map<number, Task<Read>>();
  const sizes = new Map<number, number>();
  let expected = 0;
  let next = 0;
  let lastAnswer = 0;
  /** How many bytes were asked for without a pause, are ahead, and are being read elsewhere. */
  let asked = 0;
  let held = 0;
  let elsewhere = 0;
  let isAlone = false;

  return async (position) => {
    if (position !== expected || now() - lastAnswer > PAUSE) startAt(position);
    const begun = ahead.get(position);
    const task = begun ?? beginHere();
    expected = position + 1;
    ahead.delete(position);
    sizes.delete(position);
    held -= task.size;
    asked = task.size > SMALL ? 0 : asked + task.size;
    handOut();
    if (begun) await readOnUntil(begun);
    const result = await task.reading;
    lastAnswer = now();
    return result;
  };

  /** Forgets what was begun for somebody who was expected to go on, and how large the files were. */
  function startAt(position: number): void {
    ahead.clear();
    sizes.clear();
    expected = position;
    next = position;
    asked = 0;
    held = 0;
  }

  function begin(reading: Promise<Read>): Task<Read> {
    const task = { size: sizeAt(next), reading, isDone: false };
    void reading.then(() => (task.isDone = true));
    ahead.set(next, task);
    held += task.size;
    next += 1;
    return task;
  }

  function beginHere(): Task<Read> {
    const entry = entries[next];
    if (entry === undefined) throw new RangeError(`there is no entry ${next}; there are ${entries.length}`);
    return begin(read(entry));
  }

  /** Reads what follows instead of waiting. */
  async function readOnUntil(task: Task<Read>): Promise<void> {
    while (!task.isDone && hasRoomFor(next, 0)) await beginHere().reading;
  }

  function handOut(): void {
    for (;;) {
      if (isAlone || asked < WORTH_HELP || elsewhere >= QUEUE) return;
      const { portion, size } = nextPortion();
      if (portion.length === 0) return;
      elsewhere += size;
      const readings = readElsewhere(portion)
        .catch((): readonly Read[] => {
          isAlone = true;
          return [];
        })
        .finally(() => (elsewhere -= size));
      portion.forEach((entry, at) => {
        begin(readings.then((reads) => reads[at] ?? read(entry)));
      });
    }
  }

  function nextPortion(): { readonly portion: readonly Entry[]; readonly size: number } {
    let end = next;
    let size = 0;
    while (size < PORTION && hasRoomFor(end, size)) {
      size += sizeAt(end);
      end += 1;
    }
    return { portion: entries.slice(next, end), size };
  }

  function hasRoomFor(position: number, besides: number): boolean {
    const size = sizeAt(position);
    return size <= SMALL && held + besides + size <= ROOM;
  }

  /** Behind the last entry there is never room. */
  function sizeAt(position: number): number {
    const entry = entries[position];
    if (entry === undefined) return Infinity;
    const size = sizes.get(position) ?? Math.max(sizeOf(entry), LEAST);
    sizes.set(position, size);
    return size;
  }
}
