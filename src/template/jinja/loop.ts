import type { Budget } from '../../sandbox/budget.js';
import { isEqual } from './operators.js';
import { Callable, Tuple, Undefined, type List, type Value } from './values.js';

/** What `loop` knows, worked out when it is read. */
export class LoopFields extends Map<string, Value> {
  #index = 0;
  #last: Value | undefined;

  constructor(
    private readonly items: List,
    private readonly depth: number,
    private readonly budget: Budget,
  ) {
    super();
  }

  move(index: number): void {
    this.#index = index;
  }

  override get(name: string): Value | undefined {
    const at = this.#index;
    const { length } = this.items;
    switch (name) {
      case 'index':
        return at + 1;
      case 'index0':
        return at;
      case 'revindex':
        return length - at;
      case 'revindex0':
        return length - at - 1;
      case 'first':
        return at === 0;
      case 'last':
        return at === length - 1;
      case 'length':
        return length;
      case 'depth':
        return this.depth;
      case 'depth0':
        return this.depth - 1;
      case 'previtem':
        return this.items[at - 1] ?? new Undefined('loop.previtem');
      case 'nextitem':
        return this.items[at + 1] ?? new Undefined('loop.nextitem');
      case 'cycle':
        return new Callable('cycle', ({ positional }) => {
          if (positional.length === 0) throw new Error('`loop.cycle` takes at least one value');
          return positional[at % positional.length] ?? null;
        });
      case 'changed':
        return new Callable('changed', ({ positional }) => {
          const values = Tuple.make(positional);
          const isSame = this.#last !== undefined && isEqual(values, this.#last, this.budget);
          this.#last = values;
          return !isSame;
        });
      default:
        return undefined;
    }
  }
}
