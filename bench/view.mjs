/** Measures what `dd view` does with a large dataset: see README.md. */
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDataset } from '../dist/view/server/dataset.js';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '100000' } } });
const count = Number(values.rows);
const signal = new AbortController().signal;
const folder = await mkdtemp(join(tmpdir(), 'dd-bench-'));
const page = { offset: 0, limit: 50, paths: ['trace_id', 'response', 'judge.groundedness.score'] };
const search = (text) => ({ filters: [], search: text });

try {
  const bytes = await generate(folder, count);
  console.log(`${count} rows, ${Math.round(bytes / 1e6)} MB\n`);
  const read = await time(() => readAll(folder));
  const place = { name: 'bench', folder, staging: join(folder, 'none'), lock: join(folder, 'lock') };
  let dataset;
  const first = await time(async () => {
    dataset = await openDataset(place, () => new Date());
    await dataset.look();
    await dataset.rows(search(''), page, signal);
  });
  const index = await time(async () => {
    while ((await dataset.look()) === 'grown');
  });
  const rss = process.memoryUsage.rss();
  const filters = [
    { path: 'judge.groundedness.score', operator: 'at-least', value: '3' },
    { path: 'task', operator: 'is', value: 'task 7' },
  ];
  const sort = { path: 'judge.usefulness.score', descending: true };
  const rows = (query, more = {}) => dataset.rows(query, { ...page, ...more }, signal);
  const loop = await time(() => passOver(count));
  const row = (what, seconds, floor, name) =>
    console.log(
      [
        what.padEnd(34),
        `${(seconds * 1000).toFixed(1)} ms`.padStart(11),
        `${(seconds / floor).toFixed(1)} x ${name}`,
      ].join('  '),
    );
  row('read every byte', read, read, 'itself');
  row('first page', first, read, 'every byte');
  row('index of all columns', index, read, 'every byte');
  row('one pass over an array of numbers', loop, loop, 'itself');
  row('two filters, and 50 rows', await time(() => rows({ filters, search: '' })), loop, 'the pass');
  row(
    'bars of all scores',
    await time(() => dataset.facets({ filters, search: '' }, [], signal)),
    loop,
    'the pass',
  );
  row('sort, and 50 rows', await time(() => rows({ filters: [], search: '', sort })), loop, 'the pass');
  row(
    '50 rows at the end, sorted',
    await time(() => rows({ filters: [], search: '', sort }, { offset: count - 50 })),
    loop,
    'the pass',
  );
  row('one record', await time(() => dataset.record(Math.floor(count * 0.77))), loop, 'the pass');
  row('text that is in one row', await time(() => rows(search(`needle ${count - 1} `))), read, 'every byte');
  row(
    'regular expression',
    await time(() => rows(search(String.raw`/needle ${count - 1}\b/`))),
    read,
    'every byte',
  );
  console.log(
    `\nmemory after the index: ${Math.round(rss / 1e6)} MB; at the end: ${Math.round(process.memoryUsage.rss() / 1e6)} MB`,
  );
  await dataset.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function time(work) {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

async function readAll(folder) {
  const file = await open(join(folder, 'data', 'part-00000.jsonl'));
  const chunk = Buffer.allocUnsafe(1 << 20);
  while ((await file.read(chunk, 0, chunk.length)).bytesRead > 0);
  await file.close();
}

function passOver(length) {
  const numbers = new Float64Array(length).map((_, index) => index % 5);
  let found = 0;
  for (let at = 0; at < length; at += 1) if (numbers[at] >= 3) found += 1;
  return found;
}

/** Sessions as the flagship recipe has them: most are short, every tenth has 20 kB. */
async function generate(folder, rows) {
  const { mkdir } = await import('node:fs/promises');
  await mkdir(join(folder, 'data'));
  const file = await open(join(folder, 'data', 'part-00000.jsonl'), 'w');
  let bytes = 0;
  let lines = [];
  for (let row = 0; row < rows; row += 1) {
    const text = `Session ${row} is about part ${(row * 7919) % 1000}. `;
    const long = text.repeat(row % 10 === 0 ? 400 : 46);
    const line = `${JSON.stringify({
      trace_id: `trace-${row}`,
      task: `task ${row % 23}`,
      started_at: new Date(1.7e12 + row * 60_000).toISOString(),
      messages: [
        { role: 'user', content: [{ type: 'text', text: long }] },
        { role: 'assistant', content: [{ type: 'text', text }] },
      ],
      record: { instruction: text.repeat(4), difficulty: ['easy', 'medium', 'hard'][row % 3] },
      response: `${text.repeat(6)} needle ${row} `,
      judge: Object.fromEntries(
        ['groundedness', 'usefulness', 'faithfulness'].map((name, index) => [
          name,
          { reasoning: `${text}${name}`, score: (row * (index + 3)) % 5 },
        ]),
      ),
      recommended: row % 4 === 0,
    })}\n`;
    bytes += Buffer.byteLength(line);
    lines.push(line);
    if (lines.length === 1000) {
      await file.writeFile(lines.join(''));
      lines = [];
    }
  }
  await file.writeFile(lines.join(''));
  await file.close();
  const score = { type: 'integer', enum: [0, 1, 2, 3, 4] };
  const criterion = { type: 'object', properties: { reasoning: { type: 'string' }, score } };
  const judge = {
    type: 'object',
    properties: { groundedness: criterion, usefulness: criterion, faithfulness: criterion },
  };
  const columns = [
    ...['trace_id', 'task', 'started_at'].map((name) => ({ name, schema: { type: 'string' }, from: 'seed' })),
    { name: 'messages', schema: { type: 'array' }, from: 'seed' },
    { name: 'record', schema: { type: 'object' }, from: 'column' },
    { name: 'response', schema: { type: 'string' }, from: 'column' },
    { name: 'judge', schema: judge, from: 'column' },
    { name: 'recommended', schema: { type: 'boolean' }, from: 'column' },
  ];
  await writeFile(
    join(folder, 'metadata.json'),
    JSON.stringify({ status: 'finished', fabricated: false, columns, parts: 1 }),
  );
  return bytes;
}
