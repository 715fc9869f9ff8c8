/**
 * What redaction costs: reads the traces of a folder, then, in the same run, goes through the same rows again.
 *
 *   npm run build && node bench/redact.mjs FOLDER
 *
 * Speeds are MB of the rows' strings a second (UTF-8), the best of several rounds. `read` is reading and
 * normalising the files; `touch` only visits every string, which is the least that any redaction can cost.
 */
import { Buffer } from 'node:buffer';
import { argv, exit, stderr, stdout } from 'node:process';
import { builtInFormats } from '../dist/traces/formats/index.js';
import { createAgentRollout } from '../dist/traces/seed.js';
import { createRedactor } from '../dist/redact/index.js';

const ROUNDS = 5;

const [folder] = argv.slice(2);
if (folder === undefined) {
  stderr.write('usage: node bench/redact.mjs FOLDER\n');
  exit(2);
}

const opened = await createAgentRollout(builtInFormats).open(
  { seed_type: 'agent_rollout', format: 'auto', path: folder },
  { baseDir: '.', env: {}, homeDir: '' },
);
if (!opened.ok) {
  stderr.write(`${opened.error.message}\n`);
  exit(2);
}
const seed = opened.value;
const redactSecrets = await createRedactor({});
const redactAll = await createRedactor({ emails: true, user_names: true });

/** Goes through all entries, one at a time as a run does, and times each kind of work on its own. */
async function round() {
  const seconds = { read: 0, touch: 0, secrets: 0, everything: 0 };
  const counts = new Map();
  let bytes = 0;
  let rowCount = 0;
  for (let entry = 0; entry < seed.entryCount; entry += 1) {
    const { rows } = await timed(seconds, 'read', () => seed.read(entry));
    rowCount += rows.length;
    bytes += rows.reduce((sum, row) => sum + bytesOf(row), 0);
    await timed(seconds, 'touch', () => rows.map(charactersOf));
    await timed(seconds, 'everything', () => Promise.all(rows.map(redactAll)));
    const redacted = await timed(seconds, 'secrets', () => Promise.all(rows.map(redactSecrets)));
    for (const [kind, count] of redacted.flatMap((row) => [...row.counts])) {
      counts.set(kind, (counts.get(kind) ?? 0) + count);
    }
  }
  return { seconds, counts, bytes, rowCount };
}

async function timed(seconds, work, run) {
  const start = performance.now();
  const result = await run();
  seconds[work] += (performance.now() - start) / 1000;
  return result;
}

function stringsOf(value, visit) {
  if (typeof value === 'string') visit(value);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      visit(key);
      stringsOf(inner, visit);
    }
  }
}

function bytesOf(row) {
  let bytes = 0;
  stringsOf(row, (text) => (bytes += Buffer.byteLength(text)));
  return bytes;
}

function charactersOf(row) {
  let characters = 0;
  stringsOf(row, (text) => (characters += text.length));
  return characters;
}

const rounds = [];
for (let nth = 0; nth < ROUNDS; nth += 1) rounds.push(await round());
const [{ bytes, rowCount, counts }] = rounds;
const speed = (work) => bytes / 1e6 / Math.min(...rounds.map(({ seconds }) => seconds[work]));
const percentOfRead = (work) => ((100 * speed('read')) / speed(work)).toFixed(0);

stdout.write(`${rowCount} rows, ${(bytes / 1e6).toFixed(1)} MB of strings\n`);
for (const [work, label] of [
  ['read', 'read'],
  ['touch', 'touch every string'],
  ['secrets', 'redact secrets'],
  ['everything', 'redact secrets, e-mails, user names'],
]) {
  const share = work === 'read' ? '' : `  ${percentOfRead(work)} % of the time of reading`;
  stdout.write(`${label.padEnd(36)} ${speed(work).toFixed(0).padStart(6)} MB/s${share}\n`);
}
stdout.write(`replaced: ${[...counts].map(([kind, count]) => `${count} ${kind}`).join(', ') || 'nothing'}\n`);
