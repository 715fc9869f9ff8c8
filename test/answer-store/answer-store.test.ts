import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { answerText, endWithTime, openAnswerStore } from '../../src/answer-store/answer-store.js';
import { openTables } from '../../src/answer-store/tables.js';
import type { Answer } from '../../src/models/types.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dd-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const answer = (finishReason: string): Answer => ({
  text: 'said',
  finishReason,
  usage: { input: 1, output: 2, cached: undefined, reasoning: undefined },
});

/** What is on the disk under a key. */
async function writtenUnder(key: string): Promise<string> {
  const { close, answers } = await openTables(folder);
  const text = answers.get(key);
  await close();
  return text ?? '';
}

describe('the answer store', () => {
  it.each(['stop', 'length'])('gives back an answer that ended by %s', async (finishReason) => {
    const store = await openAnswerStore(folder);
    await store.put('key', answer(finishReason));
    expect(store.get('key')).toMatchObject({ text: 'said', finishReason });
    await store.close();
  });

  it('spends no room on how an answer ended, where it ended by itself', async () => {
    const store = await openAnswerStore(folder);
    await store.put('ended', answer('stop'));
    await store.put('cut', answer('length'));
    await store.close();
    expect(await writtenUnder('ended')).not.toContain('finishReason');
    expect(await writtenUnder('cut')).toContain('"finishReason":"length"');
  });

  it.each(['stop', 'length'])(
    'takes the text of an answer as it is, which ended by %s',
    async (finishReason) => {
      const store = await openAnswerStore(folder);
      await store.put('one', answer(finishReason));
      await store.putTexts([
        ['other', Buffer.from(answerText(answer(finishReason)).slice(0, -1) + endWithTime())],
        ['broken', Buffer.from('{"text":')],
        ['no answer', Buffer.from('"words"')],
      ]);
      const { at, ...other } = store.get('other') as Answer & { at?: number };
      expect(at).toBeGreaterThan(1_700_000_000);
      expect(store.get('one')).toMatchObject(other);
      expect([store.get('broken'), store.get('no answer')]).toEqual([undefined, undefined]);
      await store.close();
      const [one, text] = [await writtenUnder('one'), await writtenUnder('other')];
      expect(text.replace(/"at":\d+/, '')).toBe(one.replace(/"at":\d+/, ''));
    },
  );
});
