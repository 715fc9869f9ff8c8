/** Those who wait: the lowest turn leaves first, and of equal turns whoever came first. */
export interface WaitingLine<T> {
  readonly length: number;
  add(turn: number, waiter: T): void;
  /** Who is next, without taking it off. */
  first(): T | undefined;
  take(): T | undefined;
}

interface Place<T> {
  readonly turn: number;
  readonly arrival: number;
  readonly waiter: T;
}

/** A binary heap: as many as the window of rows has cells may wait. */
export function createWaitingLine<T>(): WaitingLine<T> {
  const heap: Place<T>[] = [];
  let arrivals = 0;

  const rise = (place: Place<T>): void => {
    let index = heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (!parent || !isBefore(place, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = place;
  };

  const sink = (place: Place<T>): void => {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const [leftChild, rightChild] = [heap[left], heap[left + 1]];
      if (!leftChild) break;
      const isRight = rightChild !== undefined && isBefore(rightChild, leftChild);
      const child = isRight ? rightChild : leftChild;
      if (!isBefore(child, place)) break;
      heap[index] = child;
      index = isRight ? left + 1 : left;
    }
    heap[index] = place;
  };

  return {
    get length() {
      return heap.length;
    },
    add: (turn, waiter) => rise({ turn, arrival: arrivals++, waiter }),
    first: () => heap[0]?.waiter,
    take: () => {
      const [top] = heap;
      const last = heap.pop();
      if (last && heap.length > 0) sink(last);
      return top?.waiter;
    },
  };
}

function isBefore(a: Place<unknown>, b: Place<unknown>): boolean {
  return a.turn < b.turn || (a.turn === b.turn && a.arrival < b.arrival);
}
