import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createDuplicateFinder } from '../../src/core/near-duplicates.js';
import { wordsOf } from '../../src/core/words.js';

/** Texts of words that are drawn the same way in every run. */
function createTexts(): (length: number) => string[] {
  let state = 7;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return (length) => Array.from({ length }, () => `w${Math.floor(next() * 5000)}`);
}

describe('near duplicates', () => {
  it('are texts that share most runs of words with an earlier one, whatever the punctuation and case', () => {
    const finder = createDuplicateFinder(0.9);
    const words = createTexts()(200);
    const changed = words.with(100, 'other');
    expect(finder.add(words.join(' '), 1)).toBeUndefined();
    expect(finder.add(words.join(' '), 2)).toEqual({ of: 1, share: 1 });
    expect(finder.add(words.join(', ').toUpperCase(), 3)).toEqual({ of: 1, share: 1 });
    // 3 of its 198 runs are new: 195 of 201 are common.
    expect(finder.add(changed.join(' '), 4)).toEqual({ of: 1, share: 0.97 });
    // A third of the text is another.
    expect(
      finder.add([...words.slice(0, 134), ...createTexts()(266).slice(200)].join(' '), 5),
    ).toBeUndefined();
  });

  it('share runs in the exact proportion, and in long texts nearly so', () => {
    const make = createTexts();
    for (const kept of [0.5, 0.75, 0.9]) {
      for (const [length, error] of [
        [400, 0.01],
        [6000, 0.06],
      ] as const) {
        const finder = createDuplicateFinder(0.2);
        const words = make(length);
        finder.add(words.join(' '), 0);
        const other = [...words.slice(0, length * kept), ...make(length * (1 - kept))];
        const { share = 0 } = finder.add(other.join(' '), 1) ?? {};
        // Jaccard similarity: what both have, of what either has.
        expect(Math.abs(share - kept / (2 - kept))).toBeLessThan(error);
      }
    }
  });

  it('are found among many texts, and no others', () => {
    const finder = createDuplicateFinder(0.8);
    const make = createTexts();
    const texts = Array.from({ length: 3000 }, () => make(60));
    expect(texts.map((words, id) => finder.add(words.join(' '), id)).filter(Boolean)).toEqual([]);
    const copies = texts.map((words, id) => finder.add(words.with(id % 60, 'new').join(' '), 5000 + id));
    const found = copies.filter((copy, id) => copy?.of === id);
    expect(found.length).toBeGreaterThan(2985);
    expect(copies.filter((copy, id) => copy !== undefined && copy.of !== id)).toEqual([]);
  });

  it('are only equal texts when the whole must be shared', () => {
    const finder = createDuplicateFinder(1);
    finder.add('One, two.', 1);
    expect(finder.add('one two', 2)).toBeUndefined();
    expect(finder.add('One, two.', 3)).toEqual({ of: 1, share: 1 });
  });

  it('of short texts, and of texts without words, are those that are equal', () => {
    const finder = createDuplicateFinder(0.9);
    expect(['Yes.', 'No.', '+', '-', '', 'yes', '+'].map((text, id) => finder.add(text, id)?.of)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      0,
      2,
    ]);
  });
});

describe('hashes that do not fit into memory', () => {
  it('are in a file, where they are found again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dd-test-'));
    const make = createTexts();
    const texts = Array.from({ length: 4500 }, () => make(515));
    const finder = createDuplicateFinder(0.8, { path: join(folder, 'hashes'), pieces: 1 });
    for (const [id, text] of texts.entries()) expect(finder.add(text.join(' '), id)).toBeUndefined();
    expect((await stat(join(folder, 'hashes'))).size).toBe(2 * 4 * 2 ** 20);
    for (const id of [0, 1000, 4499]) {
      const near = texts[id]?.with(200, 'other').join(' ') ?? '';
      expect(finder.add(near, 9999)).toEqual({ of: id, share: expect.closeTo(0.99, 1) });
    }
    finder.close();
    await rm(folder, { recursive: true });
  });
});

describe('words', () => {
  const words = (text: string): readonly string[] =>
    wordsOf(text).map(({ start, end }) => text.slice(start, end));

  it('are letters and digits; punctuation divides them', () => {
    expect(words("Don't panic: x2, naïve — 42!")).toEqual(['Don', 't', 'panic', 'x2', 'naïve', '42']);
  });

  it('are single characters where a script has no spaces', () => {
    expect(words('東京 Tokyoの夜')).toEqual(['東', '京', 'Tokyo', 'の', '夜']);
  });

  it('have the same hash in capitals', () => {
    const [a, b, c] = wordsOf('Straße STRASSE straße');
    expect(a?.hash).toBe(c?.hash);
    expect(a?.hash).not.toBe(b?.hash);
  });
});
