/**
 * Rows on their way to workers and back. They are read ahead of the run within a window, cut into blocks, and passed on
 * in their order as soon as the answers of their block are in the coordinator's own store. The run then makes them as
 * always: every answer is a look-up. Rows that need no request go by no worker. With `accept` only as many rows are on
 * their way as are still needed.
 */
import { roughSize } from '../../engine/in-flight-window.js';
import type { IdentifiedRow } from '../../engine/row-identity.js';
import type { ArrivingRows } from '../../engine/run-rows.js';
import type { OwnAnswers } from './own-answers.js';
import { BLOCK_BYTES } from './blocks.js';

/** A block on its way. */
export interface SentBlock {
  readonly name: string;
  /** Its answers are in the coordinator's store. */
  readonly isCollected: boolean;
}

/** Rows that are sent together. */
export interface NewBlock {
  readonly rows: readonly IdentifiedRow[];
  /** What the store has of their answers. */
  readonly known: readonly OwnAnswers[];
}

export interface DispatchOptions {
  readonly rows: AsyncGenerator<IdentifiedRow>;
  /** How many more rows may be needed. */
  readonly room: () => number;
  readonly own: (row: IdentifiedRow) => Promise<OwnAnswers>;
  /** The block of a row that an earlier coordinator has sent. */
  readonly findSent: (row: IdentifiedRow) => SentBlock | undefined;
  readonly send: (block: NewBlock) => Promise<SentBlock>;
  /** Calls back whenever a block was collected, or cannot be. */
  readonly onCollected: (wake: (fault?: Error) => void) => void;
  /** The row is passed on: `isMade` by a worker, or was stored before. */
  readonly onPass: (row: IdentifiedRow, isMade: boolean) => void;
  /** Of a full block. */
  readonly blockRows: number;
  readonly window: { readonly rows: number; readonly bytes: number };
  readonly stop: AbortSignal;
}

interface Passing {
  readonly row: IdentifiedRow;
  readonly size: number;
  /** Of a row that goes by a worker. */
  block?: SentBlock | 'being cut';
}

export function dispatchRows(options: DispatchOptions): ArrivingRows {
  const { rows, room, own, findSent, send, onCollected, onPass, blockRows, window, stop } = options;
  const passing: Passing[] = [];
  let bytes = 0;
  let cut: { readonly passing: Passing; readonly known: OwnAnswers }[] = [];
  let isAtEnd = false;
  let isClosed = false;
  let fault: Error | undefined;
  let wakeReader = (): void => undefined;
  let wakeFiller = (): void => undefined;

  const hasRoom = (): boolean =>
    passing.length === 0 || (passing.length < Math.min(window.rows, room()) && bytes < window.bytes);
  const isHeadReady = (): boolean => {
    const block = passing[0]?.block;
    return passing.length > 0 ? block === undefined || (block !== 'being cut' && block.isCollected) : isAtEnd;
  };

  const sendCut = async (): Promise<void> => {
    if (cut.length === 0) return;
    const whole = cut;
    cut = [];
    const block = await send({
      rows: whole.map((each) => each.passing.row),
      known: whole.map(({ known }) => known),
    });
    for (const each of whole) each.passing.block = block;
  };

  const take = async (row: IdentifiedRow): Promise<void> => {
    const entry: Passing = { row, size: roughSize(row.seed) };
    const sent = findSent(row);
    if (sent) entry.block = sent;
    const known = sent ? undefined : await own(row);
    const isNew = known?.isWhole === false;
    if (isNew) entry.block = 'being cut';
    passing.push(entry);
    bytes += entry.size;
    if (!isNew) return wakeReader();
    cut.push({ passing: entry, known });
    const size = cut.reduce((sum, each) => sum + each.passing.size, 0);
    if (cut.length >= blockRows || size >= BLOCK_BYTES) await sendCut();
  };

  const isOver = (): boolean => isClosed || stop.aborted;

  const fill = async (): Promise<void> => {
    while (!isOver()) {
      if (!hasRoom()) {
        await sendCut();
        if (!hasRoom() && !isOver()) await new Promise<void>((resolve) => (wakeFiller = resolve));
        continue;
      }
      const next = await rows.next();
      if (next.done === true) break;
      await take(next.value);
    }
    await sendCut();
    isAtEnd = true;
  };

  const wakeAll = (): void => {
    wakeFiller();
    wakeReader();
  };
  const filling = fill()
    .catch((error: Error) => (fault ??= error))
    .finally(() => wakeReader());
  onCollected((error) => {
    fault ??= error;
    wakeAll();
  });
  stop.addEventListener('abort', wakeAll, { once: true });
  return {
    isReady() {
      if (hasRoom()) wakeFiller();
      return stop.aborted || fault !== undefined || isHeadReady();
    },
    onReady: (wake) => (wakeReader = wake),
    async next() {
      if (fault) throw fault;
      const head = stop.aborted ? undefined : passing.shift();
      if (!head) return { done: true, value: undefined };
      bytes -= head.size;
      wakeFiller();
      onPass(head.row, head.block !== undefined);
      return { done: false, value: head.row };
    },
    async return() {
      isClosed = true;
      stop.removeEventListener('abort', wakeAll);
      wakeFiller();
      await filling;
      await rows.return(undefined);
    },
  };
}
