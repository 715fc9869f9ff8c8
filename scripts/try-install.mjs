/**
 * Installs this commit in every way that the documentation names, each into an empty folder with an empty home, and
 * starts the program: from a tarball and from git, global and local; the pre-commit hook through pre-commit itself;
 * the steps of action.yml. Needs git, npm, bash, Python 3 and a package registry. Takes some minutes.
 *
 *   node scripts/try-install.mjs [tarball|git|pre-commit|action]...
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'dd-install-'));
const home = folder('home');
const env = {
  ...process.env,
  HOME: home,
  XDG_CACHE_HOME: join(home, '.cache'),
  npm_config_cache: join(home, 'npm'),
};
for (const name of Object.keys(env)) if (/_API_KEY$|^GIT_/.test(name)) delete env[name];

const brokenRecipe = 'name: broken\ncolumns:\n  - { name: a, column_type: expresion, expr: "{{ 1 }}" }\n';

const ways = { tarball: tryTarball, git: tryGit, 'pre-commit': tryPreCommit, action: tryAction };
const asked = process.argv.slice(2);
try {
  // A clone has what is committed, and nothing else.
  call(work, 'git', 'clone', '--quiet', root, 'clone');
  for (const [name, way] of Object.entries(ways)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const started = Date.now();
    way(join(work, 'clone'));
    process.stdout.write(`ok  ${name}  ${Math.round((Date.now() - started) / 1000)}s\n`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

function tryTarball(clone) {
  const tarball = join(clone, call(clone, 'npm', 'pack', '--silent').trim().split('\n').at(-1));
  installBoth('tarball', tarball);
}

function tryGit(clone) {
  installBoth('git', `git+file://${clone}`);
}

/** Global and local installation of one package, by what npm calls its spec. */
function installBoth(name, spec) {
  const prefix = folder(`${name}-global`);
  call(prefix, 'npm', 'install', '--global', '--prefix', prefix, spec);
  startsFrom(`${name}-global-use`, join(prefix, 'bin', 'dd'));

  const project = folder(`${name}-local`);
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
  call(project, 'npm', 'install', spec);
  startsFrom(`${name}-local-use`, join(project, 'node_modules', '.bin', 'dd-recipes'));
}

/** The first commands of a new user, in an empty folder. */
function startsFrom(name, dd) {
  const here = folder(name);
  call(here, dd, '--version');
  const dataset = call(
    here,
    dd,
    'run',
    'agent-rollout',
    '--trace-dir',
    'examples',
    '--dry-run',
    '--quiet',
  ).trim();
  const { rows } = JSON.parse(readFileSync(join(dataset, 'metadata.json'), 'utf8'));
  expect(rows.done > 10, `${name} made ${rows.done} rows`);
  call(here, dd, 'init', 'mine', '--template', 'agent-rollout');
  call(here, dd, 'validate', 'mine.yaml');
}

function tryPreCommit(clone) {
  call(work, 'python3', '-m', 'venv', 'venv');
  call(work, join(work, 'venv', 'bin', 'pip'), 'install', '--quiet', 'pre-commit');
  const preCommit = join(work, 'venv', 'bin', 'pre-commit');
  const project = folder('hooked');
  const rev = call(clone, 'git', 'rev-parse', 'HEAD').trim();
  call(project, 'git', 'init', '--quiet');
  writeFileSync(
    join(project, '.pre-commit-config.yaml'),
    `repos:\n  - repo: ${clone}\n    rev: ${rev}\n    hooks:\n      - id: dd-validate\n`,
  );
  cpSync(join(root, 'recipes'), join(project, 'recipes'), { recursive: true });
  cpSync(join(root, 'schemas'), join(project, 'schemas'), { recursive: true });
  call(project, 'git', 'add', '.');
  call(project, preCommit, 'run', '--all-files');

  writeFileSync(join(project, 'recipes', 'broken.yaml'), brokenRecipe);
  call(project, 'git', 'add', '.');
  const refused = fails(project, preCommit, 'run', '--all-files');
  expect(refused.includes('recipes/broken.yaml:3:'), `pre-commit did not show the mistake:\n${refused}`);
}

/** Runs the steps of the action as a runner does: each `run` in bash, in the user's checkout. */
function tryAction(clone) {
  const checkout = folder('action-checkout');
  const action = join(work, 'action');
  call(work, 'git', 'clone', '--quiet', clone, action);
  mkdirSync(join(checkout, 'recipes'));
  const output = join(work, 'github-output');
  writeFileSync(output, '');
  const { runs, inputs } = parse(readFileSync(join(action, 'action.yml'), 'utf8'));
  const steps = (recipes) => {
    for (const step of runs.steps) {
      // The Node of this machine is new enough: `actions/setup-node` has nothing to do.
      if (step.uses !== undefined) {
        expect(readFileSync(output, 'utf8').includes('works=true'), 'the action did not accept this Node');
        continue;
      }
      const given = {
        ...Object.fromEntries(Object.entries(inputs).map(([name, { default: value }]) => [name, value])),
        recipes,
      };
      const passed = Object.entries(step.env ?? {}).map(([name, value]) => [
        name,
        value.replace(/\$\{\{ inputs\.(\w+) \}\}/, (_, input) => given[input]),
      ]);
      const stepEnv = {
        ...env,
        ...Object.fromEntries(passed),
        GITHUB_ACTION_PATH: action,
        GITHUB_OUTPUT: output,
      };
      const { stdout, status } = attempt(
        checkout,
        'bash',
        ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run],
        stepEnv,
      );
      if (status !== 0) return { stdout, status };
    }
    return { stdout: '', status: 0 };
  };
  writeFileSync(join(checkout, 'recipes', 'sound.yaml'), brokenRecipe.replace('expresion', 'expression'));
  const sound = steps('recipes');
  expect(sound.status === 0, `the action refused a sound recipe:\n${sound.stdout}`);
  writeFileSync(join(checkout, 'recipes', 'broken.yaml'), brokenRecipe);
  const broken = steps('recipes');
  expect(
    broken.status !== 0 && /^::error file=recipes\/broken\.yaml,line=3/m.test(broken.stdout),
    `the action annotated nothing:\n${broken.stdout}`,
  );
}

function folder(name) {
  const path = join(work, name);
  mkdirSync(path);
  return path;
}

function call(cwd, program, ...args) {
  const { stdout, status } = attempt(cwd, program, args, env);
  expect(status === 0, `${[program, ...args].join(' ')} ended with ${status}:\n${stdout}`);
  return stdout;
}

function fails(cwd, program, ...args) {
  const { stdout, status } = attempt(cwd, program, args, env);
  expect(status !== 0, `${[program, ...args].join(' ')} should have failed:\n${stdout}`);
  return stdout;
}

function attempt(cwd, program, args, variables) {
  try {
    return {
      stdout: execFileSync(program, args, {
        cwd,
        env: variables,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
      status: 0,
    };
  } catch (error) {
    if (typeof error.status !== 'number') throw error;
    return { stdout: error.stdout, status: error.status };
  }
}

function expect(isTrue, message) {
  if (!isTrue) throw new Error(message);
}
