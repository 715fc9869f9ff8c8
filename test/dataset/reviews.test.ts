import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  appendReviews,
  applyEdits,
  changeReview,
  createRowKeys,
  madeHash,
  mergeReviews,
  readReviews,
  type Review,
} from '../../src/dataset/reviews.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dd-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = (): string => join(folder, 'reviews.jsonl');
const now = new Date('2026-01-01T00:00:00Z');
const review = (key: string, verdict: 'keep' | 'drop', at = now): Review => ({
  key,
  at: at.toISOString(),
  made: 'aa',
  verdict,
});

describe('reviews.jsonl', () => {
  it('has no reviews while it is not there, and the latest of each row when it is', async () => {
    expect([...(await readReviews(folder))]).toEqual([]);
    await appendReviews(folder, [review('a', 'keep'), review('b', 'keep')]);
    await appendReviews(folder, [review('a', 'drop', new Date(now.getTime() + 1))]);
    expect([...(await readReviews(folder)).values()].map(({ key, verdict }) => [key, verdict])).toEqual([
      ['a', 'drop'],
      ['b', 'keep'],
    ]);
  });

  it('cuts a torn tail before the next review, and reads what is before it', async () => {
    await appendReviews(folder, [review('a', 'keep')]);
    await appendFile(file(), '{"key":"b","at":"2026');
    expect([...(await readReviews(folder)).keys()]).toEqual(['a']);
    await appendReviews(folder, [review('c', 'drop')]);
    expect((await readFile(file(), 'utf8')).split('\n')).toEqual([
      JSON.stringify(review('a', 'keep')),
      JSON.stringify(review('c', 'drop')),
      '',
    ]);
  });

  it('keeps a last line whose line feed an editor left out', async () => {
    await writeFile(file(), JSON.stringify(review('a', 'keep')));
    await appendReviews(folder, [review('b', 'keep')]);
    expect([...(await readReviews(folder)).keys()]).toEqual(['a', 'b']);
  });

  it('skips lines that are no reviews', async () => {
    await writeFile(file(), `null\n[]\n{"key":1}\nnonsense\n${JSON.stringify(review('a', 'keep'))}\n`);
    expect([...(await readReviews(folder)).keys()]).toEqual(['a']);
  });

  it('merges two files by time, not by order', async () => {
    const other = await mkdtemp(join(tmpdir(), 'dd-test-'));
    await appendReviews(folder, [review('a', 'drop', new Date(now.getTime() + 5))]);
    await appendReviews(other, [review('a', 'keep'), review('b', 'keep')]);
    await mergeReviews(other, folder);
    const merged = await readReviews(folder);
    expect([merged.get('a')?.verdict, merged.get('b')?.verdict]).toEqual(['drop', 'keep']);
    await rm(other, { recursive: true });
  });
});

describe('changeReview', () => {
  const saved = { key: 'a', made: 'aa', now };

  it('changes what it is given, and takes away what is null', () => {
    const first = changeReview(undefined, { verdict: 'keep', scores: { x: 1, y: 2 }, note: 'why' }, saved);
    const second = changeReview(first, { verdict: null, scores: { x: null }, edits: { answer: 'b' } }, saved);
    expect(second).toEqual({
      key: 'a',
      made: 'aa',
      at: '2026-01-01T00:00:00.001Z',
      scores: { y: 2 },
      edits: { answer: 'b' },
      note: 'why',
    });
  });

  it('is later than the one before, even if the clock was set back', () => {
    const first = changeReview(undefined, { verdict: 'keep' }, saved);
    const second = changeReview(first, { verdict: 'drop' }, { ...saved, now: new Date(0) });
    expect(second.at > first.at).toBe(true);
  });
});

describe('createRowKeys', () => {
  const columns = [
    { name: 'trace_id', from: 'seed' },
    { name: 'text', from: 'seed' },
    { name: 'answer', from: 'column' },
  ] as const;

  it('names a row by its trace, and numbers rows that have the same', () => {
    const keyOf = createRowKeys(columns);
    const rows = [{ trace_id: 'a' }, { trace_id: 'b' }, { trace_id: 'a' }];
    expect(rows.map(keyOf)).toEqual(['trace_id:a', 'trace_id:b', 'trace_id:a#2']);
  });

  it('names other rows by their seed columns, whatever was made of them', () => {
    const [, text, answer] = columns;
    const key = (row: Record<string, string>): string => createRowKeys([text, answer])(row);
    expect(key({ text: 'x', answer: '1' })).toBe(key({ answer: '2', text: 'x' }));
    expect(key({ text: 'x', answer: '1' })).not.toBe(key({ text: 'y', answer: '1' }));
    expect(key({ text: 'x' })).toMatch(/^row:[\da-f]{16}$/);
  });

  it('has another hash of made cells when one of them changes', () => {
    const row = { trace_id: 'a', text: 'x', answer: '1' };
    expect(madeHash({ ...row, text: 'y' }, columns)).toBe(madeHash(row, columns));
    expect(madeHash({ ...row, answer: '2' }, columns)).not.toBe(madeHash(row, columns));
  });
});

describe('applyEdits', () => {
  it('corrects columns and dotted paths, and leaves out what the row does not have', () => {
    const row = { answer: 'a', record: { text: 'b', list: ['c', 'd'] }, 'x.y': 'e' };
    const edits = { answer: 'A', 'record.text': 'B', 'record.list.1': 'D', 'x.y': 'E', 'gone.text': 'F' };
    expect(applyEdits(row, { edits })).toEqual({
      answer: 'A',
      record: { text: 'B', list: ['c', 'D'] },
      'x.y': 'E',
    });
    expect(applyEdits(row, { edits: { '__proto__.x': 'y', 'record.list.7': 'z' } })).toEqual(row);
    expect(row.answer).toBe('a');
  });
});
