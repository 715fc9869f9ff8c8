import { isNativeError } from 'node:util/types';

/** The most that one rendering or evaluation may use. */
export interface BudgetLimits {
  /** Parts of the template that are evaluated, with the rounds of loops. */
  readonly steps: number;
  /** Of all lists together. */
  readonly entries: number;
  /** Characters of one text. */
  readonly length: number;
  /** Characters of all texts that functions and filters make. */
  readonly characters: number;
}

/** A prompt or a cell needs a thousandth of it. */
export const BUDGET_LIMITS: BudgetLimits = {
  steps: 1_000_000,
  entries: 20_000_000,
  length: 100_000_000,
  characters: 200_000_000,
};

/**
 * Counts what a template or an expression uses, and throws when it is too much. A limit of time would not be enough:
 * memory fills within a second. A count is also the same on every machine.
 */
export class Budget {
  #steps = 0;
  #entries = 0;
  #characters = 0;
  /** Lists are passed around far more often than made, and count once. */
  #counted: WeakSet<object> | undefined;

  constructor(private readonly limits: BudgetLimits) {}

  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > this.limits.steps)
      throw new Error(`it takes more than ${show(this.limits.steps)} steps`);
  }

  list(list: object, length: number): void {
    const counted = (this.#counted ??= new WeakSet());
    if (counted.has(list)) return;
    counted.add(list);
    this.#entries += length;
    if (this.#entries > this.limits.entries)
      throw new Error(`its lists have more than ${show(this.limits.entries)} entries in all`);
  }

  /** The number of all values in a value: to compare or print it takes that many steps, even where parts are shared. */
  value(size: number): void {
    if (size > this.limits.entries)
      throw new Error(`its values have more than ${show(this.limits.entries)} entries in all`);
  }

  /** A text that is a concatenation of others: V8 shares their memory. */
  text(length: number): void {
    if (length > this.limits.length)
      throw new Error(`it makes a text of more than ${show(this.limits.length)} characters`);
  }

  newText(length: number): void {
    this.text(length);
    this.#characters += length;
    if (this.#characters > this.limits.characters)
      throw new Error(`it makes texts of more than ${show(this.limits.characters)} characters in all`);
  }
}

const show = (count: number): string => count.toLocaleString('en-US');

/** Whether calls were nested too deeply. V8 has no other sign of it than this message. */
export const isStackOverflow = (error: unknown): boolean =>
  isNativeError(error) && error.message.startsWith('Maximum call stack');
