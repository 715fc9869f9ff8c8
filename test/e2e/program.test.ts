import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { projectDir } from '../rig/program.js';
import { useStage } from '../rig/stage.js';
import { rolloutAnswer } from '../rig/rollout-answers.js';
import { writeSessions } from '../rig/traces.js';

const stage = useStage((workspace) => writeSessions(workspace, 2));

const recipe = 'recipes/agent-rollout.yaml';
const seed = ['--trace-dir', 'traces'];

/**
 * Most tests run the program in a process that is running already (`rig/warm-host.mjs`). This holds only while a
 * program that starts for one command alone says and does the same: checked here once for each command.
 */
describe('a program that starts for one command does what the tests see in one that is running already', () => {
  it.each<[number, readonly string[]]>([
    [0, ['--version']],
    [0, ['--help']],
    [2, ['rnu']],
    [2, ['run', recipe, '--num-record', '2']],
    [0, ['run', recipe, '--help']],
    [0, ['run', recipe, '--dry-run', '--preview', ...seed]],
    // How far the seed was read when the run stops is a matter of time, so its counts are left out.
    [3, ['run', recipe, ...seed, '--quiet']],
    [0, ['run', recipe, ...seed, '--model', 'nvidia-super=openai/gpt-test', '--no-cache', '--json']],
    [1, ['run', recipe, ...seed, '--model', 'nvidia-super=openai/refused', '--no-cache']],
    [2, ['retry', 'none']],
    [0, ['validate', recipe]],
    [2, ['validate', recipe, '--strict']],
    [0, ['explain', 'unknown-field']],
    [0, ['plan', recipe, ...seed]],
    [0, ['render', recipe, '--column', 'trace_digest', ...seed]],
    [0, ['seed', recipe, ...seed, '--json']],
    [0, ['schema', 'llm-text']],
    [0, ['check-models', recipe, '--model', 'nvidia-super=openai/gpt-test']],
    [2, ['merge', 'none', 'neither']],
    [0, ['runs', '--json']],
    [0, ['store']],
  ])('%i %j', async (code, args) => {
    const { workspace, server } = stage;
    server.handle((call) => (call.model === 'refused' ? call.status(400) : call.reply(rolloutAnswer(call))));
    const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sk-test' };
    const started = await workspace.spawn(args, env).ended;
    const warm = await workspace.run(args, env);
    expect(timeless(warm)).toEqual(timeless(started));
    expect(started.code).toBe(code);
  });
});

it('starts without its larger packages: all but a few small ones are imported when they are used', () => {
  const program = join(projectDir, 'dist', 'program');
  const files = readdirSync(program, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.js'),
  );
  const imported = files.flatMap((file) =>
    [...readFileSync(join(program, file), 'utf8').matchAll(/(?:from|import)"([@\w][^"]*)"/g)].map(
      ([, name = '']) => name,
    ),
  );
  expect([...new Set(imported.filter((name) => !isBuiltin(name)))].toSorted()).toEqual([
    'jsonrepair',
    'pure-rand/distribution/uniformFloat64',
    'pure-rand/distribution/uniformInt',
    'pure-rand/generator/xoroshiro128plus',
    'tinyqueue',
    'write-file-atomic',
  ]);
});

/** Times, rates and counts by second differ from run to run, and how far the seed was read when a missing key stops the run. */
function timeless(ended: { readonly stdout: string; readonly stderr: string }): object {
  const blank = (text: string): string =>
    text
      .replaceAll(/^\{"v":1,"event":"progress".*\n/gm, '')
      .replaceAll(/\d+(\.\d+)? ?m?s\b|"seconds": [\d.]+|\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replace(', the rest of the seed was not read', '');
  return { ...ended, stdout: blank(ended.stdout), stderr: blank(ended.stderr) };
}
