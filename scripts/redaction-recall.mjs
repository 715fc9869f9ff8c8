/**
 * Measures what redaction finds, against gitleaks. Needs Go, which gets gitleaks from the Go module proxy.
 *
 *   npm run build && node scripts/redaction-recall.mjs [--tests FOLDER] [--misses]
 *   node scripts/redaction-recall.mjs --rules    # writes scripts/gitleaks/rules.json from gitleaks' rules
 *
 * The corpora: the examples that gitleaks generates for each of its rules; bench/redaction-corpus.mjs; and, with
 * `--tests`, the table-driven Go tests below a folder, such as `pkg/detectors` of trufflehog. A secret is found when
 * less than 60 of 100 of its characters are left. `--misses` prints one secret of every kind that was not found.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { falsePositives, isGone, redactionCorpus } from '../bench/redaction-corpus.mjs';

const MODULE = 'github.com/zricethezav/gitleaks/v8';
const VERSION = '8.30.1';
const here = fileURLToPath(new URL('gitleaks/', import.meta.url));
const folder = join(tmpdir(), `gitleaks-${VERSION}`);
const program = join(folder, 'corpora');

const run = (command, args, { cwd = folder, input } = {}) =>
  execFileSync(command, args, {
    cwd,
    input,
    encoding: 'utf8',
    maxBuffer: 1e9,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
const linesOf = (text) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** A copy of the published module in which the validation of rules prints their examples instead. */
function buildGitleaks() {
  if (existsSync(program)) return;
  const { Dir } = JSON.parse(run('go', ['mod', 'download', '-json', `${MODULE}@v${VERSION}`], { cwd: here }));
  rmSync(folder, { recursive: true, force: true });
  cpSync(Dir, folder, { recursive: true });
  run('chmod', ['-R', 'u+w', '.']);
  cpSync(join(here, 'record.go'), join(folder, 'cmd/generate/config/utils/validate.go'));
  cpSync(join(here, 'seeded.go'), join(folder, 'cmd/generate/secrets/regen.go'));
  mkdirSync(join(folder, 'cmd/corpora'));
  for (const file of ['main.go', 'tests.go']) cpSync(join(here, file), join(folder, 'cmd/corpora', file));
  run('go', ['build', '-o', program, './cmd/corpora']);
  chmodSync(program, 0o755);
}

const generated = () =>
  linesOf(run('go', ['run', '.', join(folder, 'unused.toml')], { cwd: join(folder, 'cmd/generate/config') }));

/** `name:password` is redacted as `name:[REDACTED:…]`. */
const essential = ({ kind, secret }) =>
  kind === 'curl-auth-user' ? secret.replace(/^[^:]+:(?=.)/, '') : secret;

function measure(name, cases, redact) {
  const seen = new Set();
  const distinct = cases.filter(({ text, secret }) => {
    const isNew = secret !== '' && !seen.has(text + secret);
    seen.add(text + secret);
    return isNew;
  });
  const found = linesOf(
    run(program, ['scan'], {
      input: distinct.map(({ text, path }) => JSON.stringify({ text, path })).join('\n'),
    }),
  );
  const byKind = new Map();
  distinct.forEach((example, index) => {
    const secret = essential(example);
    const start = secret.slice(0, Math.max(4, Math.floor(secret.length * 0.6)));
    const counts = byKind.get(example.kind) ?? { all: 0, dd: 0, gitleaks: 0, missed: undefined };
    byKind.set(example.kind, counts);
    counts.all += 1;
    if (isGone(String(redact({ text: example.text }).row.text), secret)) counts.dd += 1;
    else counts.missed ??= example.text;
    if (found[index].some((part) => part.includes(start) || (part.length >= 6 && secret.includes(part))))
      counts.gitleaks += 1;
  });
  const sum = (key) => [...byKind.values()].reduce((total, counts) => total + counts[key], 0);
  const percent = (key) => `${((100 * sum(key)) / sum('all')).toFixed(1)} %`;
  stdout.write(
    `${name.padEnd(44)} ${String(sum('all')).padStart(6)} ${String(byKind.size).padStart(6)} ${percent('dd').padStart(9)} ${percent('gitleaks').padStart(9)}\n`,
  );
  if (!argv.includes('--misses')) return;
  for (const [kind, { all, dd, missed }] of byKind) {
    if (missed !== undefined)
      stdout.write(`  ${kind}: ${dd} of ${all}; ${JSON.stringify(missed).slice(0, 200)}\n`);
  }
}

buildGitleaks();
if (argv.includes('--rules')) {
  const rules = linesOf(run(program, ['rules'])).map(({ id, regex, entropy }) => ({ id, regex, entropy }));
  const text = JSON.stringify({ version: VERSION, licence: 'MIT', source: MODULE, rules }, null, 2);
  writeFileSync(join(here, 'rules.json'), `${text}\n`);
} else {
  const { createRedactor } = await import('../dist/redact/index.js');
  const redact = await createRedactor({});
  stdout.write(
    `${'corpus'.padEnd(44)} ${'texts'.padStart(6)} ${'kinds'.padStart(6)} ${'dd'.padStart(9)} ${'gitleaks'.padStart(9)}\n`,
  );
  measure(`examples of gitleaks ${VERSION}`, generated(), redact);
  measure('contexts by shapes', redactionCorpus(), redact);
  const tests = argv[argv.indexOf('--tests') + 1];
  if (argv.includes('--tests'))
    measure('tests of another scanner', linesOf(run(program, ['tests', tests])), redact);
  const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
  const { megabytes, finds } = falsePositives(modules, redact);
  stdout.write(
    `finds in ${megabytes.toFixed(0)} MB of node_modules: ${[...finds].map(([kind, count]) => `${count} ${kind}`).join(', ')}\n`,
  );
}
