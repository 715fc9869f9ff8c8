import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readEntry, type TraceFileEntry } from '../../src/seeds/agent-rollout/read-entry.js';
import { readInThread } from '../../src/seeds/agent-rollout/reading-helper.js';
import type { SeedEntryRows } from '../../src/seeds/types.js';
import { folderWith, removeFolders } from './support.js';

afterAll(removeFolders);

/** A session of Claude Code of about so many characters. */
function session(id: string, length: number): string {
  const base = { sessionId: id, timestamp: '2026-01-01T00:00:00.000Z', cwd: '/w' };
  const text = `${id} – `.repeat(length / (id.length + 3));
  return [
    { ...base, type: 'user', uuid: `${id}-1`, parentUuid: null, message: { role: 'user', content: 'hi' } },
    {
      ...base,
      type: 'assistant',
      uuid: `${id}-2`,
      parentUuid: `${id}-1`,
      message: { role: 'assistant', id: 'm', content: [{ type: 'text', text }] },
    },
  ]
    .map((record) => `${JSON.stringify(record)}\n`)
    .join('');
}

describe('reading in a thread', () => {
  it('gives what reading here gives, of good files and bad ones', async () => {
    const folder = folderWith({
      'a.jsonl': session('a', 1000),
      'b.jsonl': `${session('b', 1000)}{"type":"us`,
      'c.jsonl': 'not JSON\n',
      'd.jsonl': '',
      'e.jsonl': `{"__proto__":{"x":1}}\n${session('e', 10)}`,
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
    expect(first).toEqual(here);
    expect(second).toEqual(here.slice(0, 2));
  });
});
