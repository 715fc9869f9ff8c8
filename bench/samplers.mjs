/**
 * A recipe without a seed: 12 sampler columns and 3 expressions, with nothing to wait for. See bench/README.md.
 *
 *     node bench/samplers.mjs [--rows 100000] [--rounds 3] [--data-designer PYTHON]
 */
import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const SELF = fileURLToPath(import.meta.url);
const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    dd: { type: 'string', default: resolve(SELF, '../..') },
    floor: { type: 'string' },
    /** Interpreter of an environment with the package data-designer. */
    'data-designer': { type: 'string' },
  },
});
const rows = Number(flags.rows);

const sampler = (name, type, params) => ({
  name,
  column_type: 'sampler',
  sampler_type: type,
  params,
});
const expression = (name, expr, dtype) => ({ name, column_type: 'expression', expr, dtype });

const RECIPE = {
  name: 'samplers',
  columns: [
    sampler('plan', 'category', { values: ['free', 'pro', 'team'], weights: [6, 3, 1] }),
    sampler('part', 'subcategory', { category: 'plan', values: { free: [1, 2], pro: [3], team: [4, 5] } }),
    sampler('share', 'uniform', { low: 0, high: 10, decimal_places: 2 }),
    sampler('score', 'gaussian', { mean: 50, stddev: 10 }),
    sampler('coin', 'bernoulli', { p: 0.5 }),
    sampler('tries', 'binomial', { n: 10, p: 0.5 }),
    sampler('count', 'poisson', { mean: 4 }),
    sampler('curve', 'scipy', { dist_name: 'beta', dist_params: { a: 2, b: 5 } }),
    sampler('spent', 'bernoulli_mixture', { p: 0.5, dist_name: 'expon', dist_params: { scale: 10 } }),
    sampler('id', 'uuid', {}),
    sampler('ordered', 'datetime', { start: '2024-01-01', end: '2025-01-01', unit: 's' }),
    sampler('shipped', 'timedelta', { dt_min: 1, dt_max: 10, reference_column_name: 'ordered' }),
    expression('label', '{{ plan }} {{ part }}', 'str'),
    expression('total', '{{ share + score }}', 'float'),
    expression('large', '{{ tries > 5 }}', 'bool'),
  ],
};

if (flags.floor) await writeFloor(flags.floor);
else await measureAll();

/** As little as a program can do for such rows: draws, one object and one line of JSON each, one file. */
async function writeFloor(file) {
  const out = createWriteStream(file);
  for (let row = 0; row < rows; row += 1) {
    const made = Object.fromEntries(RECIPE.columns.map(({ name }) => [name, Math.random()]));
    if (!out.write(`${JSON.stringify(made)}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

async function measureAll() {
  const folder = mkdtempSync(join(tmpdir(), 'dd-samplers-'));
  try {
    writeFileSync(join(folder, 'samplers.json'), JSON.stringify(RECIPE));
    const contenders = {
      'JSON lines of random numbers': [SELF, '--rows', flags.rows, '--floor', join(folder, 'floor.jsonl')],
      'dd run': [
        join(flags.dd, 'bin/run.js'),
        'run',
        'samplers.json',
        '--num-records',
        flags.rows,
        '--quiet',
      ],
    };
    const best = {};
    for (let round = 0; round < Number(flags.rounds); round += 1)
      for (const [name, args] of Object.entries(contenders)) {
        const measured = await measure(args, folder);
        if (!best[name] || measured.seconds < best[name].seconds) best[name] = measured;
      }
    const floor = best['JSON lines of random numbers'].seconds;
    console.log(`${rows} rows of 12 sampler columns and 3 expressions, best of ${flags.rounds} rounds\n`);
    console.table(
      Object.fromEntries(
        Object.entries(best).map(([name, { seconds, cpu, peak }]) => [
          name,
          {
            seconds: seconds.toFixed(1),
            'CPU seconds': cpu.toFixed(1),
            'rows/s': Math.round(rows / seconds),
            ratio: (seconds / floor).toFixed(1),
            'peak MB': Math.round(peak),
          },
        ]),
      ),
    );
    if (flags['data-designer'])
      compareWithDataDesigner(flags['data-designer'], folder, rows / best['dd run'].seconds);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Fewer rows are enough: its time grows with their number. Loading the package is not counted. */
function compareWithDataDesigner(python, folder, ourRate) {
  const script = resolve(SELF, '../samplers-data-designer.py');
  const args = [script, join(folder, 'samplers.json'), String(Math.min(rows, 5000))];
  const stdio = ['ignore', 'pipe', 'ignore'];
  const [last] = execFileSync(python, args, { encoding: 'utf8', stdio }).trim().split('\n').slice(-1);
  const theirs = JSON.parse(last);
  const rate = theirs.rows / theirs.seconds;
  console.log(
    `Data Designer: ${theirs.rows} rows, ${rate.toFixed(0)} rows/s; dd is ${(ourRate / rate).toFixed(1)} times as fast`,
  );
}

/** Runs a program to its end: seconds, CPU seconds, and the largest resident set in MB (Linux). */
async function measure(args, cwd) {
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  let last = { peak: 0, cpu: 0 };
  const timer = setInterval(() => (last = usageOf(child.pid) ?? last), 50);
  const [code] = await once(child, 'exit');
  clearInterval(timer);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return { seconds: (performance.now() - started) / 1000, ...last };
}

function usageOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    // Ticks of a hundredth of a second: user and system.
    return {
      peak: Number(/VmHWM:\s+(\d+)/.exec(status)[1]) / 1024,
      cpu: (Number(stat[11]) + Number(stat[12])) / 100,
    };
  } catch {
    return undefined;
  }
}
