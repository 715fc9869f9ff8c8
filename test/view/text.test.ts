import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { tokensOf } from '../../src/view/page/highlight.js';
import { diffWords } from '../../src/view/query/word-diff.js';
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

describe('the words that changed', () => {
  const marked = (before: string, after: string): readonly string[] =>
    diffWords(before, after).map((pieces) =>
      pieces.map(({ text, isChanged }) => (isChanged ? `[${text}]` : text)).join(''),
    );

  it.each([
    ['the same text', 'the same text', 'the same text', 'the same text'],
    ['It fails at line 3.', 'It fails at line 12.', 'It fails at line [3].', 'It fails at line [12].'],
    ['one two three', 'one three', 'one [two ]three', 'one three'],
    ['', 'new words', '', '[new words]'],
    ['keep old words here', 'keep fresh ones here', 'keep [old words] here', 'keep [fresh ones] here'],
    ['c’est l’été', 'c’est l’hiver', 'c’est l’[été]', 'c’est l’[hiver]'],
  ])('of %j and %j are marked', (before, after, old, now) => {
    expect(marked(before, after)).toEqual([old, now]);
  });

  it('leave no character out, and nothing in common is left when the marked ones are', () => {
    const words = fc.array(fc.constantFrom('a', 'b', ' ', '\n', '.', 'é', '👩‍👧')).map((all) => all.join(''));
    fc.assert(
      fc.property(words, words, (before, after) => {
        const [old, now] = diffWords(before, after);
        const textOf = (pieces: typeof old, isKept = true): string =>
          pieces
            .filter(({ isChanged }) => isKept || !isChanged)
            .map(({ text }) => text)
            .join('');
        expect([textOf(old), textOf(now)]).toEqual([before, after]);
        const isWord = (text: string): string => text.replaceAll(/\s/g, '');
        expect(isWord(textOf(old, false))).toBe(isWord(textOf(now, false)));
      }),
    );
  });

  it('are all of the middle where texts are too long to compare', () => {
    const long = (word: string): string => `begin ${`${word} `.repeat(2000)}end`;
    const [old] = diffWords(long('old'), long('new'));
    expect(old.map(({ text, isChanged }) => [text.slice(0, 7), isChanged])).toEqual([
      ['begin ', false],
      ['old old', true],
      [' end', false],
    ]);
  });
});
