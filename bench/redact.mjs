/**
 * What redaction finds, what it takes by mistake, and what it costs.
 *
 *   npm run build && node bench/redact.mjs FOLDER [--by-vendor]
 *
 * Recall: made-up tokens of every vendor's form in four places, and random values in many contexts; `--by-vendor` prints
 * each. Mistakes: finds in 60 MB of node_modules. Cost: reads the traces of the folder, then, in the same run, goes
 * through the same rows again.
 *
 * Speeds are MB of the rows' strings a second (UTF-8), the best of several rounds. `read` is reading and
 * normalising the files; `touch` only visits every string, which is the least that any redaction can cost.
 */
import { Buffer } from 'node:buffer';
import { argv, exit, stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { builtInFormats } from '../dist/traces/formats/index.js';
import { createAgentRollout } from '../dist/traces/seed.js';
import { GITLEAKS_NAMED, GITLEAKS_TOKENS } from '../dist/redact/gitleaks-rules.js';
import { createRedactor } from '../dist/redact/index.js';
import { falsePositives, isGone, redactionCorpus, vendorCorpus } from './redaction-corpus.mjs';

const ROUNDS = 5;
/** A small folder takes more rounds, until the compiler has seen the code often enough. */
const ENOUGH = 60e6;

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
for (let seen = 0; rounds.length < ROUNDS || seen < ENOUGH; seen += rounds.at(-1).bytes)
  rounds.push(await round());
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
/** The share that is found, in all or of each kind. */
function recall(name, corpus) {
  const kinds = new Map();
  for (const { kind, text, secret } of corpus) {
    const [found, all] = kinds.get(kind) ?? [0, 0];
    kinds.set(kind, [found + (isGone(String(redactSecrets({ text }).row.text), secret) ? 1 : 0), all + 1]);
  }
  const found = [...kinds.values()].reduce((sum, [count]) => sum + count, 0);
  stdout.write(
    `recall, ${name}: ${((100 * found) / corpus.length).toFixed(1)} % of ${corpus.length}, ${kinds.size} kinds\n`,
  );
  if (!argv.includes('--by-vendor')) return;
  for (const [kind, [count, all]] of kinds) stdout.write(`  ${kind.padEnd(46)} ${count} of ${all}\n`);
}

recall("tokens of vendors' forms", vendorCorpus(GITLEAKS_TOKENS, GITLEAKS_NAMED));
recall('random values in contexts', redactionCorpus());
const { megabytes, finds } = falsePositives(
  fileURLToPath(new URL('../node_modules', import.meta.url)),
  redactSecrets,
);
const byKind = [...finds].map(([kind, count]) => `${count} ${kind}`).join(', ');
stdout.write(`finds in ${megabytes.toFixed(0)} MB of node_modules: ${byKind || 'none'}\n`);
stdout.write(`replaced: ${[...counts].map(([kind, count]) => `${count} ${kind}`).join(', ') || 'nothing'}\n`);
