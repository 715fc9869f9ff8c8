/**
 * How long the program takes to start, beside a bare `node -e 0` of the same run.
 *
 *     node bench/startup.mjs [--rounds N]
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const RECIPES = 200;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } });
const project = fileURLToPath(new URL('..', import.meta.url));
const program = join(project, 'bin', 'run.js');

const flagship = readFileSync(join(project, 'recipes', 'agent-rollout.yaml'), 'utf8');

/** A prompt of its own for each. */
const withOwnPrompt = (index) => flagship.replaceAll('Write a digest', `Write digest ${index}`);

/** Names of its own for each: no template and no expression is that of another recipe. */
const withOwnNames = (index) =>
  flagship.replaceAll(/\b(?:trace_digest|sft_record|sft_quality_judge_result)\b/g, `$&_${index}`);

/** Recipes made of the flagship, beside the schemas they share. */
function makeRecipes(folder, textOf) {
  cpSync(join(project, 'schemas'), join(folder, 'schemas'), { recursive: true });
  mkdirSync(join(folder, 'recipes'));
  return Array.from({ length: RECIPES }, (_, index) => {
    const file = join(folder, 'recipes', `recipe-${index}.yaml`);
    writeFileSync(file, textOf(index));
    return file;
  });
}

function seconds(args) {
  const started = process.hrtime.bigint();
  execFileSync(process.execPath, args, { stdio: 'ignore' });
  return Number(process.hrtime.bigint() - started) / 1e9;
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

const folder = mkdtempSync(join(tmpdir(), 'dd-startup-'));
const contenders = new Map([
  ['node -e 0', ['-e', '0']],
  ['dd --version', [program, '--version']],
  ['dd --help', [program, '--help']],
  [
    'dd validate recipes/agent-rollout.yaml',
    [program, 'validate', join(project, 'recipes', 'agent-rollout.yaml')],
  ],
  [
    `dd validate, ${RECIPES} recipes`,
    [program, 'validate', ...makeRecipes(join(folder, 'alike'), withOwnPrompt)],
  ],
  [
    `dd validate, ${RECIPES} recipes that share no template`,
    [program, 'validate', ...makeRecipes(join(folder, 'apart'), withOwnNames)],
  ],
]);

// In turn, so that what else the machine does falls on all of them alike.
const taken = new Map([...contenders.keys()].map((name) => [name, []]));
for (let round = 0; round < Number(values.rounds); round += 1)
  for (const [name, args] of contenders) taken.get(name).push(seconds(args));
rmSync(folder, { recursive: true });

const bare = median(taken.get('node -e 0'));
console.log(`median of ${values.rounds} rounds, node ${process.version}`);
for (const [name, times] of taken) {
  const time = median(times);
  console.log(
    `${name.padEnd(46)} ${time.toFixed(3).padStart(7)} s ${(time / bare).toFixed(1).padStart(6)} x`,
  );
}
