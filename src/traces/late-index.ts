/**
 * Values by key that are nearly always asked for soon after they were added. Only when another is asked
 * for are they put into a map, which many records make slow.
 */
export interface LateIndex<Value> {
  add(key: string, value: Value): void;
  /** The value added last for a key. */
  get(key: string): Value | undefined;
}

/** So many of the latest are looked through. */
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
