import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { summariseNotes } from '../../src/seeds/notes.js';
import { claimants, recordsOf, type TraceContent } from '../../src/traces/format.js';
import { createContentReader } from '../../src/traces/reading/read-content.js';
import { allFormats, folderWith, objects, outline, readAll, removeFolders } from './support.js';

afterAll(removeFolders);

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'traces');
const readContent = createContentReader(allFormats);

const FILES = allFormats.flatMap((format) =>
  readdirSync(join(EXAMPLES, format.name), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:jsonl?|parquet|traj)$/.test(path) && format.owns(path))
    .filter((path) => !['sessions.json', 'result.json'].some((name) => path.endsWith(name)))
    .map((path) => ({ name: format.name, path })),
);

/** A file with one record of a session counts as a line. */
async function contentOf(name: string, path: string): Promise<TraceContent | undefined> {
  const { content } = await readContent(path);
  const isSplit = allFormats.find((format) => format.name === name)?.sessionOf?.(path) !== undefined;
  return isSplit && content ? { kind: 'lines', records: recordsOf(content) } : content;
}

describe('recognition', () => {
  it.each(FILES)('$path is $name and nothing else', async ({ name, path }) => {
    const content = await contentOf(name, join(EXAMPLES, name, path));
    const claimed = content ? claimants(allFormats, content) : [];
    expect(claimed.map((format) => format.name)).toEqual([name]);
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
      /^not a trace of a known format \(\.json, 19 bytes, keys loss, step\); known are claude_code, codex,/,
    );
  });
});

describe('what is not read', () => {
  it('is said of a folder too: by ending and keys, with an example', async () => {
    const path = folderWith({
      'a.json': { loss: 1, step: 2 },
      'b.json': { loss: 3, step: 4 },
      'c.jsonl': [{ hello: 1 }],
      'd.json': {},
    });
    const { notes } = await readAll({ path });
    expect(
      summariseNotes(notes).map(({ reason, count, sources }) => [
        reason.replace('not a trace of a known format ', ''),
        count,
        relative(path, sources[0] ?? ''),
      ]),
    ).toEqual([
      ['(.json, keys loss, step)', 2, 'a.json'],
      ['(.jsonl, keys hello)', 1, 'c.jsonl'],
      ['(.json, no keys)', 1, 'd.json'],
    ]);
  });

  it.each([
    ['a ZIP archive', Buffer.from('PK\x03\x04\0\0rest')],
    ['a 7-Zip archive', Buffer.from('7z\xbc\xaf\x27\x1c\0', 'latin1')],
    ['a Parquet file', Buffer.from('PAR1\0\0')],
    ['a PDF', Buffer.from('%PDF-1.7\nno NUL here\n')],
    ['a tar archive', gzipSync(Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\0')]))],
  ])('is named by its first bytes: %s', async (what, bytes) => {
    const folder = folderWith({ 'a.jsonl': bytes, 'b.json': bytes, 'c.bin': bytes });
    for (const name of ['a.jsonl', 'b.json', 'c.bin']) {
      const { notes } = await readAll({ path: join(folder, name) });
      expect(notes.map(({ reason }) => reason.split(';')[0])).toEqual([`${what}, not text`]);
    }
  });

  it('is counted by ending, in one note; links, indices and hidden files are no part of it', async () => {
    const path = folderWith({
      'a.jsonl': [{ messages: [{ role: 'user', content: 'hi' }] }],
      'old.zip': 'x',
      'x/old.tar.gz': 'x',
      'x/notes.md': 'x',
      'x/more.MD': 'x',
      'sessions-index.json': { entries: [] },
      '.DS_Store': 'x',
      LICENSE: 'x',
    });
    expect((await readAll({ path })).notes).toEqual([
      {
        kind: 'note',
        source: path,
        reason: 'not looked at: 2 .md, 1 .tar.gz, 1 .zip, 1 without an ending',
        count: 5,
      },
    ]);
    expect((await readAll({ path, file_pattern: '*.jsonl' })).notes).toEqual([]);
  });

  it("is counted in a tool's own folder where it is an archive", async () => {
    const homeDir = folderWith({
      '.claude/projects/a.jsonl': [{ type: 'user', sessionId: 'a', uuid: '1', message: { content: 'hi' } }],
      '.claude/projects/a/tool-results/b.txt': 'x',
      '.claude/projects/old.zip': 'x',
    });
    const { notes } = await readAll({}, { homeDir });
    expect(notes.map(({ source, reason }) => [source, reason])).toEqual([
      ['~/.claude/projects', 'not looked at: 1 .zip'],
    ]);
  });

  it.each(allFormats.flatMap((format) => FILES.filter(({ name }) => name === format.name).slice(0, 1)))(
    'looks like $name where the recipe says another format',
    async ({ name, path }) => {
      for (const format of ['swe_agent', 'droid', 'codex'].filter((other) => other !== name)) {
        const { rows, notes } = await readAll({ format, path: join(EXAMPLES, name, path) });
        expect(rows.map((row) => row['source_kind'])).toEqual(rows.map(() => format));
        expect(notes.map(({ reason }) => reason).join()).toContain(`it looks like ${name}`);
      }
    },
  );
});

describe('a file that two formats claim', () => {
  const asDroidAndPi = [
    { type: 'session_start', id: 'a' },
    { type: 'session', id: 'a', version: 3 },
    { type: 'message', id: 'm', message: { role: 'user', content: [{ type: 'text', text: 'hi' }] } },
  ];

  it('is read as the first of them, with a note', async () => {
    const { rows, notes } = await readAll({ path: folderWith({ 'a.jsonl': asDroidAndPi }) });
    expect(rows.map((row) => row['source_kind'])).toEqual(['droid']);
    expect(notes.map(({ kind, reason }) => `${kind}: ${reason}`)).toEqual([
      'note: read as droid; it looks like pi_coding_agent too',
    ]);
  });

  it('is read as the second where the first can use nothing of it', async () => {
    const records = [
      { type: 'session.start', data: { sessionId: 'a' } },
      { type: 'session', id: 'a', version: 3 },
      { type: 'message', id: 'm', message: { role: 'user', content: [{ type: 'text', text: 'hi' }] } },
    ];
    const { rows, notes } = await readAll({ path: folderWith({ 'a.jsonl': records }) });
    expect(rows.map((row) => [row['source_kind'], ...outline(row)])).toEqual([
      ['pi_coding_agent', 'user: hi'],
    ]);
    expect(notes.map(({ kind }) => kind)).not.toContain('filtered');
  });
});

/** Every text is taken out of a record, but for the few that say what kind of record it is and to what it belongs. */
function emptied(value: Json, key = ''): Json {
  if (typeof value === 'string') return KEPT.test(key) ? value : '';
  if (Array.isArray(value)) return value.map((item) => emptied(item as Json, key));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, emptied(item as Json, name)]));
}

const KEPT = /^(?:type|role|kind|event|id|ids|name|tool|version|schema_version)$|id$|Id$|ID$/;

describe.each(FILES)('$name $path', ({ name, path }) => {
  it('gives rows that say something, or a reason, when it is empty or cut anywhere', async () => {
    const { content } = await readContent(join(EXAMPLES, name, path));
    if (!content || content.kind === 'database') throw new Error('an example that cannot be read');
    const versions =
      content.kind === 'document'
        ? [emptied(content.document)]
        : [
            content.records.map((record) => emptied(record)),
            ...content.records.map((_, at) => content.records.slice(0, at + 1)),
          ];
    const folder = folderWith(
      Object.fromEntries(versions.map((version, at) => [`${at}/${path}`, version as Json])),
    );
    const { rows, notes } = await readAll({ path: folder });
    const whole = await readAll({ format: name, path: join(folder, '0', path) });
    for (const row of [...rows, ...whole.rows]) expect(says(row)).toBe(true);
    for (const at of versions.keys()) {
      const isIn = (file: unknown): boolean => String(file).startsWith(join(folder, `${at}/`));
      const left = notes.filter(({ kind, source }) => kind === 'filtered' && isIn(source));
      expect(rows.filter((row) => isIn(row['source_path'])).length + left.length).toBeGreaterThan(0);
    }
  });
});

function says(row: JsonObject): boolean {
  return objects(row['messages']).some(
    ({ content, reasoning_content: reasoning, tool_calls: calls }) =>
      (reasoning ?? calls) !== undefined ||
      objects(content).some(({ type, text }) => type !== 'text' || text !== ''),
  );
}
