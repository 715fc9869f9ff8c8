import { expect, it } from '@jest/globals';
import { createLastWords } from '../../src/tools/last-words.js';

const KEY = 'key-4711-abcdefghij';

function said(...texts: readonly string[]): string {
  const words = createLastWords([KEY]);
  for (const text of texts) words.add(text);
  return words.shown();
}

it('are on one line, and the end of them where they are long', () => {
  expect(said('a\n', '\u001b[31mred\u001b[0m\n')).toBe('a red');
  expect(said(`${'x'.repeat(5000)}the end`)).toBe(`…${'x'.repeat(493)}the end`);
});

it('have no part of a key, wherever they are cut and however it arrives', () => {
  const part = new RegExp(
    [...KEY]
      .map((_, at) => KEY.slice(at, at + 4))
      .filter(({ length }) => length === 4)
      .join('|'),
  );
  for (let after = 480; after < 520; after += 1) expect(said(`${KEY}${'x'.repeat(after)}`)).not.toMatch(part);
  for (let after = 2020; after < 2060; after += 1) {
    expect(said(`${KEY}${'x'.repeat(after)}`, 'y')).not.toMatch(part);
    expect(said(...`${'x'.repeat(2040)}${KEY}`, 'x'.repeat(after))).not.toMatch(part);
  }
  expect(said(`${KEY.slice(0, 8)}\u001b[0m${KEY.slice(8)}`)).toBe('[key]');
  expect(said(...`a ${KEY} b`)).toBe('a [key] b');
});

it('have no part of a key that is longer than what is kept', () => {
  const long = 'abcdefghij'.repeat(1000);
  const words = createLastWords([long]);
  for (const text of [long.slice(0, 5000), long.slice(5000), ' end']) words.add(text);
  expect(words.shown()).toBe(`${'[key]'.repeat(20)} end`);
});
