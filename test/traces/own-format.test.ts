import { afterAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import type { Seed } from '../../src/seeds/types.js';
import type { FormatEntry, RolloutFormat } from '../../src/traces/format.js';
import { builtInFormats } from '../../src/traces/formats/index.js';
import { createAgentRollout } from '../../src/traces/seed.js';
import { createTranscript } from '../../src/traces/transcript.js';
import { folderWith, outline, readSeed, removeFolders } from './support.js';

afterAll(removeFolders);

/** A format as a plugin brings it: one value. */
const toy: RolloutFormat = {
  name: 'toy_agent',
  filePattern: '*.jsonl',
  defaultFolders: ({ env, homeDir }) => [env['TOY_HOME'] ?? `${homeDir}/.toy`],
  owns: () => true,
  recognises: (content) => content.kind === 'lines' && content.records.some(({ toy }) => toy === 1),
  parse({ content, stem }) {
    const transcript = createTranscript();
    for (const { say } of content.kind === 'lines' ? content.records : []) transcript.addMessage('user', say);
    const trace = { traceId: stem, rootSessionId: stem, messages: transcript.messages(), meta: {} };
    return { traces: [trace], skipped: [] };
  },
};

const TOY = [{ toy: 1, say: 'hi' }];
const CLAUDE = [{ type: 'user', sessionId: 'cc', uuid: '1', message: { content: 'hello' } }];

async function open(
  formats: readonly FormatEntry[],
  source: JsonObject,
  env: Readonly<Record<string, string>> = {},
): Promise<Seed> {
  const context = { baseDir: '/', env, homeDir: '/nonexistent' };
  const opened = await createAgentRollout(formats).open(source, context);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

describe('a format from outside', () => {
  it('can be named, recognised by content and found in its default folder', async () => {
    const path = folderWith({ 'a.jsonl': TOY, 'b.jsonl': CLAUDE });
    const formats = [...builtInFormats, toy];
    expect(createAgentRollout(formats).schema.properties['format']).toMatchObject({
      enum: expect.arrayContaining(['auto', 'claude_code', 'toy_agent']),
    });
    const auto = await readSeed(await open(formats, { path }));
    expect(auto.rows.map((row) => [row['source_kind'], ...outline(row)])).toEqual([
      ['toy_agent', 'user: hi'],
      ['claude_code', 'user: hello'],
    ]);
    const named = await readSeed(await open(formats, { format: 'toy_agent', path: `${path}/a.jsonl` }));
    expect(named.rows).toEqual(auto.rows.slice(0, 1));
    const atHome = await readSeed(await open(formats, { format: 'toy_agent' }, { TOY_HOME: path }));
    expect(atHome.rows[0]).toEqual(auto.rows[0]);
  });

  it('is read like the others where so many files are read that a worker thread would help', async () => {
    // 60 files of 200 KB: more than is read before the thread is started.
    const long = 'x'.repeat(200_000);
    const files = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [
        `${at}.jsonl`,
        at % 2 === 0
          ? [{ toy: 1, say: `${at} ${long}` }]
          : [{ type: 'user', sessionId: `${at}`, uuid: '1', message: { content: `${at} ${long}` } }],
      ]),
    );
    const path = folderWith(files);
    const { rows, notes } = await readSeed(await open([...builtInFormats, toy], { path }));
    expect(rows.filter((row) => row['source_kind'] === 'toy_agent')).toHaveLength(30);
    expect(notes).toEqual([]);
    // The same files without the format from outside, which the thread reads as well.
    const without = await readSeed(await open(builtInFormats, { path }));
    expect(without.rows).toEqual(rows.filter((row) => row['source_kind'] === 'claude_code'));
    expect(without.notes).toHaveLength(30);
  });

  it('cannot take the name of another', () => {
    expect(() => createAgentRollout([...builtInFormats, { ...toy, name: 'codex' }])).toThrow(
      'the trace format name "codex" is already taken',
    );
  });
});

describe('fewer formats', () => {
  it('recognise only their own, in a thread too', async () => {
    const claude = builtInFormats.filter(({ name }) => name === 'claude_code');
    const long = 'x'.repeat(400_000);
    const path = folderWith(
      Object.fromEntries(
        Array.from({ length: 40 }, (_, at) => [
          `${at}.jsonl`,
          [{ messages: [{ role: 'user', content: long }], n: at }],
        ]),
      ),
    );
    const { rows, notes } = await readSeed(await open(claude, { path }));
    expect(rows).toEqual([]);
    expect(new Set(notes.map(({ reason }) => reason))).toEqual(
      new Set(['not a trace of a known format (.jsonl, keys messages, n)']),
    );
  });
});
