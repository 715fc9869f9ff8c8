import { cpSync, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import type { SeedContext, SeedListing } from '../../src/seeds/types.js';
import type { Machine, RolloutFormat } from '../../src/traces/format.js';
import { builtInFormats } from '../../src/traces/formats/index.js';
import { createAgentRollout } from '../../src/traces/seed.js';
import { allFormats, folderWith, readAll, removeFolders } from './support.js';

afterAll(removeFolders);

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'traces');

async function list(source: JsonObject, context: Partial<SeedContext> = {}): Promise<SeedListing> {
  const listed = await createAgentRollout(builtInFormats).list?.(source, {
    baseDir: '/',
    env: {},
    homeDir: '/nonexistent',
    ...context,
  });
  if (!listed?.ok) throw new Error(listed?.error.message ?? 'cannot be listed');
  return listed.value;
}

/** Formats, with the number of sessions of each. */
function sessionsOf({ sources }: SeedListing): Readonly<Record<string, number | null>> {
  return Object.fromEntries(sources.map(({ format, sessions }) => [format, sessions]));
}

/** Puts the examples of every format where the tool keeps its sessions. */
function furnish(machine: Machine): readonly string[] {
  return allFormats.filter((format) => putExamples(format, machine)).map(({ name }) => name);
}

function putExamples(format: RolloutFormat, machine: Machine): boolean {
  const examples = join(EXAMPLES, format.name);
  const folder = format.defaultFolders(machine).find((path) => !/\.(?:db|sqlite3?)$/.test(path));
  if (folder === undefined || !existsSync(examples)) return false;
  const same = join(examples, basename(folder));
  cpSync(existsSync(same) ? same : examples, folder, { recursive: true });
  return true;
}

/** Whatever variable a format asks for leads to a folder of its own. */
const everyVariable = (home: string): Machine['env'] =>
  new Proxy<Record<string, string>>({}, { get: (_, name) => join(home, 'variables', String(name)) });

/** Every file below a folder, with its size and time. */
function stateOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => {
    const { size, mtimeMs } = statSync(join(folder, path));
    return `${path} ${size} ${mtimeMs}`;
  });
}

describe.each([
  ['in their default places', (): Machine['env'] => ({})],
  ['where the variables say', everyVariable],
])('the sessions of every tool, %s', (_, envOf) => {
  const homeDir = folderWith({});
  const machine = { homeDir, env: envOf(homeDir) };
  const tools = furnish(machine);
  const before = stateOf(homeDir);

  it('are listed, and as many as are read; nothing is written', async () => {
    expect(tools.length).toBeGreaterThanOrEqual(8);
    const listing = await list({}, machine);
    const { rows } = await readAll({}, machine);
    const read = new Map<string, Set<unknown>>();
    for (const row of rows) {
      const kind = String(row['source_kind']);
      read.set(kind, (read.get(kind) ?? new Set()).add(row['root_session_id']));
    }
    expect(Object.keys(sessionsOf(listing)).toSorted()).toEqual([...tools].toSorted());
    expect(sessionsOf(listing)).toEqual(Object.fromEntries([...read].map(([kind, ids]) => [kind, ids.size])));
    expect(new Set(rows.map((row) => row['trace_id'])).size).toBe(rows.length);
    expect(stateOf(homeDir)).toEqual(before);
  });
});

const said = (sessionId: string, text: string): JsonObject => ({
  type: 'user',
  sessionId,
  uuid: `${sessionId} ${text.length}`,
  message: { role: 'user', content: text },
});
const chat = (text: string): JsonObject => ({ messages: [{ role: 'user', content: text }] });

describe('a listing', () => {
  it('reads the beginning of a session, all of a dataset, and no document of a tool', async () => {
    const homeDir = folderWith({
      '.claude/projects/p/a.jsonl': [said('a', 'hi'), said('a', 'x'.repeat(40_000)), said('b', 'not read')],
      '.cline/data/tasks/1778061600000/api_conversation_history.json': 'not read',
      'chats.jsonl': [chat('x'.repeat(40_000)), chat('b'), chat('c')],
    });
    expect(sessionsOf(await list({}, { homeDir }))).toEqual({ claude_code: 1, cline: 1 });
    expect(sessionsOf(await list({ path: homeDir }))).toEqual({ claude_code: 1, chat_completion_jsonl: 3 });
  });

  it('goes on where a session begins with a long line, or with no message', async () => {
    const path = folderWith({
      'long.jsonl': [said('a', 'x'.repeat(700_000))],
      'late.jsonl': [
        { type: 'file-history-snapshot', snapshot: { files: 'x'.repeat(40_000) } },
        said('b', 'hi'),
      ],
    });
    expect(sessionsOf(await list({ path }))).toEqual({ claude_code: 2 });
  });

  it('counts a session once, with the files of its sub-agents, and adds up their sizes', async () => {
    const path = folderWith({
      'a.jsonl': [said('a', 'hi')],
      'a/subagents/agent-1.jsonl': [{ ...said('a', 'task'), isSidechain: true, agentId: '1' }],
    });
    const { sources } = await list({ path });
    const files = ['a.jsonl', 'a/subagents/agent-1.jsonl'].map((file) => statSync(join(path, file)));
    expect(sources).toEqual([
      {
        format: 'claude_code',
        folder: path,
        sessions: 1,
        files: 2,
        bytes: files.reduce((sum, { size }) => sum + size, 0),
        newest: new Date(Math.max(...files.map(({ mtimeMs }) => mtimeMs))).toISOString(),
      },
    ]);
  });

  it('says where it looked on a machine without sessions', async () => {
    const { sources, looked_at: places } = await list({}, { homeDir: folderWith({}) });
    expect(sources).toEqual([]);
    expect(places?.map(({ format }) => format)).toEqual(
      allFormats.flatMap(({ name, defaultFolders }) =>
        defaultFolders({ env: {}, homeDir: '/' }).map(() => name),
      ),
    );
    expect(places?.[0]).toEqual({ format: 'claude_code', folder: '~/.claude/projects' });
  });

  it('says what is no session', async () => {
    const path = folderWith({ 'a.jsonl': [said('a', 'hi')], 'b.json': { loss: 1 }, 'empty.jsonl': '' });
    const { sources, notes } = await list({ path });
    expect([sources.length, notes.length]).toEqual([1, 2]);
  });

  it('of a single file is that file', async () => {
    const folder = folderWith({ 'a.jsonl': [said('a', 'hi')], 'b.jsonl': [said('b', 'hi')] });
    const path = join(folder, 'a.jsonl');
    const { sources } = await list({ path });
    expect(sources.map(({ folder: place, sessions }) => [place, sessions])).toEqual([[path, 1]]);
    expect(dirname(path)).toBe(folder);
  });
});
