import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import type { Dedupe } from '../../src/core/config.js';
import { builtInRegistries } from '../../src/plugins/registries.js';
import { dedupeSeed } from '../../src/seeds/dedupe.js';
import { folderWith, openSeed, readSeed, removeFolders, type Files } from './support.js';
import { databaseBytes, OPENCODE } from './databases.js';

afterAll(removeFolders);

const identify = builtInRegistries.seedTypes.get('agent_rollout')?.identify;

/** The ids of the rows that are left of a home, and why others were left out; names of files in place of paths. */
async function leftOf(files: Files, dedupe: Dedupe = true) {
  const homeDir = folderWith(files);
  const hasHome = Object.keys(files).some((path) => path.startsWith('.'));
  const opened = await openSeed(hasHome ? {} : { path: homeDir }, { homeDir });
  if (!opened.ok || !identify) throw new Error('the home cannot be read');
  const { rows, notes } = await readSeed(await dedupeSeed(opened.value, identify, dedupe));
  const short = (text: unknown): string => String(text).replaceAll(`${homeDir}/`, '').replaceAll('~/', '');
  return {
    kept: rows.map((row) => short(row['source_path'])),
    notes: notes.map(({ source, reason }) => `${short(source)}: ${short(reason)}`),
  };
}

const ID = '0195c3a1-7d44-7a0e-9f0e-6a1f52d3c0a1';
const OTHER = '0195c3a2-11aa-7f36-b0c4-7f60a9d1b213';

const codexLine = (role: string, text: string): JsonObject => ({
  type: 'response_item',
  payload: { type: 'message', role, content: [{ type: 'input_text', text }] },
});
const codex = (id: string, ...texts: readonly string[]): readonly JsonObject[] => [
  { type: 'session_meta', payload: { id } },
  ...texts.map((text, at) => codexLine(at % 2 === 0 ? 'user' : 'assistant', text)),
];
const linesOf = (records: readonly JsonObject[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

const claude = (sessionId: string, texts: readonly string[], extra: JsonObject = {}): readonly JsonObject[] =>
  texts.map((text, at) => ({
    type: at % 2 === 0 ? 'user' : 'assistant',
    sessionId,
    uuid: `u${at}`,
    parentUuid: at === 0 ? null : `u${at - 1}`,
    message: { role: at % 2 === 0 ? 'user' : 'assistant', content: [{ type: 'text', text }] },
    ...extra,
  }));

describe('a session that is found twice', () => {
  it('archived, and still where it was', async () => {
    const file = `rollout-2026-05-04T09-00-00-${ID}.jsonl`;
    expect(
      await leftOf({
        [`.codex/sessions/2026/05/04/${file}`]: codex(ID, 'one', 'two'),
        [`.codex/archived_sessions/${file}`]: codex(ID, 'one', 'two', 'three'),
      }),
    ).toEqual({
      kept: [`.codex/archived_sessions/${file}`],
      notes: [
        `.codex/sessions/2026/05/04/${file}: a copy of a longer or equal conversation in .codex/archived_sessions/${file} (same id)`,
      ],
    });
  });

  it('compressed, in the same folder or in another', async () => {
    const file = `rollout-2026-05-04T09-00-00-${ID}.jsonl`;
    const packed = gzipSync(linesOf(codex(ID, 'one', 'two')));
    const { kept, notes } = await leftOf({
      [`.codex/sessions/${file}`]: codex(ID, 'one', 'two'),
      [`.codex/sessions/${file}.zst`]: packed,
      [`.codex/archived_sessions/${file}.zst`]: packed,
    });
    expect([kept, notes.length]).toEqual([[`.codex/sessions/${file}`], 1]);
  });

  it('compressed, of a tool that does not compress its sessions', async () => {
    const packed = gzipSync(linesOf(claude(ID, ['one', 'two'])));
    const { kept, notes } = await leftOf({
      [`.claude/projects/p/${ID}.jsonl.gz`]: packed,
      [`.claude/projects/q/${OTHER}.jsonl`]: claude(OTHER, ['hello']),
    });
    expect([kept, notes]).toEqual([
      [`.claude/projects/p/${ID}.jsonl.gz`, `.claude/projects/q/${OTHER}.jsonl`],
      [],
    ]);
  });

  it('resumed: the later file begins with a copy of the earlier', async () => {
    const { kept, notes } = await leftOf({
      [`.claude/projects/p/${ID}.jsonl`]: claude(ID, ['one', 'two']),
      [`.claude/projects/p/${OTHER}.jsonl`]: [
        ...claude(ID, ['one', 'two']),
        { ...claude(OTHER, ['one', 'two', 'three'])[2] },
      ],
    });
    expect(kept).toEqual([`.claude/projects/p/${OTHER}.jsonl`]);
    expect(notes[0]).toContain('(its beginning)');
  });

  it('forked: both went on, and both stay; by content the shorter goes', async () => {
    const files = {
      [`.claude/projects/p/${ID}.jsonl`]: claude(ID, ['one', 'two', 'three', 'four', 'five']),
      [`.claude/projects/p/${OTHER}.jsonl`]: claude(OTHER, ['one', 'two', 'three', 'else'], {
        forkedFrom: { sessionId: ID, messageUuid: 'u2' },
      }),
    };
    expect((await leftOf(files)).kept).toHaveLength(2);
    const { kept, notes } = await leftOf(files, { by: 'content', share: 0.7 });
    expect(kept).toEqual([`.claude/projects/p/${ID}.jsonl`]);
    expect(notes[0]).toContain('3 of its 4 messages are in ');
  });

  it('in the database, and exported', async () => {
    const session = 'ses_7fa1b2c3dffe0123456789abcd';
    const exported = {
      info: { id: session, directory: '/srv', time: { created: 1, updated: 2 } },
      messages: [{ info: { id: 'msg_1', role: 'user' }, parts: [{ type: 'text', text: 'hi' }] }],
    };
    const { kept, notes } = await leftOf({
      'opencode.db': databaseBytes(OPENCODE.replaceAll('ses_1', session)),
      'export.json': exported,
    });
    expect([kept, notes.length]).toEqual([['opencode.db'], 1]);
    expect(notes[0]).toContain('(same id)');
  });
});

describe('sessions that only look like one', () => {
  const answer = (text: string): JsonObject => ({
    messages: [
      { role: 'user', content: 'What is dd?' },
      { role: 'assistant', content: text },
    ],
  });
  const files = {
    'a.jsonl': [
      { id: '1', ...answer('A tool.') },
      { id: '2', ...answer('A disk.') },
    ],
    'b.jsonl': [{ id: '1', ...answer('A program.') }],
  };

  it('have a number as their id in two datasets, and both stay', async () => {
    expect(await leftOf(files)).toEqual({ kept: ['a.jsonl', 'a.jsonl', 'b.jsonl'], notes: [] });
    const { kept, notes } = await leftOf(files, { by: 'trace_id' });
    expect(kept).toEqual(['a.jsonl', 'a.jsonl']);
    expect(notes).toEqual(['b.jsonl: a copy of a longer or equal conversation in a.jsonl (1) (same id)']);
  });

  it('are two attempts at one task, in files of the same name', async () => {
    const attempt = (text: string): JsonObject => ({
      trajectory: [{ action: 'ls', observation: text }],
      history: [
        { role: 'user', content: 'Fix it' },
        { role: 'assistant', content: text },
      ],
    });
    const { kept, notes } = await leftOf({
      'run-1/dev__harbor-12.traj': attempt('done'),
      'run-2/dev__harbor-12.traj': attempt('I gave up'),
      'run-3/dev__harbor-12.traj': attempt('done'),
    });
    expect(kept).toEqual(['run-1/dev__harbor-12.traj', 'run-2/dev__harbor-12.traj']);
    expect(notes).toHaveLength(1);
  });
});
