/** Kubernetes' secrets: every value below `data:` of an object of `kind: Secret`, in YAML or JSON. */
import { QUOTE } from './separators.js';
import { endOf, matchAt } from './sticky.js';
import type { Finding, Rule } from './types.js';

const KIND = new RegExp(`kind(?:${QUOTE})?:[ \\t]{0,8}(?:${QUOTE})?secret(?![\\w-])`, 'i');
/** An object is not longer than this between its kind and its data. */
const NEAR = 1000;
const START = new RegExp(`data(?:${QUOTE})?:[ \\t]{0,8}\\{?`, 'iy');
const LINES = String.raw`(?:\s|\\{1,15}[nrt]){0,64}`;
const ENTRY = new RegExp(
  `,?${LINES}(?:${QUOTE})?[\\w./-]{1,253}(?:${QUOTE})?:[ \\t]{0,8}(?:[>|][+-]?${LINES})?(?:${QUOTE})?`,
  'y',
);
const VALUE = /[A-Za-z0-9+/]{4,65536}={0,2}/y;
const CLOSING = new RegExp(`(?:${QUOTE})?[ \\t]*`, 'y');
const MOST_ENTRIES = 256;

export const kubernetesSecret: Rule = {
  keywords: ['data:', 'data"', 'data\\'],
  isGeneric: true,
  find(text, at) {
    let next = endOf(START, text, at);
    if (next === undefined || !KIND.test(text.slice(Math.max(0, at - NEAR), at + NEAR))) return undefined;
    const found: Finding[] = [];
    for (let nth = 0; nth < MOST_ENTRIES; nth += 1) {
      const start: number | undefined = endOf(ENTRY, text, next);
      const value = start === undefined ? undefined : matchAt(VALUE, text, start);
      if (start === undefined || value === undefined) break;
      const end = start + value[0].length;
      if (/^(?:[A-Za-z0-9+/]{4}){2,}/.test(value[0])) found.push({ kind: 'kubernetes-secret', start, end });
      next = endOf(CLOSING, text, end) ?? end;
    }
    return found;
  },
};
