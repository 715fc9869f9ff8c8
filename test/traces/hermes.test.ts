import { afterAll, describe, expect, it } from '@jest/globals';
import { folderWith, metaOf, outline, readAll, removeFolders, rowOfFile } from './support.js';

afterAll(removeFolders);

describe('Hermes Agent', () => {
  const tools = [{ type: 'function', function: { name: 'terminal' } }];

  it('reads a gateway transcript that opens with session_meta, and keeps what that says', async () => {
    const row = await rowOfFile('hermes_agent', 'g.jsonl', [
      { role: 'session_meta', model: 'm', platform: 'telegram', tools, timestamp: '2026-01-01T00:00:00' },
      { role: 'user', content: 'q', timestamp: '2026-01-01T00:00:01' },
      { role: 'assistant', content: 'a', timestamp: '2026-01-01T00:00:02' },
    ]);
    expect(outline(row)).toEqual(['user: q', 'assistant: a']);
    expect(metaOf(row)).toMatchObject({
      model: 'm',
      platform: 'telegram',
      available_tool_names: ['terminal'],
    });
    expect(row).toMatchObject({ started_at: '2026-01-01T00:00:00', ended_at: '2026-01-01T00:00:02' });
  });

  it('counts what is no message, and takes no time for one that is none', async () => {
    const { rows, notes } = await readAll({
      format: 'hermes_agent',
      path: folderWith({
        'session_s.json': {
          session_id: 's',
          session_start: 'yesterday',
          last_updated: '2026-01-01 10:00:00+02:00',
          messages: ['hello', { role: 'user', content: 'q' }, 7],
        },
      }),
    });
    expect(rows).toMatchObject([
      {
        started_at: null,
        ended_at: '2026-01-01T08:00:00Z',
        source_meta: { record_count: 3, skipped_records: 2 },
      },
    ]);
    expect(notes).toMatchObject([{ kind: 'skipped', reason: 'messages that are no objects', count: 2 }]);
  });

  it('prefers what the index says about a gateway session', async () => {
    const { rows } = await readAll({
      format: 'hermes_agent',
      path: folderWith({
        'g.jsonl': [
          { role: 'session_meta', platform: 'x' },
          { role: 'user', content: 'q' },
        ],
        'sessions.json': {
          key: {
            session_id: 'g',
            created_at: '2026-01-01T00:00:00',
            updated_at: '2026-01-02T02:00:00+02:00',
            platform: 'slack',
          },
        },
      }),
    });
    expect(rows).toMatchObject([
      {
        started_at: '2026-01-01T00:00:00',
        ended_at: '2026-01-02T00:00:00Z',
        source_meta: { session_key: 'key', platform: 'slack' },
      },
    ]);
  });

  it('skips messages with an unknown role and results without an id, and keeps the rest', async () => {
    const { rows, notes } = await readAll({
      format: 'hermes_agent',
      path: folderWith({
        'session_1.json': {
          session_id: 's',
          messages: [
            { role: 'user', content: 'q' },
            { role: 'narrator', content: 'x' },
            { role: 'tool', content: 'x' },
            { role: 'assistant', content: 'a' },
          ],
        },
      }),
    });
    expect(rows.map(outline)).toEqual([['user: q', 'assistant: a']]);
    expect(metaOf(rows[0])['skipped_records']).toBe(2);
    expect(notes).toHaveLength(2);
  });

  it('reads reasoning under either name, and numeric ids', async () => {
    const row = await rowOfFile('hermes_agent', 'g.jsonl', [
      { role: 'assistant', content: '', reasoning_content: 'why', tool_calls: [{ id: 7, name: 'f' }] },
      { role: 'tool', tool_call_id: 7, content: 'r' },
    ]);
    expect(outline(row)).toEqual(['assistant: (why)  +7', 'tool 7: r']);
  });
});
