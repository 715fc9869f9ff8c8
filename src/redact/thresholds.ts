/** How random a value must be, by what its name says. */
import { looksRandom, looksSecret, type Thresholds } from './judgement.js';
import type { NameKind } from './names.js';

export const labelOf = (kind: NameKind): string => (kind === 'password' ? kind : 'secret');

/** The kind of secret of a value in an object, judged by what its key says; `undefined` when it is not a secret. */
export function secretKindOf(kind: NameKind, value: string): string | undefined {
  if (/\s/.test(value)) return undefined;
  const isFound = kind === 'weak' ? looksRandom(value) : looksSecret(value, thresholdsFor(kind, false));
  return isFound ? labelOf(kind) : undefined;
}

/** Passwords are chosen by people, so they are shorter and less random than keys; in code an unquoted value is often a name. */
export function thresholdsFor(kind: NameKind, isCode: boolean): Thresholds {
  if (kind === 'password')
    return { minLength: isCode ? 8 : 6, minEntropy: 2.5, minChange: isCode ? 0.3 : 0.05 };
  return { minLength: isCode ? 16 : 10, minEntropy: isCode ? 3.2 : 3, minChange: isCode ? 0.3 : 0.25 };
}
