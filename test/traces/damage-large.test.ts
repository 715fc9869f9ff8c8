import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { folderWith, outline, readAll, removeFolders } from './support.js';

afterAll(removeFolders);

/** The sizes that people really have, with DD_LONG_TESTS=1; otherwise ones that take no time. */
const LONG = process.env['DD_LONG_TESTS'] === '1';
const MEGABYTES = LONG ? { line: 100, file: 200 } : { line: 3, file: 4 };
const MEGABYTE = 2 ** 20;

const GOOD = [{ type: 'user', sessionId: 'good', uuid: '1', message: { content: 'still here' } }];
const line = (content: string): string =>
  `${JSON.stringify({ type: 'user', sessionId: 's', message: { content } })}\n`;

/** Writes a file from pieces, so that no test holds all of it. */
function writePieces(path: string, pieces: Iterable<string>): void {
  const file = openSync(path, 'w');
  for (const piece of pieces) writeSync(file, piece);
  closeSync(file);
}

function* repeated(piece: string, bytes: number): Iterable<string> {
  for (let written = 0; written < bytes; written += piece.length) yield piece;
}

/** Reads a large file between two good ones, and returns what it gave. */
async function readLarge(pieces: Iterable<string>) {
  const path = folderWith({ 'a.jsonl': GOOD, 'z.jsonl': GOOD });
  writePieces(join(path, 'm.jsonl'), pieces);
  const { rows, notes } = await readAll({ format: 'claude_code', path });
  expect([rows.at(0), rows.at(-1)].map(outline)).toEqual([['user: still here'], ['user: still here']]);
  return { rows: rows.slice(1, -1), reasons: notes.map(({ reason }) => reason) };
}

function* oneLongLine(end: string): Iterable<string> {
  yield line('before');
  yield '{"type":"user","sessionId":"s","message":{"content":"';
  yield* repeated('x'.repeat(MEGABYTE), MEGABYTES.line * MEGABYTE);
  yield end;
  yield line('after');
}

describe('a very long line', () => {
  it('is read like any other', async () => {
    const { rows, reasons } = await readLarge(oneLongLine('"}}\n'));
    const texts = outline(rows[0]);
    expect([texts[0], texts[1]?.length, texts[2]]).toEqual([
      'user: before',
      'user: '.length + MEGABYTES.line * MEGABYTE,
      'user: after',
    ]);
    expect(reasons).toEqual([]);
  });

  it('costs itself alone when it is damaged', async () => {
    const { rows, reasons } = await readLarge(oneLongLine('\n'));
    expect(rows.map(outline)).toEqual([['user: before', 'user: after']]);
    expect(reasons).toEqual(['1 line is not valid JSON (line 2)']);
  });

  it('may be nothing but brackets', async () => {
    const brackets = '['.repeat(MEGABYTE);
    const { rows, reasons } = await readLarge([line('hi'), ...repeated(brackets, 2 * MEGABYTE), '\n']);
    expect(rows.map(outline)).toEqual([['user: hi']]);
    expect(reasons).toEqual(['1 line is not valid JSON (line 2)']);
  });

  it('may be nested as deeply as it is long', async () => {
    const half = 100_000;
    const deep = `{"a":${'['.repeat(half)}${']'.repeat(half)}}\n`;
    const { rows, reasons } = await readLarge([line('hi'), deep]);
    expect(rows.map(outline)).toEqual([['user: hi']]);
    expect(reasons).toEqual(['1 line is nested too deeply (line 2)']);
  });
});

describe('a very large file', () => {
  const piece = line('x'.repeat(1000));
  const count = Math.ceil((MEGABYTES.file * MEGABYTE) / piece.length);

  it('gives all its messages', async () => {
    const { rows, reasons } = await readLarge(repeated(piece, MEGABYTES.file * MEGABYTE));
    expect(rows.map((row) => row['message_count'])).toEqual([count]);
    expect(reasons).toEqual([]);
  });

  it('without a single line break is noted', async () => {
    const { rows, reasons } = await readLarge(repeated('x'.repeat(MEGABYTE), MEGABYTES.file * MEGABYTE));
    expect(rows).toEqual([]);
    expect(reasons).toEqual(['no usable line; the last line is cut off (line 1)']);
  });

  it('in UTF-16 is read too', async () => {
    const path = folderWith({
      'a.jsonl': GOOD,
      'm.jsonl': Buffer.from(piece.repeat(count / 2), 'utf16le'),
    });
    const { rows } = await readAll({ format: 'claude_code', path });
    expect(rows.map((row) => row['message_count'])).toEqual([1, Math.floor(count / 2)]);
  });
});
