import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import type { SeedContext } from '../../src/seeds/types.js';
import { summariseNotes } from '../../src/seeds/notes.js';
import { builtInFormats } from '../../src/traces/formats/index.js';
import { asNobody } from './nobody.js';
import { allFormats, folderWith, openSeed, readAll, removeFolders } from '../traces/support.js';

afterAll(removeFolders);

const CLAUDE = [{ type: 'user', sessionId: 'cc', uuid: '1', message: { content: 'hi' } }];
const CODEX = [
  { type: 'session_meta', payload: { id: 'cx' } },
  { type: 'response_item', payload: { type: 'message', role: 'user', content: 'hi' } },
];
const HERMES_CLI = { session_id: 'hc', messages: [{ role: 'user', content: 'hi' }] };
const HERMES_GATEWAY = [{ role: 'user', content: 'hi' }];
const PI = [
  { type: 'session', id: 'pi' },
  { type: 'message', message: { role: 'user', content: 'hi' } },
];
const ATIF = {
  schema_version: 'ATIF-v1.4',
  session_id: 'at',
  agent: { name: 'a' },
  steps: [{ source: 'user', message: 'hi' }],
};

const GEMINI = { sessionId: 'ge', projectHash: 'x', messages: [{ id: '1', type: 'user', content: 'hi' }] };
const CHAT = [{ id: 'ch', messages: [{ role: 'user', content: 'hi' }] }];

function linesOf(records: readonly JsonObject[]): string {
  return records.map((record) => JSON.stringify(record)).join('\n');
}

async function errorOf(source: JsonObject, context: Partial<SeedContext> = {}): Promise<JsonObject> {
  const opened = await openSeed(source, context);
  return opened.ok ? {} : { ...opened.error };
}

describe('a format with a folder', () => {
  it('reads files whose names came in capitals, and those that only another format has for an index', async () => {
    const claude = folderWith({ 'A.JSONL': `${linesOf(CLAUDE)}\n` });
    expect((await readAll({ format: 'claude_code', path: claude })).rows).toHaveLength(1);
    const atif = folderWith({ 'sessions.json': ATIF });
    expect((await readAll({ format: 'atif', path: atif })).rows).toHaveLength(1);
  });
});

it('a folder that only holds files of other names says so', async () => {
  const path = folderWith({ 'a.jsonl': CODEX });
  expect(await errorOf({ format: 'codex', path })).toMatchObject({
    message: expect.stringContaining('left out: not named like a trace of codex (a.jsonl)'),
  });
});

describe('auto with a folder', () => {
  it('tells the files apart by what is in them, whatever they are called', async () => {
    const path = folderWith({
      'a.jsonl': CLAUDE,
      'b/session.jsonl': CODEX,
      'c.json': HERMES_CLI,
      'd.jsonl': HERMES_GATEWAY,
      'e.jsonl': PI,
      'f.json': ATIF,
      'g.json': GEMINI,
      'h.jsonl': CHAT,
    });
    const { rows, notes } = await readAll({ path });
    expect(rows.map((row) => [row['source_kind'], row['trace_id']])).toEqual([
      ['claude_code', 'cc'],
      ['codex', 'cx'],
      ['hermes_agent', 'hc'],
      ['hermes_agent', 'd'],
      ['pi_coding_agent', 'pi'],
      ['atif', 'at'],
      ['gemini_cli', 'ge'],
      ['chat_completion_jsonl', 'ch'],
    ]);
    expect(notes).toEqual([]);
  });

  it('notes what is no trace, once for files of the same kind', async () => {
    const path = folderWith({
      'a.jsonl': CLAUDE,
      'package.json': { name: 'x' },
      'list.json': '[1]',
      'data/metrics.jsonl': [{ loss: 1 }],
      'data/more.jsonl': [{ loss: 2 }],
      'data/users.jsonl': [{ type: 'user', name: 'Zoe' }],
      'readme.txt': 'no trace either, but not named like one',
    });
    const { rows, notes } = await readAll({ path });
    expect(rows).toHaveLength(1);
    const unknown = (seen: string, ...files: readonly string[]) => ({
      kind: 'filtered',
      reason: `not a trace of a known format (${seen})`,
      count: files.length,
      sources: files.map((name) => join(path, name)),
    });
    expect(summariseNotes(notes)).toEqual([
      { kind: 'note', reason: 'not looked at: 1 .txt', count: 1, sources: [path] },
      unknown('.jsonl, keys loss', 'data/metrics.jsonl', 'data/more.jsonl'),
      unknown('.jsonl, keys type, name', 'data/users.jsonl'),
      { kind: 'filtered', reason: 'not a JSON object', count: 1, sources: [join(path, 'list.json')] },
      unknown('.json, keys name', 'package.json'),
    ]);
  });
});

describe('auto without a folder', () => {
  it('reads every default folder that exists, each with its format', async () => {
    const homeDir = folderWith({
      '.claude/projects/p/a.jsonl': CLAUDE,
      '.codex/sessions/2026/01/01/rollout-a.jsonl': CODEX,
      '.hermes/sessions/d.jsonl': HERMES_GATEWAY,
      '.pi/agent/sessions/p/e.jsonl': PI,
      '.gemini/tmp/p/chats/session-1.json': GEMINI,
    });
    const { rows } = await readAll({ format: 'auto', path: null }, { homeDir });
    expect(rows.map((row) => row['source_kind'])).toEqual([
      'claude_code',
      'codex',
      'hermes_agent',
      'pi_coding_agent',
      'gemini_cli',
    ]);
  });

  it('does without the folders that do not exist', async () => {
    const homeDir = folderWith({ '.codex/sessions/rollout-a.jsonl': CODEX });
    const { rows } = await readAll({}, { homeDir });
    expect(rows.map((row) => row['trace_id'])).toEqual(['cx']);
  });

  it('says where it looked when there is none', async () => {
    expect(await errorOf({})).toEqual({
      key: 'path',
      message:
        'there is no trace folder on this machine: no tool has one in its default place; dd seed --list shows these places',
      hint: 'give the folder that holds the trace files',
    });
  });
});

describe('default folders', () => {
  it('are those of the tools', () => {
    const folders = allFormats.flatMap((format) => format.defaultFolders({ env: {}, homeDir: '~' }));
    expect(folders).toEqual(
      expect.arrayContaining([
        '~/.claude/projects',
        '~/.codex/sessions',
        '~/.codex/archived_sessions',
        '~/.hermes/sessions',
        '~/.pi/agent/sessions',
        '~/.gemini/tmp',
      ]),
    );
  });

  it.each([
    ['claude_code', 'CLAUDE_CONFIG_DIR', 'projects/p/a.jsonl', CLAUDE],
    ['codex', 'CODEX_HOME', 'sessions/rollout-a.jsonl', CODEX],
    ['hermes_agent', 'HERMES_HOME', 'sessions/d.jsonl', HERMES_GATEWAY],
    ['pi_coding_agent', 'PI_CODING_AGENT_DIR', 'sessions/p/e.jsonl', PI],
    ['pi_coding_agent', 'PI_CODING_AGENT_SESSION_DIR', 'e.jsonl', PI],
    ['gemini_cli', 'GEMINI_CLI_HOME', '.gemini/tmp/p/chats/session-1.json', GEMINI],
  ] as readonly (readonly [string, string, string, Json])[])(
    'of %s follow %s',
    async (format, variable, file, content) => {
      const moved = folderWith({ [file]: content });
      const { rows } = await readAll({ format }, { env: { [variable]: moved } });
      expect(rows).toMatchObject([{ source_kind: format, source_path: join(moved, file) }]);
    },
  );

  it('of codex are two: archived sessions are moved to another', async () => {
    const homeDir = folderWith({
      '.codex/sessions/2026/01/01/rollout-a.jsonl': CODEX,
      '.codex/archived_sessions/rollout-b.jsonl': [
        { type: 'session_meta', payload: { id: 'old' } },
        CODEX[1] ?? {},
      ],
    });
    const { rows } = await readAll({ format: 'codex' }, { homeDir });
    expect(rows.map((row) => row['trace_id'])).toEqual(['cx', 'old']);
    const moved = await readAll(
      {},
      { homeDir: '/nonexistent', env: { CODEX_HOME: join(homeDir, '.codex') } },
    );
    expect(moved.rows).toEqual(rows);
  });

  it.each(['atif', 'chat_completion_jsonl'])(
    'are asked for instead where there are none, as for %s',
    async (format) => {
      expect(await errorOf({ format })).toEqual({
        key: 'path',
        message: `the format ${format} has no default folder`,
        hint: 'give the folder that holds the trace files',
      });
    },
  );

  it('that cannot be read are noted, and the others read', async () => {
    const homeDir = folderWith({
      '.claude/projects/p/a.jsonl': CLAUDE,
      '.codex/sessions/rollout-a.jsonl': CODEX,
    });
    chmodSync(homeDir, 0o755);
    chmodSync(join(homeDir, '.codex'), 0o000);
    const { rows, notes } = await asNobody(() => readAll({}, { homeDir }));
    chmodSync(join(homeDir, '.codex'), 0o755);
    expect(rows.map((row) => row['source_kind'])).toEqual(['claude_code']);
    expect(notes.map(({ source, reason }) => `${source} ${reason}`)).toEqual([
      '~/.codex/sessions the folder cannot be read (EACCES)',
      '~/.codex/archived_sessions the folder cannot be read (EACCES)',
    ]);
  });

  it('are named when they do not exist', async () => {
    const { message } = await errorOf({ format: 'codex' });
    expect(message).toBe('the folder ~/.codex/sessions does not exist (the default folder of codex)');
  });
});

describe('the folder', () => {
  it('may be relative to the recipe or start with ~', async () => {
    const base = folderWith({ 'traces/a.jsonl': CLAUDE });
    const relative = await readAll({ path: 'traces' }, { baseDir: base });
    const atHome = await readAll({ path: '~/traces' }, { homeDir: base });
    const paths = [...relative.rows, ...atHome.rows].map((row) => row['source_path']);
    expect(paths).toEqual([join(base, 'traces/a.jsonl'), join(base, 'traces/a.jsonl')]);
  });

  it('must exist, be no pipe and have a name', async () => {
    const base = folderWith({ 'a.jsonl': CLAUDE });
    execFileSync('mkfifo', [join(base, 'fifo.jsonl')]);
    const messageOf = async (path: Json): Promise<Json | undefined> =>
      (await errorOf({ path }, { baseDir: base }))['message'];
    expect(await messageOf('missing')).toBe(
      `the folder missing does not exist; looked at ${join(base, 'missing')}`,
    );
    expect(await messageOf('fifo.jsonl')).toBe(
      `fifo.jsonl is neither a folder nor a file; looked at ${join(base, 'fifo.jsonl')}`,
    );
    expect(await messageOf('a.jsonl/b')).toBe('the folder a.jsonl/b cannot be read (ENOTDIR)');
    expect(await messageOf(' ')).toBe('the folder is an empty text');
    expect(await messageOf([])).toBe('the list of folders is empty');
  });

  it('must be readable when it is the only one', async () => {
    const path = folderWith({ 'a.jsonl': CLAUDE });
    chmodSync(path, 0o000);
    const opened = await asNobody(() => openSeed({ path }));
    chmodSync(path, 0o755);
    expect(opened).toMatchObject({
      error: { key: 'path', message: `the folder ${path} cannot be read (EACCES)` },
    });
  });

  it('must hold files of the pattern', async () => {
    const path = folderWith({ 'a.txt': 'x', 'sub/a.jsonl': CLAUDE });
    expect(await errorOf({ format: 'codex', path, file_pattern: '*.log' })).toMatchObject({
      key: 'path',
      message: `there are no trace files in ${path} (*.log)`,
    });
    expect(await errorOf({ format: 'claude_code', path, recursive: false })).toMatchObject({
      message: `there are no trace files directly in ${path} (*.jsonl); not looked at: 1 .txt`,
    });
  });
});

describe('several folders', () => {
  const idsOf = async (source: JsonObject, baseDir: string): Promise<readonly unknown[]> =>
    (await readAll(source, { baseDir })).rows.map((row) => row['trace_id']);

  it('are read one after the other, relative to the recipe or from home', async () => {
    const base = folderWith({ 'one/a.jsonl': CLAUDE, 'two/rollout-b.jsonl': CODEX });
    const { rows } = await readAll({ path: ['two', '~/one'] }, { baseDir: base, homeDir: base });
    expect(rows.map((row) => row['trace_id'])).toEqual(['cx', 'cc']);
  });

  it('must all exist; those that do not are all named', async () => {
    const base = folderWith({ 'one/a.jsonl': CLAUDE });
    expect(await errorOf({ path: ['x', 'one', 'y'] }, { baseDir: base })).toEqual({
      key: 'path',
      message: `the folder x does not exist; looked at ${join(base, 'x')}; the folder y does not exist; looked at ${join(base, 'y')}`,
    });
  });

  it('give a file once, however they overlap', async () => {
    const base = folderWith({ 'one/a.jsonl': CLAUDE, 'one/two/rollout-b.jsonl': CODEX, 'three/e.jsonl': PI });
    symlinkSync(join(base, 'one'), join(base, 'alias'));
    const all = ['cc', 'cx'];
    expect(await idsOf({ path: ['one', 'one'] }, base)).toEqual(all);
    expect(await idsOf({ path: ['one/two', 'one'] }, base)).toEqual(all);
    expect(await idsOf({ path: ['alias', 'one/../one'] }, base)).toEqual(all);
    expect(await idsOf({ path: ['one/two/rollout-b.jsonl', 'one'] }, base)).toEqual(['cx', 'cc']);
    expect(await idsOf({ path: ['one', 'one/two'], recursive: false }, base)).toEqual(all);
    expect(await idsOf({ path: ['one', '.'] }, base)).toEqual([...all, 'pi']);
  });

  it('tell of a link whose file is read anyway', async () => {
    const base = folderWith({ 'one/b.jsonl': CLAUDE, 'two/c.txt': linesOf(PI) });
    symlinkSync(join(base, 'one/b.jsonl'), join(base, 'two/a.jsonl'));
    symlinkSync(join(base, 'two/c.txt'), join(base, 'two/c.jsonl'));
    const { rows, notes } = await readAll({ path: [join(base, 'two'), join(base, 'one')] });
    expect(rows.map((row) => row['source_path'])).toEqual([
      join(base, 'two/c.jsonl'),
      join(base, 'one/b.jsonl'),
    ]);
    expect(notes).toEqual([
      {
        kind: 'filtered',
        source: join(base, 'two/a.jsonl'),
        reason: 'is a link to a file that is read anyway',
        count: 1,
      },
    ]);
  });
});

describe('a file', () => {
  it('may be given instead of a folder, whatever it is called; no other is read', async () => {
    for (const format of ['codex', 'auto']) {
      const path = join(
        folderWith({ 'sub/notes.txt': linesOf(CODEX), 'sub/rollout-b.jsonl': CODEX }),
        'sub/notes.txt',
      );
      const { rows, notes } = await readAll({ format, path });
      expect(rows).toMatchObject([{ trace_id: 'cx', source_path: path }]);
      expect(notes).toEqual([]);
    }
  });

  it('has the facts of the index beside it', async () => {
    const path = folderWith({
      'p/a.jsonl': CLAUDE,
      'p/sessions-index.json': { entries: [{ sessionId: 'cc', summary: 'A greeting' }] },
    });
    const { rows } = await readAll({ format: 'claude_code', path: join(path, 'p/a.jsonl') });
    expect(rows[0]?.['source_meta']).toMatchObject({ summary: 'A greeting' });
  });
});

describe('files', () => {
  it('come in code-point order of their paths', async () => {
    const names = [
      'b.jsonl',
      'a/x.jsonl',
      'a.jsonl/x.jsonl',
      'a-b/x.jsonl',
      'Z.jsonl',
      'é.jsonl',
      '\u{1F600}.jsonl',
      '\uFF5E.jsonl',
    ];
    const path = folderWith(Object.fromEntries(names.map((name) => [name, CLAUDE])));
    const { rows } = await readAll({ format: 'claude_code', path });
    expect(rows.map((row) => String(row['source_path']).slice(path.length + 1))).toEqual([
      'Z.jsonl',
      'a-b/x.jsonl',
      'a.jsonl/x.jsonl',
      'a/x.jsonl',
      'b.jsonl',
      'é.jsonl',
      '\uFF5E.jsonl',
      '\u{1F600}.jsonl',
    ]);
  });

  it('are chosen by base name: *, ?, sets, and nothing else is special', async () => {
    const names = ['a1.jsonl', 'a2.jsonl', 'b1.jsonl', 'a+1.jsonl', '.a1.jsonl'];
    const path = folderWith(Object.fromEntries(names.map((name) => [name, CLAUDE])));
    const chosen = async (file_pattern: string): Promise<readonly string[]> =>
      (await readAll({ format: 'claude_code', path, file_pattern })).rows.map((row) =>
        String(row['source_path']).slice(path.length + 1),
      );
    expect(await chosen('a?.jsonl')).toEqual(['a1.jsonl', 'a2.jsonl']);
    expect(await chosen('[!b]1*')).toEqual(['a1.jsonl']);
    expect(await chosen('a+1.jsonl')).toEqual(['a+1.jsonl']);
    expect(await chosen('*1.jsonl')).toEqual(['.a1.jsonl', 'a+1.jsonl', 'a1.jsonl', 'b1.jsonl']);
  });

  it('that a format does not own by name are noted once', async () => {
    const path = folderWith({ 'rollout-a.jsonl': CODEX, 'b.jsonl': CODEX, 'c.jsonl': CODEX });
    const { rows, notes } = await readAll({ format: 'codex', path });
    expect(rows).toHaveLength(1);
    expect(notes).toEqual([
      {
        kind: 'filtered',
        source: path,
        reason: 'not named like a trace of codex (b.jsonl, c.jsonl)',
        count: 2,
      },
    ]);
  });
});

describe('mistakes in the source', () => {
  it('are reported with the key they are in', async () => {
    expect(await errorOf({ format: 'curser' })).toMatchObject({
      key: 'format',
      message: 'unknown format "curser"',
      hint: `one of ${['auto', ...builtInFormats.map(({ name }) => name)].join(', ')}`,
    });
    for (const file_pattern of [' ', 'a/*.jsonl', 'a\\b', '[z-a]']) {
      expect(await errorOf({ file_pattern })).toMatchObject({ key: 'file_pattern' });
    }
  });
});
