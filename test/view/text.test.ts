import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { tokensOf } from '../../src/view/page/highlight.js';
import { piecesOf, visible } from '../../src/view/page/visible.js';

describe('hidden characters', () => {
  it.each([
    ['\u001b[31mred', '␛[31mred'],
    ['a\u0000b\u007f', 'a␀b␡'],
    ['user\u202Egpj.exe', 'userU+202Egpj.exe'],
    ['a\u{e0041}b', 'aU+E0041b'],
    ['zero\u200bwidth\ufeff', 'zeroU+200BwidthU+FEFF'],
    ['line\r\nline\tand\rmore', 'line\r\nline\tand␍more'],
    ['👩‍👩‍👧 é نمی‌دانم', '👩‍👩‍👧 é نمی‌دانم'],
  ])('of %j are shown: %j', (text, expected) => {
    expect(visible(text)).toBe(expected);
  });

  it('leave no character out', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const length = piecesOf(text).reduce(
          (sum, piece) => sum + ('text' in piece ? [...piece.text].length : 1),
          0,
        );
        expect(length).toBe([...text].length);
      }),
    );
  });
});

describe('coloured code', () => {
  it('is all of the code', () => {
    fc.assert(
      fc.property(fc.string(), (code) => {
        expect(
          tokensOf(code)
            .map(({ text }) => text)
            .join(''),
        ).toBe(code);
      }),
    );
  });

  it('knows comments, strings, numbers and words of most languages', () => {
    const kinds = (code: string): readonly string[] =>
      tokensOf(code).flatMap(({ kind, text }) => (kind === 'plain' ? [] : [`${kind} ${text}`]));
    expect(kinds('const a = "x // y"; // note')).toEqual([
      'word const',
      'string "x // y"',
      'comment // note',
    ]);
    expect(kinds('def f():  # why\n  return 0x1F + 2.5')).toEqual([
      'word def',
      'comment # why',
      'word return',
      'number 0x1F',
      'number 2.5',
    ]);
    expect(kinds('https://example.com/#top')).toEqual([]);
  });
});
