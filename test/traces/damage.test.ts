import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseJsonLines } from '../../src/traces/reading/json-lines.js';
import type { JsonObject } from '../../src/core/json.js';
import { asNobody } from '../seeds/nobody.js';
import {
  allFormats,
  folderWith,
  metaOf,
  openSeed,
  outline,
  readAll,
  readSeed,
  removeFolders,
} from './support.js';
import type { SeedNote } from '../../src/core/events.js';

afterAll(removeFolders);

const GOOD = [{ type: 'user', sessionId: 'good', uuid: '1', message: { content: 'still here' } }];
const record = (content: string): string =>
  JSON.stringify({ type: 'user', sessionId: 's', message: { content } });

/** Reads a damaged file between two good ones; those must be there whatever it holds. */
async function readDamaged(name: string, content: string | Uint8Array) {
  const path = folderWith({ 'a.jsonl': GOOD, [name]: content, 'z.jsonl': GOOD });
  const { rows, notes } = await readAll({ format: 'claude_code', path });
  expect([rows.at(0), rows.at(-1)].map(outline)).toEqual([['user: still here'], ['user: still here']]);
  return { rows: rows.slice(1, -1), notes };
}

const reasons = (notes: readonly SeedNote[]): readonly string[] =>
  notes.map(({ kind, reason }) => `${kind}: ${reason}`);

describe('a damaged line', () => {
  it.each([
    ['torn at the end of the file', `${record('hi')}\n{"type":"us`, 'the last line is cut off (line 2)'],
    ['not JSON', `${record('hi')}\noops\n{]\n`, '2 lines are not valid JSON (first at line 2)'],
    ['not an object', `[1]\n${record('hi')}\n`, '1 line is not a JSON object (line 1)'],
    [
      'nested too deeply',
      `${record('hi')}\n{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}\n`,
      '1 line is nested too deeply (line 2)',
    ],
    [
      'of NaN',
      `${record('hi')}\n{"a":NaN}\n{"a":-Infinity}\n`,
      '2 lines are not valid JSON (first at line 2)',
    ],
    ['with a NUL', `${record('hi')}\n{"a":\0}\n`, '1 line is not valid JSON (line 2)'],
    ['of a block of NULs', `${record('hi')}\n${'\0'.repeat(5000)}\n`, '1 line is not valid JSON (line 2)'],
  ])('%s costs that line only, and is counted', async (_, content, reason) => {
    const { rows, notes } = await readDamaged('m.jsonl', content);
    expect(rows.map(outline)).toEqual([['user: hi']]);
    expect(metaOf(rows[0])['skipped_lines']).toBe(notes[0]?.count);
    expect(reasons(notes)).toEqual([`skipped: ${reason}`]);
  });

  it.each([
    ['a byte-order mark', `\uFEFF${record('hi')}\n`, 'user: hi'],
    ['carriage returns and blank lines', `\r\n${record('hi')}\r\n  \r\n`, 'user: hi'],
    ['no newline at its end', record('hi'), 'user: hi'],
    ['line separators inside a string', record('a\u2028b'), 'user: a\u2028b'],
    ['bytes that are not UTF-8', Buffer.from(record('h\u00e9'), 'latin1'), 'user: h\uFFFD'],
    ['lone surrogates', record('x').replace('"x"', String.raw`"\ud800"`), 'user: \uFFFD'],
    ['keys that come twice', record('x').replace('"content"', '"content":"first","content"'), 'user: x'],
    ['carriage returns alone', `{"type":"summary","summary":"x"}\r${record('hi')}\r`, 'user: hi'],
    ['UTF-16 with its mark', Buffer.from(`\uFEFF${record('h\u00e9')}\n`, 'utf16le'), 'user: h\u00e9'],
    ['UTF-16 without one', Buffer.from(`${record('h\u00e9')}\n`, 'utf16le'), 'user: h\u00e9'],
    [
      'UTF-16 the other way round',
      Buffer.from(`\uFEFF${record('h\u00e9')}`, 'utf16le').swap16(),
      'user: h\u00e9',
    ],
  ])('is not seen in %s', async (_, content, line) => {
    const { rows, notes } = await readDamaged('m.jsonl', content);
    expect(rows.map(outline)).toEqual([[line]]);
    expect(notes).toEqual([]);
  });
});

describe('a file that gives nothing', () => {
  it.each([
    ['empty', '', 'empty file'],
    ['blank', '\n  \n', 'empty file'],
    ['binary', Uint8Array.from({ length: 4096 }, (_, i) => (i * 37) % 256), 'binary, not text'],
    ['nothing but NULs', new Uint8Array(4096), 'binary, not text'],
    ['a mark alone', Uint8Array.of(0xff, 0xfe), 'no usable line'],
    ['prose', 'Dear diary,\ntoday', 'no usable line'],
    ['without messages', '{"type":"summary","sessionId":"s","summary":"x"}', 'no messages'],
    ['of something else', '{"a":1}', 'not a trace of the format claude_code'],
  ])('because it is %s is noted, with its name and the reason', async (_, content, reason) => {
    const { rows, notes } = await readDamaged('m.jsonl', content);
    expect(rows).toEqual([]);
    expect(notes).toHaveLength(1);
    expect(notes[0]?.source).toMatch(/m\.jsonl$/);
    expect(reasons(notes)[0]).toMatch(new RegExp(`^filtered: ${reason}`));
  });
});

describe('what is no file', () => {
  it('is noted and neither blocks nor stops the reading', async () => {
    const path = folderWith({ 'a.jsonl': GOOD, 'folder.jsonl/inside.jsonl': GOOD, 'other/b.jsonl': GOOD });
    execFileSync('mkfifo', [join(path, 'fifo.jsonl')]);
    symlinkSync(join(path, 'nowhere'), join(path, 'broken.jsonl'));
    symlinkSync(join(path, 'other'), join(path, 'linked.jsonl'));
    symlinkSync(join(path, 'a.jsonl'), join(path, 'link.jsonl'));
    symlinkSync(path, join(path, 'circle'));
    symlinkSync(join(path, 'loop.jsonl'), join(path, 'loop.jsonl'));
    const server = createServer().listen(join(path, 'socket.jsonl'));
    await once(server, 'listening');
    const { rows, notes } = await readAll({ format: 'claude_code', path });
    server.close();
    expect(rows.map((row) => String(row['source_path']).slice(path.length + 1))).toEqual([
      'a.jsonl',
      'folder.jsonl/inside.jsonl',
      'other/b.jsonl',
    ]);
    expect(notes.map(({ source, reason }) => `${source.slice(path.length + 1)} ${reason}`)).toEqual([
      'broken.jsonl is a broken link (ENOENT)',
      'fifo.jsonl is not a regular file',
      'folder.jsonl is a folder, not a file',
      'linked.jsonl is a link to a folder; links to folders are not followed',
      'loop.jsonl is a broken link (ELOOP)',
      'socket.jsonl is not a regular file',
      'link.jsonl is a link to a file that is read anyway',
    ]);
  });

  it('is noted when it goes away between finding and reading', async () => {
    const names = ['a.jsonl', 'b.jsonl', 'c.jsonl', 'd.jsonl'];
    const path = folderWith(Object.fromEntries(names.map((name) => [name, GOOD])));
    const opened = await openSeed({ format: 'claude_code', path });
    if (!opened.ok) throw new Error(opened.error.message);
    rmSync(join(path, 'a.jsonl'));
    rmSync(join(path, 'b.jsonl'));
    rmSync(join(path, 'c.jsonl'));
    mkdirSync(join(path, 'b.jsonl'));
    execFileSync('mkfifo', [join(path, 'c.jsonl')]);
    const { rows, notes } = await readSeed(opened.value);
    expect(rows).toHaveLength(1);
    expect(reasons(notes)).toEqual([
      'filtered: cannot be read (ENOENT)',
      'filtered: is a folder, not a file',
      'filtered: is not a regular file',
    ]);
  });

  it('is noted when it cannot be read, for files and for folders', async () => {
    const path = folderWith({ 'a.jsonl': GOOD, 'b.jsonl': GOOD, 'c/d.jsonl': GOOD, 'e.jsonl': GOOD });
    const locked = [join(path, 'b.jsonl'), join(path, 'c')];
    chmodSync(path, 0o755);
    for (const file of locked) chmodSync(file, 0o000);
    const { rows, notes } = await asNobody(() => readAll({ format: 'claude_code', path }));
    for (const file of locked) chmodSync(file, 0o700);
    expect(rows).toHaveLength(2);
    expect(notes.map(({ source, reason }) => `${source.slice(path.length + 1)} ${reason}`)).toEqual([
      'c the folder cannot be read (EACCES)',
      'b.jsonl cannot be read (EACCES)',
    ]);
  });
});

describe('hostile keys', () => {
  it('do not reach prototypes', async () => {
    const block = String.raw`{"type":"tool_use","id":"__proto__","name":"f","input":{"__proto__":{"polluted":1}}}`;
    const { rows } = await readDamaged(
      'm.jsonl',
      `{"type":"assistant","sessionId":"__proto__","uuid":"__proto__","parentUuid":"constructor","__proto__":{"polluted":1},"message":{"id":"toString","content":[${block},{"type":"image","__proto__":{"polluted":1}}]}}\n`,
    );
    expect(rows[0]).toMatchObject({ trace_id: '__proto__', tool_call_count: 1 });
    expect(({} as JsonObject)['polluted']).toBeUndefined();
    expect((rows[0] as JsonObject)['polluted']).toBeUndefined();
  });
});

describe('any JSON at all', () => {
  const keys = (
    'type uuid parentUuid id parentId message messages content role payload text tool_calls function name ' +
    'arguments steps agent observation results summary usage timestamp isSidechain agentId sessionId output ' +
    'call_id tool_use_id source git $set $rewindTo toolCalls functionCall functionResponse response result ' +
    'thoughts tokens status args error kind directories conversations from value tools model __proto__'
  ).split(' ');
  const values =
    'user assistant tool session message text tool_use tool_result response_item gemini human subagent'.split(
      ' ',
    );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(null, true, 1, '', 'a', '2026-01-01T00:00:00Z', ...values),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...keys), tie('json'), { maxKeys: 6 }),
    ),
  }));
  const object = fc.dictionary(fc.constantFrom(...keys), json, { maxKeys: 8 }) as fc.Arbitrary<JsonObject>;

  it.each(allFormats.map((format) => [format.name, format] as const))(
    'makes no %s reader throw',
    (_, format) => {
      fc.assert(
        fc.property(fc.array(object, { maxLength: 6 }), object, (records, document) => {
          for (const content of [
            { kind: 'lines', records } as const,
            { kind: 'document', document } as const,
          ]) {
            format.recognises(content);
            const { traces } = format.parse({ folder: '', stem: 'x', content, index: new Map() });
            for (const { messages } of traces) {
              for (const message of messages) expect(Array.isArray(message.content)).toBe(true);
            }
          }
        }),
        { numRuns: 300 },
      );
    },
  );
});

describe('any bytes at all', () => {
  it('are read as lines without throwing, and every line is accounted for', () => {
    const line = fc.oneof(fc.constant('{"a":1}'), fc.constant(''), fc.string());
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const split = lines.flatMap((text) => text.split('\n'));
        const { records, skipped } = parseJsonLines(Buffer.from(split.join('\n')));
        const blank = split.filter((text) => text.trim() === '').length;
        const counted = skipped.reduce((sum, { count }) => sum + count, 0);
        expect(records.length + counted + blank).toBe(split.length);
      }),
    );
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseJsonLines(Buffer.from(bytes))));
  });
});
