/**
 * How fast traces are read, beside what the machine can do at most. See bench/README.md.
 *
 *     node bench/ingest.mjs FOLDER | --generate MB   [--rounds N]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeSessions } from './synthetic-sessions.mjs';

/**
 * What is compared; each runs in a process of its own, so that none warms or burdens another. Each is
 * opened for a folder and then read entry by entry, as seeds are.
 */
const CONTENDERS = {
  'reading only': (files) => readFiles(files, (file) => readFileSync(file)),
  'JSON.parse of every line': (files) =>
    readFiles(files, (file) => {
      for (const line of readFileSync(file, 'utf8').split('\n')) parse(line);
    }),
  'the same, decoded line by line': (files) =>
    readFiles(files, (file) => {
      const bytes = readFileSync(file);
      for (let start = 0; start < bytes.length;) {
        const newline = bytes.indexOf(10, start);
        const end = newline === -1 ? bytes.length : newline;
        parse(bytes.toString('utf8', start, end));
        start = end + 1;
      }
    }),
  'dd, redact: false': (files, folder) => openSeed(folder),
  'dd, redacted': async (files, folder) => {
    const { createRedactor } = await import('../dist/redact/index.js');
    const { redactSeed } = await import('../dist/seeds/redact-seed.js');
    redactor ??= await createRedactor({});
    return redactSeed(await openSeed(folder), redactor);
  },
};

const BASELINE = 'JSON.parse of every line';
/** In milliseconds: for so long V8 compiles most of what runs often. */
const WARM_UP = 1000;
let redactor;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    generate: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    /** Used by the bench itself, for its child processes. */
    measure: { type: 'string' },
  },
});

if (values.measure) console.log(JSON.stringify(await measure(values.measure, positionals[0])));
else if (values.generate) withGenerated(Number(values.generate), compare);
else if (positionals[0]) compare(resolve(positionals[0]));
else {
  console.error('usage: node bench/ingest.mjs FOLDER | --generate MB   [--rounds N]');
  process.exitCode = 2;
}

function withGenerated(size, use) {
  const folder = mkdtempSync(join(tmpdir(), 'dd-ingest-'));
  try {
    writeSessions(folder, size);
    use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs all contenders in turn, several rounds, and prints the medians. */
function compare(folder) {
  const names = Object.keys(CONTENDERS);
  const results = new Map(names.map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const name of names) {
      const output = execFileSync(process.execPath, [import.meta.filename, `--measure=${name}`, folder]);
      results.get(name).push(JSON.parse(output));
    }
  }
  const files = traceFiles(folder);
  console.log(`${files.length} files, ${(sizeOf(files) / 1e6).toFixed(1)} MB, ${values.rounds} rounds\n`);
  const speeds = new Map(names.map((name) => [name, median(results.get(name).map(({ speed }) => speed))]));
  console.log(row('', 'MB/s', 'ratio', 'peak MB', 'rows'));
  for (const name of names) {
    const ratio = speeds.get(name) / speeds.get(BASELINE);
    const peak = Math.max(...results.get(name).map(({ peakMb }) => peakMb));
    const { rows } = results.get(name)[0];
    console.log(row(name, speeds.get(name).toFixed(0), ratio.toFixed(2), peak.toFixed(0), rows ?? ''));
  }
}

/** Reads everything at least once and for at least a second, after a second to warm up. */
async function measure(name, folder) {
  const files = traceFiles(folder);
  const open = () => CONTENDERS[name](files, folder);
  await readFor(WARM_UP, await open());
  const start = performance.now();
  let passes = 0;
  let rows;
  do {
    rows = await readFor(Infinity, await open());
    passes += 1;
  } while (performance.now() - start < 1000);
  const seconds = (performance.now() - start) / 1000;
  const peakMb = process.resourceUsage().maxRSS / 1024;
  return { speed: (sizeOf(files) * passes) / 1e6 / seconds, peakMb, rows };
}

/** Reads entry by entry until so many milliseconds have passed; how many rows there were. */
async function readFor(milliseconds, { entryCount, read }) {
  const start = performance.now();
  let rows = 0;
  for (let entry = 0; entry < entryCount && performance.now() - start < milliseconds; entry += 1) {
    rows += (await read(entry))?.rows.length ?? NaN;
  }
  return Number.isNaN(rows) ? undefined : rows;
}

function readFiles(files, read) {
  return { entryCount: files.length, read: (entry) => void read(files[entry]) };
}

async function openSeed(folder) {
  const { createAgentRollout } = await import('../dist/traces/seed.js');
  const { builtInFormats } = await import('../dist/traces/formats/index.js');
  const context = { baseDir: folder, env: {}, homeDir: homedir() };
  const opened = await createAgentRollout(builtInFormats).open({ path: folder }, context);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

function traceFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith('.jsonl'))
    .map((path) => join(folder, path));
}

function sizeOf(files) {
  return files.reduce((sum, file) => sum + statSync(file).size, 0);
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function row(name, ...cells) {
  return name.padEnd(32) + cells.map((cell) => String(cell).padStart(9)).join('');
}
