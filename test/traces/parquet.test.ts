import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import type { JsonObject } from '../../src/core/json.js';
import { folderWith, metaOf, objects, openSeed, outline, readAll, removeFolders } from './support.js';

afterAll(removeFolders);

const ROOT = join(import.meta.dirname, '..', '..');

const connection = await (await DuckDBInstance.create(':memory:')).connect();
afterAll(() => connection.closeSync());

/** Writes rows as Parquet. As in any dataset, each row has the fields of all. */
async function writeParquet(
  path: string,
  rows: readonly JsonObject[],
  options = '',
  columns = '*',
): Promise<void> {
  const folder = folderWith({ 'rows.jsonl': rows });
  const source = `read_json('${join(folder, 'rows.jsonl')}', format = 'newline_delimited')`;
  await connection.run(`COPY (SELECT ${columns} FROM ${source}) TO '${path}' (FORMAT parquet${options})`);
}

const said = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Fix it.' },
  {
    role: 'assistant',
    content: 'I look.',
    tool_calls: [{ id: 'c', type: 'function', function: { name: 'ls', arguments: '{}' } }],
  },
  { role: 'tool', tool_call_id: 'c', name: 'ls', content: 'a.py' },
  { role: 'assistant', content: 'Done.' },
];
const outlined = [
  'system: Be brief.',
  'user: Fix it.',
  'assistant: I look. +c',
  'tool c: a.py',
  'assistant: Done.',
];
const withoutCalls = ['system: Be brief.', 'user: Fix it.', 'assistant: Done.'];

/** The columns of public datasets. The texts are not theirs. */
const SHAPES: readonly (readonly [string, JsonObject, readonly string[]])[] = [
  ['SWE-smith', { messages: said, instance_id: 'i', resolved: true, model: 'm', traj_id: 't' }, outlined],
  [
    'SWE-smith, newer',
    { messages: JSON.stringify(said), instance_id: 'i', resolved: true, model: 'm', traj_id: 't' },
    outlined,
  ],
  [
    'SWE-Gym',
    {
      instance_id: 'i',
      run_id: 'r',
      messages: said.map((message) => ({ ...message, content: [{ type: 'text', text: message.content }] })),
      tools: [{ type: 'function', function: { name: 'ls' } }],
      test_result: { report: { resolved: true } },
    },
    outlined,
  ],
  [
    'SWE-rebench and SWE-Zero of OpenHands',
    {
      trajectory_id: 't',
      trajectory: said,
      tools: [{ function: { name: 'ls' } }],
      model_patch: 'diff',
      resolved: 1,
    },
    outlined,
  ],
  [
    'CoderForge',
    { trajectory_id: 't', messages: JSON.stringify(said), tools: '[{"function": {"name": "ls"}}]' },
    outlined,
  ],
  [
    'SWE-agent-trajectories of Nebius',
    {
      instance_id: 'i',
      model_name: 'm',
      target: true,
      trajectory: [
        { role: 'system', system_prompt: 'Be brief.', text: null, mask: false },
        { role: 'user', system_prompt: null, text: 'Fix it.', mask: false },
        { role: 'ai', system_prompt: null, text: 'Done.', mask: true },
      ],
      exit_status: 'submitted',
    },
    withoutCalls,
  ],
  [
    'OpenThoughts',
    {
      system: 'Be brief.',
      conversations: [
        { from: 'user', value: 'Fix it.' },
        { from: 'assistant', value: 'Done.' },
      ],
    },
    withoutCalls,
  ],
  [
    'Hermes function calling',
    {
      id: 't',
      conversations: [
        { from: 'system', value: 'Be brief.' },
        { from: 'human', value: 'Fix it.' },
        { from: 'gpt', value: 'Done.' },
      ],
      tools: '[{"type": "function", "function": {"name": "ls"}}]',
    },
    withoutCalls,
  ],
  [
    'APIGen-MT, as LLaMA-Factory takes it',
    {
      system: 'Be brief.',
      conversations: [
        { from: 'human', value: 'Fix it.' },
        { from: 'function_call', value: '{"name": "ls", "arguments": {}}' },
        { from: 'observation', value: 'a.py' },
        { from: 'gpt', value: 'Done.' },
      ],
      tools: '[{"name": "ls"}]',
    },
    ['system: Be brief.', 'user: Fix it.', 'assistant: +call_1', 'tool call_1: a.py', 'assistant: Done.'],
  ],
  [
    'TRL: a prompt and a completion',
    {
      prompt: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Fix it.' },
      ],
      completion: [{ role: 'assistant', content: 'Done.' }],
    },
    withoutCalls,
  ],
];

describe('a row with the columns of', () => {
  it.each(SHAPES)('%s is the same conversation in Parquet and on a line', async (_, row, lines) => {
    const path = folderWith({ 'b.jsonl': [row] });
    await writeParquet(join(path, 'a.parquet'), [row]);
    const { rows, notes } = await readAll({ path });
    expect(rows.map(outline)).toEqual([lines, lines]);
    expect(notes).toEqual([]);
    const [parquet, json] = rows.map(metaOf);
    expect(parquet?.['available_tool_names']).toEqual(json?.['available_tool_names']);
    expect(parquet?.['models_used']).toEqual(json?.['models_used']);
    expect(rows.map((one) => String(one['trace_id']).replace(/^[ab]:/, ''))).toEqual(
      (row['id'] ?? row['traj_id'] ?? row['trajectory_id']) ? ['t', 't'] : ['1', '1'],
    );
  });

  it("Hugging Face's viewer is read from its answer, but not where it cut the cells", async () => {
    const row = { messages: said };
    const path = folderWith({
      'rows.json': {
        features: [],
        rows: [
          { row_idx: 40, row, truncated_cells: [] },
          { row_idx: 41, row, truncated_cells: ['messages'] },
        ],
        num_rows_total: 90,
      },
    });
    const { rows, notes } = await readAll({ path });
    expect(rows.map((one) => [one['trace_id'], ...outline(one)])).toEqual([['rows:41', ...outlined]]);
    expect(notes.map(({ reason, count }) => [reason, count])).toEqual([['rows that the viewer cut', 1]]);
  });

  it('structures has no fields that are null in this row', async () => {
    const path = folderWith({});
    const call = (args: JsonObject): JsonObject => ({ id: 'c', function: { name: 'run', arguments: args } });
    const rowOf = (args: JsonObject): JsonObject => ({
      messages: [
        { role: 'user', content: 'go' },
        { role: 'assistant', tool_calls: [call(args)] },
      ],
    });
    await writeParquet(join(path, 'a.parquet'), [rowOf({ path: 'x' }), rowOf({ command: 'ls' })]);
    const { rows } = await readAll({ path });
    const args = rows.flatMap((row) =>
      objects(row['messages']).flatMap((message) => objects(message['tool_calls'])),
    );
    expect(args.map((one) => (one['function'] as JsonObject)['arguments'])).toEqual([
      '{"path": "x"}',
      '{"command": "ls"}',
    ]);
  });
});

const chat = (text: string): JsonObject => ({ messages: [{ role: 'user', content: text }] });

describe('a Parquet file', () => {
  it.each(['uncompressed', 'snappy', 'gzip', 'brotli', 'zstd'])('is read when it is %s', async (codec) => {
    const path = folderWith({});
    await writeParquet(join(path, 'a.parquet'), [chat('hi'.repeat(400))], `, COMPRESSION ${codec}`);
    const { rows, notes } = await readAll({ path });
    expect([rows.map(outline), notes]).toEqual([[[`user: ${'hi'.repeat(400)}`]], []]);
  });

  it('keeps large numbers, times and bytes', async () => {
    const path = folderWith({});
    const columns =
      "*, 9007199254740993::BIGINT AS large, 7::BIGINT AS small, TIMESTAMP '2026-05-01 10:00:00' AS created_at, 'ab'::BLOB AS b, '\\xFF\\xFE'::BLOB AS raw";
    await writeParquet(join(path, 'a.parquet'), [chat('hi')], '', columns);
    const { rows } = await readAll({ path });
    expect(metaOf(rows[0])).toMatchObject({ large: '9007199254740993', small: 7, b: 'ab' });
    expect(metaOf(rows[0])['raw']).toMatch(/^\[2 bytes, sha256 /);
    expect(rows[0]?.['started_at']).toBe('2026-05-01T10:00:00.000Z');
  });

  it('is read one row group at a time, and its rows are named after their number', async () => {
    const path = folderWith({});
    const many = Array.from({ length: 4500 }, (_, at) => chat(`q${at}`));
    await writeParquet(join(path, 'a.parquet'), many, ', ROW_GROUP_SIZE 2048');
    const opened = await openSeed({ path });
    if (!opened.ok) throw new Error(opened.error.message);
    expect(opened.value.entryCount).toBe(3);
    const last = await opened.value.read(2);
    expect(last.rows).toHaveLength(4500 - 2 * 2048);
    expect([last.rows[0]?.['trace_id'], outline(last.rows[0])]).toEqual(['a:4097', ['user: q4096']]);
  });

  it('is found by the name of the format, and whatever its own name is', async () => {
    const path = folderWith({});
    await writeParquet(join(path, 'a.parquet'), [chat('hi')]);
    const named = await readAll({ format: 'chat_completion_jsonl', path });
    expect(named.rows.map((row) => row['source_kind'])).toEqual(['chat_completion_jsonl']);
    renameSync(join(path, 'a.parquet'), join(path, 'train-00000'));
    const renamed = await readAll({ path: join(path, 'train-00000') });
    expect(renamed.rows.map(outline)).toEqual([['user: hi']]);
  });

  it('of another kind is said to be that, once, however many row groups it has', async () => {
    const path = folderWith({});
    const numbers = Array.from({ length: 4500 }, (_, at) => ({ loss: at, step: at }));
    await writeParquet(join(path, 'a.parquet'), numbers, ', ROW_GROUP_SIZE 2048');
    const { notes } = await readAll({ path });
    expect(notes.map(({ kind, reason }) => [kind, reason])).toEqual([
      [
        'filtered',
        expect.stringMatching(/^not a trace of a known format \(\.parquet, [\d,]+ bytes, keys loss, step\)/),
      ],
    ]);
  });

  it('with spans gives their traces', async () => {
    const path = folderWith({});
    const span = {
      trace_id: 't',
      id: 's',
      run_type: 'llm',
      inputs: JSON.stringify({ messages: [{ role: 'user', content: 'hi' }] }),
      outputs: JSON.stringify({ choices: [{ message: { role: 'assistant', content: 'bye' } }] }),
    };
    await writeParquet(join(path, 'runs.parquet'), [span]);
    const { rows } = await readAll({ path });
    expect(rows.map((row) => [row['source_kind'], ...outline(row)])).toEqual([
      ['otel_genai', 'user: hi', 'assistant: bye'],
    ]);
  });
});

/** Changes the name of the compression in a footer from LZ4_RAW to LZO: field 4 of a column's metadata, a zigzag number. */
function asLzo(path: string): void {
  const bytes = readFileSync(path);
  const [lz4Raw, lzo] = [Buffer.from([0x15, 2 * 7, 0x16]), Buffer.from([0x15, 2 * 3, 0x16])];
  const at = bytes.lastIndexOf(lz4Raw);
  lzo.copy(bytes, at);
  writeFileSync(path, bytes);
}

describe('a damaged Parquet file', () => {
  it('costs no other file, and the reason is said', async () => {
    const path = folderWith({
      'b.parquet': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 10\n',
      'c.parquet': '',
      'e.parquet': 'PAR1',
    });
    const whole = join(path, 'a.parquet');
    await writeParquet(whole, [chat('hi')]);
    copyFileSync(whole, join(path, 'z.parquet'));
    const bytes = readFileSync(whole);
    writeFileSync(join(path, 'd.parquet'), bytes.subarray(0, bytes.length - 20));
    await writeParquet(join(path, 'f.parquet'), [chat('hi')], ', COMPRESSION lz4_raw');
    asLzo(join(path, 'f.parquet'));
    await writeParquet(join(path, 'g.parquet'), [chat('hi')], ', COMPRESSION lz4_raw');
    const { rows, notes } = await readAll({ path });
    expect(rows.map((row) => row['trace_id'])).toEqual(['a:1', 'g:1', 'z:1']);
    expect(notes.map(({ kind, source, reason }) => [kind, source.slice(path.length + 1), reason])).toEqual([
      ['filtered', 'b.parquet', expect.stringMatching(/^no usable line/)],
      ['filtered', 'c.parquet', 'empty file'],
      ['filtered', 'd.parquet', 'a damaged Parquet file'],
      ['filtered', 'e.parquet', 'a damaged Parquet file'],
      ['filtered', 'f.parquet', 'Parquet compressed with LZO, which is not supported'],
    ]);
  });

  it('costs the row groups that are damaged, and no others', async () => {
    const path = folderWith({});
    const many = Array.from({ length: 4500 }, (_, at) => chat(`q${at}`));
    await writeParquet(join(path, 'a.parquet'), many, ', ROW_GROUP_SIZE 2048, COMPRESSION zstd');
    const bytes = readFileSync(join(path, 'a.parquet'));
    writeFileSync(join(path, 'a.parquet'), bytes.fill(0xff, 4, 40));
    const { rows, notes } = await readAll({ path });
    expect(rows).toHaveLength(4500 - 2048);
    expect(notes).toEqual([
      {
        kind: 'filtered',
        source: `${join(path, 'a.parquet')} (rows 1 to 2048)`,
        reason: 'a damaged Parquet file',
        count: 1,
      },
    ]);
  });

  it('never ends the process', () => {
    const example = join(ROOT, 'examples', 'traces', 'chat_completion_jsonl', 'trajectories.parquet');
    const whole = readFileSync(example);
    // Bytes by place: with each of these the library gives up on the file, and leaves columns to fail later.
    const damages = [
      { 6: 187, 3033: 78, 1370: 236 },
      { 1509: 80, 285: 211 },
      { 1898: 29, 2953: 163 },
      { 266: 240, 2815: 204 },
      { 2057: 235, 3397: 142 },
    ];
    const path = folderWith({ 'whole.parquet': whole });
    for (const [at, damage] of damages.entries()) {
      const bytes = Buffer.from(whole);
      for (const [place, byte] of Object.entries(damage)) bytes[Number(place)] = byte;
      writeFileSync(join(path, `damaged-${at}.parquet`), bytes);
    }
    const program = ['bin/run.js', 'seed', 'recipes/agent-trajectories.yaml', '--trace-dir', path, '--json'];
    const { status, stdout } = spawnSync(process.execPath, program, { cwd: ROOT, encoding: 'utf8' });
    expect([status, (JSON.parse(stdout) as JsonObject)['rows']]).toEqual([0, 3]);
  });
});
