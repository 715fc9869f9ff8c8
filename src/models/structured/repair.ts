import { jsonrepair } from 'jsonrepair';
import { type Json, jsonIn } from '../../core/json.js';
import { nestsTooDeep } from './brackets.js';

/**
 * Repairs an object or list that is not valid JSON: single quotes, comments, missing or trailing commas, raw line
 * breaks, Python's `None`. Where the model left something out (`…`), nothing can be repaired.
 */
export function repairJson(source: string): Json | undefined {
  if (hasEllipsis(source)) return undefined;
  try {
    const text = jsonrepair(source.replace(backslash, (escape) => (escape === '\\' ? '\\\\' : escape)));
    const value = nestsTooDeep(text) ? undefined : jsonIn(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** An escape of JSON or of Python's quotes; or a backslash alone, as in `C:\Users`, which is meant as itself. */
const backslash = /\\(?:["'\\/bfnrt\n]|u[\da-fA-F]{4})|\\/g;

/** True for `…` between values: the strings are skipped. */
function hasEllipsis(source: string): boolean {
  return /\.\.\.|…/.test(source.replace(/"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\\n]|\\.)*'/g, '""'));
}
