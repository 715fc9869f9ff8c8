/** The end of what a program writes to its stderr, for messages: without the values that it must not repeat. */
import { stripVTControlCharacters } from 'node:util';
import { oneLine } from '../core/one-line.js';
import { hideKey } from '../models/wire/hide-keys.js';

export interface LastWords {
  add(text: string): void;
  /** On one line, the end of it where it is long; empty where there is nothing. */
  shown(): string;
}

/** Characters that are kept, and of them those that are shown. */
const KEPT = 2048;
const SHOWN = 500;

/** The most characters that stand for one character of a key: `\\\\u0041`. */
const LONGEST_SPELLING = 9;

/** Keys are hidden before anything is cut: a part of one would not be recognised. */
export function createLastWords(secrets: readonly string[]): LastWords {
  const hide = (text: string): string => secrets.reduce(hideKey, text);
  // As much as the beginning of a key may be, whose rest has not arrived.
  const kept = KEPT + LONGEST_SPELLING * Math.max(0, ...secrets.map(({ length }) => length));
  let end = '';
  return {
    add(text) {
      end = hide(end + text).slice(-kept);
    },
    shown() {
      const said = oneLine(hide(stripVTControlCharacters(end)), kept);
      return said.length > SHOWN ? `…${said.slice(-SHOWN)}` : said;
    },
  };
}
