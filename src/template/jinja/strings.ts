/** What Python does with texts. */
import { characterCount } from '../../core/code-points.js';
import type { Budget } from '../../sandbox/budget.js';

/** Characters of a padded text. */
const WIDEST = 10_000;

export function capitalized(text: string): string {
  const [first = '', ...rest] = text;
  return first.toUpperCase() + rest.join('').toLowerCase();
}

/** The first letter of each word, where words are separated by blanks, hyphens and opening brackets. */
export function titled(text: string): string {
  return text.replaceAll(/[^-\s({[<]+/g, capitalized);
}

/** As `str.title()`: a word begins after anything but a letter. */
export function titledByLetters(text: string): string {
  return text.replaceAll(/\p{L}+/gu, capitalized);
}

/** Without `chars` (white space when left out) at its ends. */
export function stripped(text: string, ends: 'both' | 'left' | 'right', chars: string | undefined): string {
  if (chars === undefined) {
    if (ends === 'both') return text.trim();
    return ends === 'left' ? text.trimStart() : text.trimEnd();
  }
  const drop = new Set(chars);
  const all = [...text];
  let start = 0;
  let end = all.length;
  const [fromLeft, fromRight] = [ends !== 'right', ends !== 'left'];
  if (fromLeft) while (start < end && drop.has(all[start] ?? '')) start += 1;
  if (fromRight) while (end > start && drop.has(all[end - 1] ?? '')) end -= 1;
  return all.slice(start, end).join('');
}

/** At most `count` occurrences from the left; all of them when it is negative. */
export function replaced(text: string, old: string, by: string, count: number, budget: Budget): string {
  const most = old === '' ? characterCount(text) + 1 : occurrences(text, old);
  const times = count < 0 ? most : Math.min(count, most);
  budget.newText(text.length + times * Math.max(0, by.length - old.length));
  if (times === 0) return text;
  if (old !== '') {
    const parts = text.split(old);
    return parts.length - 1 === times
      ? parts.join(by)
      : [parts.slice(0, times + 1).join(by), ...parts.slice(times + 1)].join(old);
  }
  const characters = [...text];
  return (
    characters.map((character, at) => (at < times ? by : '') + character).join('') +
    (times > characters.length ? by : '')
  );
}

export function occurrences(text: string, part: string): number {
  if (part === '') return characterCount(text) + 1;
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}

/** The lines without their ends; with `keepsLast` also what follows the last line end. */
export function lines(text: string, keepsLast: boolean): readonly string[] {
  const all = text.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/);
  return !keepsLast && all.at(-1) === '' ? all.slice(0, -1) : all;
}

export function centered(text: string, width: number, fill: string, budget: Budget): string {
  const room = checkWidth(width, budget) - characterCount(text);
  if (room <= 0) return text;
  // Python's own rule for which side gets the odd one.
  const left = Math.floor(room / 2) + (room & width & 1);
  return fill.repeat(left) + text + fill.repeat(room - left);
}

export function padded(
  text: string,
  width: number,
  fill: string,
  side: 'left' | 'right',
  budget: Budget,
): string {
  const room = Math.max(0, checkWidth(width, budget) - characterCount(text));
  return side === 'left' ? fill.repeat(room) + text : text + fill.repeat(room);
}

function checkWidth(width: number, budget: Budget): number {
  if (width > WIDEST) throw new Error(`a width is limited to ${WIDEST.toLocaleString('en-US')} characters`);
  budget.newText(Math.max(0, width));
  return width;
}
