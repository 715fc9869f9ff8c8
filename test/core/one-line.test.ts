import { expect, it } from '@jest/globals';
import { oneLine } from '../../src/core/one-line.js';

it('is one line, without what is not seen and turns a text around', () => {
  expect(oneLine('a\n\t b\u001b c')).toBe('a b c');
  expect(oneLine('a\u202egpj.\u202c\u2066b\u2069\u200ec\u200bd\ufeff\u{e0041}')).toBe('agpj.bcd');
});

it('keeps what joins letters and emoji', () => {
  for (const text of ['\u{1f469}\u200d\u{1f680}', 'می\u200cخواهم']) expect(oneLine(text)).toBe(text);
});

it('is cut where it is long', () => {
  expect(oneLine('x'.repeat(400), 10)).toBe(`${'x'.repeat(10)}…`);
});
