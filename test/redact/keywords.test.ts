import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createKeywordFinder } from '../../src/redact/keywords.js';

const KEYWORDS = ['@', 'q~', 'pat', '_pat', 'key=', 'key', 'apikey', 'x-amz-signature', 'pat', '[', 'zz'];

/** Every occurrence, found the slow way: in order of their ends, the longer first. */
function occurrences(text: string, keywords: readonly string[]): readonly unknown[] {
  const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return keywords
    .flatMap((word, keyword) =>
      Array.from(text, (_, at) => at)
        .filter((at) => lower.startsWith(word, at))
        .map((at) => ({ keyword, at, end: at + word.length })),
    )
    .toSorted((a, b) => a.end - b.end || a.at - b.at || a.keyword - b.keyword);
}

const find = createKeywordFinder(KEYWORDS);

describe('keywords', () => {
  it('are all found, at every place, in any case, alone and over each other', () => {
    const part = fc.oneof(
      fc.constantFrom(...KEYWORDS, ...KEYWORDS.map((word) => word.toUpperCase())),
      fc.constantFrom('', ' ', 'x', 'é', '\0', '\n', 'ke', 'pa', '_', '}', '{', '^', 'apike'),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        expect(find(text)).toEqual(occurrences(text, KEYWORDS));
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  it('are found once where a long text is cut into chunks', () => {
    for (let at = 65_536 - 40; at <= 65_536 + 4; at += 1) {
      const text = `${'.'.repeat(at)}x-amz-signature@${'.'.repeat(70_000)}zz`;
      expect(find(text)).toEqual([
        { keyword: 7, at, end: at + 15 },
        { keyword: 0, at: at + 15, end: at + 16 },
        { keyword: 10, at: at + 70_016, end: at + 70_018 },
      ]);
    }
  });

  it('are not found in what an earlier text left behind', () => {
    expect(find('......_pat')).toHaveLength(3);
    expect(find('......_')).toEqual([]);
    expect(find('.......')).toEqual([]);
  });

  it('may be none', () => {
    expect(createKeywordFinder([])('apikey=')).toEqual([]);
  });
});
