import { isObject, type Json, type JsonObject } from '../core/json.js';
import { listOf } from './fields.js';
import type { Finding } from './format.js';

/** Counts by reason what a parser had to leave out. */
export interface Skips {
  add(reason: string): void;
  findings(): readonly Finding[];
}

export function createSkips(): Skips {
  const counts = new Map<string, number>();
  return {
    add(reason) {
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    },
    findings() {
      return Array.from(counts, ([reason, count]) => ({ kind: 'skipped', reason, count }));
    },
  };
}

/** The objects of a list that should have nothing else; other values are counted. @param what their plural */
export function objectsIn(value: Json | undefined, skips: Skips, what: string): readonly JsonObject[] {
  const entries = listOf(value);
  const objects = entries.filter(isObject);
  for (let at = objects.length; at < entries.length; at += 1) skips.add(`${what} that are no objects`);
  return objects;
}
