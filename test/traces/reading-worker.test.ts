import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createEntryReader, type TraceFileEntry } from '../../src/traces/reading/read-entry.js';
import { createWorkerReader } from '../../src/traces/reading/worker.js';
import type { SeedEntryRows } from '../../src/seeds/types.js';
import { allFormats, folderWith, removeFolders } from './support.js';

afterAll(removeFolders);

/** A session of Claude Code with one message, of these blocks. */
function session(id: string, ...blocks: readonly string[]): string {
  return `{"type":"user","uuid":"${id}-1","sessionId":"${id}","cwd":"/w","message":{"role":"user","content":[${blocks.join(',')}]}}\n`;
}

const TEXT = '{"type":"text","text":"a – b"}';
/** Kept as it is, with a key that copying could lose and a number that it could change. */
const OTHER = '{"type":"other","__proto__":{"x":1},"y":-0}';

const readEntry = createEntryReader(allFormats);
const readInThread = createWorkerReader(allFormats.map(({ name }) => name));

describe('reading in a worker thread', () => {
  it('gives the same rows as reading in this thread, for good files and bad ones', async () => {
    const folder = folderWith({
      'a.jsonl': session('a', TEXT),
      'b.jsonl': `${session('b', TEXT)}{"type":"us`,
      'c.jsonl': 'not JSON\n',
      'd.jsonl': '',
      'e.jsonl': session('e', TEXT, OTHER),
    });
    const indices = new Map([['claude_code', new Map([['a', { projectPath: '/p', summary: 'about a' }]])]]);
    const entries = [...'abcdex'].map((stem): TraceFileEntry => ({
      path: join(folder, `${stem}.jsonl`),
      source: `traces/${stem}.jsonl`,
      stem,
      format: stem === 'a' ? undefined : 'claude_code',
      indices,
    }));
    const here: SeedEntryRows[] = [];
    for (const entry of entries) here.push(await readEntry(entry));
    expect(here[0]?.rows[0]).toMatchObject({ project_path: '/p', source_meta: { summary: 'about a' } });

    const [first, second] = await Promise.all([readInThread(entries), readInThread(entries.slice(0, 2))]);
    expect(JSON.stringify(here)).toContain('"__proto__":{"x":1}');
    expect(first).toEqual(here);
    expect(JSON.stringify(first)).toBe(JSON.stringify(here));
    expect(second).toEqual(here.slice(0, 2));
  });
});
