/**
 * A map for values that are nearly always looked up soon after they were added. It compares the latest keys first
 * and builds a real map only when an older key is looked up: filling a map for every record is slow.
 */
export interface LateIndex<Value> {
  add(key: string, value: Value): void;
  /** The latest value of a key. */
  get(key: string): Value | undefined;
}

/** How many of the latest keys are compared. */
const RECENT = 4;

export function createLateIndex<Value>(): LateIndex<Value> {
  const keys: string[] = [];
  const values: Value[] = [];
  const index = new Map<string, Value>();
  let indexed = 0;

  return {
    add(key, value) {
      keys.push(key);
      values.push(value);
    },
    get(key) {
      const first = Math.max(0, keys.length - RECENT);
      for (let at = keys.length - 1; at >= first; at -= 1) if (keys[at] === key) return values[at];
      values.slice(indexed).forEach((value, at) => index.set(keys[indexed + at] ?? '', value));
      indexed = values.length;
      return index.get(key);
    },
  };
}
