import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../../src/core/json.js';
import { claudeCode } from '../../src/traces/formats/claude-code/format.js';
import { codex } from '../../src/traces/formats/codex/format.js';
import type { RolloutFormat } from '../../src/traces/format.js';
import { createLineReader, parseJsonLines } from '../../src/traces/reading/json-lines.js';
import { endOfValue } from '../../src/traces/reading/skip-json.js';
import { createContentReader, readBytes } from '../../src/traces/reading/read-content.js';
import { createPieceReader } from '../../src/traces/reading/read-pieces.js';
import { folderWith, outline, readAll, removeFolders } from './support.js';

afterAll(removeFolders);
afterEach(() => {
  jest.restoreAllMocks();
});

/** `DD_LONG_TESTS=1` runs every property more often. */
const MORE = process.env['DD_LONG_TESTS'] === '1' ? 10 : 1;

const bytesOf = (records: readonly unknown[]): Buffer =>
  Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));

const readContent = createContentReader([claudeCode]);
const readPieces = createPieceReader();

function readFast({ skipFields }: RolloutFormat, bytes: Buffer) {
  const reader = createLineReader(() => skipFields);
  reader.read(Buffer.from(bytes));
  return reader.result();
}

/** Any value, with the names of unused fields as keys and as texts, and with awkward characters. */
const NAMES = (
  'toolUseResult agentId data snapshot attachment payload type message content replacement_history ' +
  'encrypted_content event_msg agent_reasoning world_state x'
).split(' ');
const name = fc.constantFrom(...NAMES);
const text = fc.oneof(
  name,
  fc.string(),
  fc.constantFrom(',"toolUseResult":{"a":1}', '\\', '\\"', '"},', '\u2028\u00e9\u{1f600}', '}]}', ''),
);
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean()),
    fc.constant(null),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(name, text), tie('json'), { maxKeys: 5 }),
  ),
}));

/** Records as the tools write them, with any value in the fields, in any order of keys. */
const shuffled = (record: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> =>
  record.chain((made) =>
    fc
      .shuffledSubarray(Object.entries(made), { minLength: Object.keys(made).length })
      .map((entries) => Object.fromEntries(entries)),
  );
const claudeRecord = shuffled(
  fc.record(
    {
      type: fc.constantFrom('user', 'assistant', 'progress', 'file-history-snapshot', 'attachment'),
      uuid: fc.uuid(),
      sessionId: fc.constant('s'),
      timestamp: fc.constant('2026-01-01T00:00:00.000Z'),
      message: fc.record({ role: fc.constant('user'), content: json }) as fc.Arbitrary<JsonObject>,
      toolUseResult: json,
      data: json,
      snapshot: json,
      attachment: json,
      sourceToolAssistantUUID: text,
      other: json,
    },
    { requiredKeys: ['type'] },
  ) as fc.Arbitrary<JsonObject>,
);
const codexRecord = shuffled(
  fc.record(
    {
      timestamp: fc.constant('2026-01-01T00:00:00.000Z'),
      type: fc.constantFrom('world_state', 'event_msg', 'response_item', 'compacted', 'session_meta'),
      payload: fc.oneof(
        json,
        shuffled(
          fc.record({
            type: fc.constantFrom('agent_reasoning', 'message', 'reasoning', 'exec_command_end'),
            role: fc.constantFrom('user', 'assistant'),
            content: json,
            text,
            replacement_history: json,
            encrypted_content: json,
          }) as fc.Arbitrary<JsonObject>,
        ),
      ),
    },
    { requiredKeys: ['type'] },
  ) as fc.Arbitrary<JsonObject>,
);

describe('the end of a JSON value', () => {
  it('is found for every value, whatever follows', () => {
    fc.assert(
      fc.property(json, fc.constantFrom(',', '}', ']', ',"toolUseResult":"}"'), (value, behind) => {
        const spelt = Buffer.from(JSON.stringify(value));
        const line = Buffer.concat([spelt, Buffer.from(behind)]);
        expect(endOfValue(line, 0, line.length)).toBe(spelt.length);
      }),
      { numRuns: 100 * MORE },
    );
  });

  it('is not found beyond the end of the line, nor in anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 60 }), (bytes, end) => {
        expect(endOfValue(Buffer.from(bytes), 0, Math.min(end, bytes.length))).toBeLessThanOrEqual(end);
      }),
    );
  });
});

describe.each([
  ['claude_code', claudeCode, claudeRecord],
  ['codex', codex, codexRecord],
] as const)('reading %s without the fields that it never uses', (_, format, record) => {
  const parse = (records: readonly JsonObject[]) =>
    format.parse({ folder: '', stem: 's', content: { kind: 'lines', records }, index: new Map() });

  it('gives the same traces as reading everything', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 6 }), (records) => {
        const fast = readFast(format, bytesOf(records));
        expect(fast.records).toHaveLength(records.length);
        expect(parse(fast.records)).toEqual(parse(parseJsonLines(bytesOf(records)).records));
      }),
      { numRuns: 100 * MORE },
    );
  });

  it('changes a record only by emptying one field', () => {
    fc.assert(
      fc.property(record, (whole) => {
        const [fast] = readFast(format, bytesOf([whole])).records;
        if (fast) expect(differences(whole, fast)).toBeLessThanOrEqual(1);
        expect(fast).toBeDefined();
      }),
      { numRuns: 100 * MORE },
    );
  });

  it('keeps every line of a damaged file that reading everything keeps, with the same content', () => {
    const hit = fc.record({ at: fc.nat(), byte: fc.integer({ min: 11, max: 255 }) });
    fc.assert(
      fc.property(record, fc.array(hit, { minLength: 1, maxLength: 4 }), (whole, hits) => {
        const bytes = bytesOf([whole]);
        for (const { at, byte } of hits) bytes[at % (bytes.length - 1)] = byte;
        const [plain] = parseJsonLines(bytes).records;
        const [fast] = readFast(format, bytes).records;
        if (plain) expect(parse(fast ? [fast] : [])).toEqual(parse([plain]));
      }),
      { numRuns: 100 * MORE },
    );
  });
});

/** How many values differ; infinity when one differs in another way than by being empty. */
function differences(whole: unknown, fast: unknown): number {
  if (JSON.stringify(whole) === JSON.stringify(fast)) return 0;
  if (['{}', '[]', '""'].includes(JSON.stringify(fast))) return 1;
  if (typeof whole !== 'object' || typeof fast !== 'object' || !whole || !fast) return Infinity;
  if (Object.keys(whole).join() !== Object.keys(fast).join()) return Infinity;
  return Object.entries(fast).reduce(
    (sum, [key, value]) => sum + differences((whole as JsonObject)[key], value),
    0,
  );
}

describe('the copy of a tool result in a record of Claude Code', () => {
  const asks = { type: 'user', sessionId: 's', message: { content: 'go' } };

  it('is not parsed: damage in it does not cost the line', async () => {
    const line = JSON.stringify({ ...asks, toolUseResult: { file: 'x' } }).replace('"x"', 'oops');
    const { rows, notes } = await readAll({ format: 'claude_code', path: folderWith({ 's.jsonl': line }) });
    expect(rows.map(outline)).toEqual([['user: go']]);
    expect(notes).toEqual([]);
  });

  it('is kept in the arguments of a call', async () => {
    const input = { toolUseResult: { kept: true }, data: { kept: true } };
    const message = { content: [{ type: 'tool_use', id: 'c', name: 'f', input }] };
    const row = (await readRows([asks, { type: 'assistant', message }]))[0];
    expect(JSON.stringify(row?.['messages'])).toContain(String.raw`{\"data\": {\"kept\": true}, \"tool`);
  });

  const readRows = async (records: readonly JsonObject[]) =>
    (await readAll({ format: 'claude_code', path: folderWith({ 's.jsonl': records }) })).rows;
});

describe('opening a file', () => {
  const refusal = (path: string) => Promise.all([readBytes(path), readPieces(path, () => undefined)]);

  it('gives the same error for anything but a file, read whole or in pieces, and does not wait for a pipe', async () => {
    const folder = folderWith({});
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const error = (reason: string) => [reason, reason].map((text) => ({ ok: false, error: text }));
    expect(await refusal(pipe)).toEqual(error('is not a regular file'));
    expect(await refusal(folder)).toEqual(error('is a folder, not a file'));
    expect(await refusal(join(folder, 'none'))).toEqual(error('cannot be read (ENOENT)'));
  });
});

describe('a file that is read in pieces', () => {
  /** More than two megabytes with characters of several bytes across every border, and a line larger than a piece. */
  const records = Array.from({ length: 3000 }, (_, index) => ({
    type: 'user',
    sessionId: 's',
    uuid: `${index}`,
    message: { content: `${index} ${'\u2713'.repeat(index === 1500 ? 800_000 : 200 + (index % 7))}` },
  }));

  it.each([
    ['a newline at its end', '\n'],
    ['no newline at its end', ''],
    ['a torn last line', '\n{"type":"us'],
  ])('has the same lines as one that is read whole, with %s', async (_, end) => {
    const folder = folderWith({
      's.jsonl': records.map((record) => JSON.stringify(record)).join('\n') + end,
    });
    const path = join(folder, 's.jsonl');
    const { records: lines, skipped } = parseJsonLines(readFileSync(path));
    expect(await readContent(path, claudeCode)).toEqual({
      content: { kind: 'lines', records: lines },
      skipped,
    });
  });

  it('can be read several times at once', async () => {
    const path = folderWith({ 'a.jsonl': records, 'b.jsonl': records.slice(0, 10) });
    const read = (file: string) => readContent(join(path, file), claudeCode);
    const counts = (await Promise.all(['a.jsonl', 'b.jsonl', 'a.jsonl', 'b.jsonl'].map(read))).map(
      ({ content }) => (content?.kind === 'lines' ? content.records.length : 0),
    );
    expect(counts).toEqual([3000, 10, 3000, 10]);
  });
});

describe('a file of many records', () => {
  /** More than are kept until the format is known. */
  const many = fc.array(claudeRecord, { minLength: 30, maxLength: 60 });
  const trees = many.chain((records) =>
    fc
      .array(fc.record({ above: fc.nat(), same: fc.nat({ max: 9 }), isSidechain: fc.boolean() }), {
        minLength: records.length,
        maxLength: records.length,
      })
      .map((links) =>
        records.map((record, at): JsonObject => {
          const { above = 0, same = 1, isSidechain = false } = links[at] ?? {};
          const uuid = same === 0 ? 'again' : `u${at}`;
          return { ...record, uuid, parentUuid: `u${above % records.length}`, isSidechain };
        }),
      ),
  );

  it('gives the same rows read record by record as kept as a whole', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (records) => {
        const path = folderWith({ 's.jsonl': [{ type: 'user', sessionId: 's' }, ...records] });
        const kept = await readContent(join(path, 's.jsonl'), claudeCode);
        const { content, reader } = {
          reader: undefined,
          ...(await readContent(join(path, 's.jsonl'), claudeCode, ({ readRecords }) => readRecords?.())),
        };
        const index = new Map();
        expect(content?.kind === 'lines' && content.records.length).toBe(20);
        expect(
          kept.content && claudeCode.parse({ folder: '', stem: 's', index, content: kept.content }),
        ).toEqual(reader?.traces({ folder: '', stem: 's', index }));
      }),
      { numRuns: 25 * MORE },
    );
  });
});

describe('a mistake in a reader', () => {
  it('is not reported as a fault of the file', async () => {
    const path = folderWith({ 'a.txt': 'text\n' });
    const take = (): never => {
      throw new TypeError('a bug');
    };
    await expect(readPieces(join(path, 'a.txt'), take)).rejects.toThrow('a bug');
    expect(await readPieces(join(path, 'b.txt'), take)).toEqual({
      ok: false,
      error: 'cannot be read (ENOENT)',
    });
  });

  it('costs the file and not the run, and does not quote the file', async () => {
    jest.spyOn(claudeCode, 'parse').mockImplementationOnce(() => {
      throw new TypeError('cannot read sk-secret');
    });
    const session = [{ type: 'user', sessionId: 's', message: { content: 'go' } }];
    const path = folderWith({ 'a.jsonl': session, 'b.jsonl': session });
    const { rows, notes } = await readAll({ format: 'claude_code', path });
    expect(rows).toHaveLength(1);
    expect(notes).toEqual([
      {
        kind: 'filtered',
        source: join(path, 'a.jsonl'),
        reason: 'could not be understood (TypeError)',
        count: 1,
      },
    ]);
  });
});
