/**
 * Makes a folder of exports for `train.py`: two recipes that come with dd, as dry runs over the example traces, and a
 * dataset of pairs; each in every format for training that fits it.
 *
 * node scripts/trainers/make-exports.mjs FOLDER
 */
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const [folder] = process.argv.slice(2);
if (!folder) throw new Error('node scripts/trainers/make-exports.mjs FOLDER');
await mkdir(folder, { recursive: true });

const dd = (...args) =>
  execFileSync(process.execPath, [join(root, 'bin/run.js'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  });

for (const recipe of ['agent-rollout', 'agent-trajectories'])
  dd('run', recipe, '--trace-dir', 'examples', '--dry-run', '--quiet');

const rows = Array.from({ length: 8 }, (_, at) => ({
  prompt: `What is ${at} and ${at}?`,
  chosen: `It is ${at + at}.`,
  rejected: 'That depends.',
}));
const columns = Object.keys(rows[0]).map((name) => ({ name, schema: { type: 'string' }, from: 'column' }));
await mkdir(join(folder, 'artifacts/pairs/data'), { recursive: true });
await writeFile(
  join(folder, 'artifacts/pairs/data/part-00000.jsonl'),
  rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
);
await writeFile(
  join(folder, 'artifacts/pairs/metadata.json'),
  JSON.stringify({
    dataset: 'pairs',
    status: 'finished',
    parts: 1,
    columns,
    fabricated: false,
    recipe: { name: 'pairs', file: 'pairs.yaml', sha256: '' },
    rows: { done: rows.length, failed: 0, skipped: 0, filtered: 0, unfinished: 0 },
    usage: [],
    dd_version: '',
    finished_at: '',
  }),
);

const exports = [
  ...['messages', 'prompt-completion', 'alpaca', 'sharegpt'].map((format) => [
    'agent-rollout-dry-run',
    format,
  ]),
  ...['messages', 'prompt-completion', 'trajectories', 'sharegpt'].map((format) => [
    'agent-trajectories-dry-run',
    format,
  ]),
  ...['messages', 'dpo', 'kto'].map((format) => ['pairs', format]),
];
for (const [dataset, format] of exports)
  dd('export', dataset, '--format', format, '--where', 'true', '--output', `${dataset}.${format}/`);
