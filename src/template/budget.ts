import { isNativeError } from 'node:util/types';

/** What one rendering or evaluation may use up. A prompt or a cell needs a thousandth of it. */
const LIMITS = {
  steps: 1_000_000,
  /** Of lists, all together. */
  entries: 20_000_000,
  /** Of one text. */
  length: 100_000_000,
  /** Of the texts that functions and filters make, all together. */
  characters: 200_000_000,
};

/**
 * Counts what a recipe's code uses up, and throws when that is more than any honest recipe needs. Time alone would
 * not do: memory fills within a second, and a count is the same on every machine.
 */
export class Budget {
  #steps = 0;
  #entries = 0;
  #characters = 0;
  /** Lists that were counted: they are passed around far more often than made. */
  readonly #counted = new WeakSet<object>();

  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > LIMITS.steps) throw new Error(`it takes more than ${show(LIMITS.steps)} steps`);
  }

  list(list: object, length: number): void {
    if (this.#counted.has(list)) return;
    this.#counted.add(list);
    this.#entries += length;
    if (this.#entries > LIMITS.entries)
      throw new Error(`its lists have more than ${show(LIMITS.entries)} entries in all`);
  }

  /** What is in a value in all, however it is put together: to compare or to print it takes as long. */
  value(size: number): void {
    if (size > LIMITS.entries)
      throw new Error(`its values have more than ${show(LIMITS.entries)} entries in all`);
  }

  /** A text that is put together of others, which takes no room of its own. */
  text(length: number): void {
    if (length > LIMITS.length)
      throw new Error(`it makes a text of more than ${show(LIMITS.length)} characters`);
  }

  newText(length: number): void {
    this.text(length);
    this.#characters += length;
    if (this.#characters > LIMITS.characters)
      throw new Error(`it makes texts of more than ${show(LIMITS.characters)} characters in all`);
  }
}

const show = (count: number): string => count.toLocaleString('en-US');

/** Whether there were more calls within calls than there is room for. V8 has no other word for it. */
export const isStackOverflow = (error: unknown): boolean =>
  isNativeError(error) && error.message.startsWith('Maximum call stack');
