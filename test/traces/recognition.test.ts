import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { recogniseFormat } from '../../src/traces/format.js';
import { createContentReader } from '../../src/traces/reading/read-content.js';
import { allFormats, folderWith, outline, readAll, removeFolders } from './support.js';

afterAll(removeFolders);

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'traces');
const readContent = createContentReader(allFormats);

const FILES = allFormats.flatMap((format) =>
  readdirSync(join(EXAMPLES, format.name), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:jsonl?|traj)$/.test(path) && format.owns(path))
    .filter((path) => !['sessions.json', 'result.json'].some((name) => path.endsWith(name)))
    .map((path) => ({ name: format.name, path })),
);

describe('recognition', () => {
  it.each(FILES)('$path is $name and nothing else', async ({ name, path }) => {
    const { content } = await readContent(join(EXAMPLES, name, path));
    const claimed = allFormats
      .filter((format) => content && format.recognises(content))
      .map((format) => format.name);
    // These documents are chats with further keys.
    const isChat =
      name === 'mini_swe_agent' || (['hermes_agent', 'amp'].includes(name) && path.endsWith('.json'));
    expect(claimed).toEqual(isChat ? [name, 'chat_completion_jsonl'] : [name]);
    expect(content && recogniseFormat(allFormats, content)?.name).toBe(name);
  });

  it('goes by content, whatever the ending', async () => {
    const chat = { messages: [{ role: 'user', content: 'hi' }] };
    const path = folderWith({
      'document.jsonl': JSON.stringify(chat, null, 2),
      'lines.json': `${JSON.stringify(chat)}\n${JSON.stringify(chat)}\n`,
      'list.json': JSON.stringify([chat, chat]),
    });
    const { rows, notes } = await readAll({ path });
    expect(rows.map((row) => [row['trace_id'], ...outline(row)])).toEqual([
      ['document:1', 'user: hi'],
      ['lines:1', 'user: hi'],
      ['lines:2', 'user: hi'],
      ['list:1', 'user: hi'],
      ['list:2', 'user: hi'],
    ]);
    expect(notes).toEqual([]);
  });

  it('uses what it claims: a session without a text, a thought or a call is filtered', async () => {
    const path = folderWith({
      'a.jsonl': [
        { type: 'user', sessionId: 'a', uuid: '1', message: { content: [{ type: 'text', text: '' }] } },
      ],
    });
    const { rows, notes } = await readAll({ path });
    expect([rows.length, notes.map(({ reason }) => reason)]).toEqual([0, ['no messages']]);
  });

  it('says what the only file has that no format knows', async () => {
    const { notes } = await readAll({ path: folderWith({ 'a.json': { loss: 1, step: 2 } }) });
    expect(notes[0]?.reason).toMatch(
      /^not a trace of a known format \(keys loss, step\); known are claude_code, codex,/,
    );
  });
});
