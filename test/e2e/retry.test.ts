import { rename, rm } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import type { ModelCall } from '../rig/model-server.js';
import type { Ended } from '../rig/program.js';
import { useStage } from '../rig/stage.js';
import { columnOf, rolloutAnswer } from '../rig/rollout-answers.js';
import { writeSessions } from '../rig/traces.js';

const stage = useStage((workspace) => writeSessions(workspace, 4));

const env = (): Record<string, string> => ({ OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' });
const runArgs = [
  'run', 'recipes/agent-rollout.yaml', '--model', 'nvidia-super=openai/gpt-test', '--trace-dir', 'traces',
  '--shuffle', '--seed', '3', '--set', 'run_config.max_conversation_restarts=0',
]; // prettier-ignore
const run = (): Promise<Ended> => stage.workspace.run(runArgs, env());
const retry = (...args: readonly string[]): Promise<Ended> =>
  stage.workspace.run(['retry', 'agent-rollout', ...args], env());
const nameOf = (call: ModelCall): string => `${columnOf(call)} ${/bug number \d+/.exec(call.prompt)?.[0]}`;
const answerAll = (): void => stage.server.handle((call) => call.reply(rolloutAnswer(call)));

/** A run in which one record never becomes valid and one judge is refused as too long. */
async function runWithTwoFailures(): Promise<void> {
  stage.server.handle((call) => {
    if (nameOf(call) === 'sft_record bug number 1') return call.reply('I cannot.');
    if (nameOf(call) === 'judge bug number 2')
      return call.status(400, { body: { error: { message: 'x', code: 'context_length_exceeded' } } });
    return call.reply(rolloutAnswer(call));
  });
  expect((await run()).code).toBe(1);
  const failures = await stage.workspace.failures('agent-rollout');
  expect(failures.map(({ class: kind }) => kind).sort()).toEqual(['context-window', 'schema']);
}

/** What was asked since the last time. */
function since(count: number): readonly string[] {
  return stage.server.calls.slice(count).map(nameOf).sort();
}

describe('dd retry', () => {
  it('asks what failed and what depends on it, and nothing else', async () => {
    await runWithTwoFailures();
    const before = stage.server.calls.length;
    answerAll();
    const ended = await retry();
    expect(ended.code).toBe(0);
    expect(ended.stdout).toBe(`${stage.workspace.path('artifacts/agent-rollout')}\n`);
    expect(ended.stderr).toContain('retrying 1 cell of ');
    expect(since(before)).toEqual(['judge bug number 1', 'judge bug number 2', 'sft_record bug number 1']);
    expect(await stage.workspace.failures('agent-rollout')).toEqual([]);
    expect(await stage.workspace.metadata('agent-rollout')).toMatchObject({
      status: 'finished',
      rows: { done: 4, failed: 0 },
    });

    const retried = await stage.workspace.rows('agent-rollout');
    await run();
    expect(since(before)).toHaveLength(3);
    expect(await stage.workspace.rows('agent-rollout')).toEqual(retried);
  });

  it.each([
    ['--class', 'context-window', ['judge bug number 2'], 'schema'],
    ['--column', 'sft_record', ['judge bug number 1', 'sft_record bug number 1'], 'context-window'],
  ])('%s %s leaves every other failure as it was, without a call', async (flag, value, asked, left) => {
    await runWithTwoFailures();
    const failures = await stage.workspace.failures('agent-rollout');
    const kept = failures.find((line) => line['class'] === left);
    const before = stage.server.calls.length;
    answerAll();
    expect((await retry(flag, value)).code).toBe(1);
    expect(since(before)).toEqual(asked);
    expect(await stage.workspace.rows('agent-rollout')).toHaveLength(3);
    expect(await stage.workspace.failures('agent-rollout')).toEqual([kept]);
  });

  it('leaves rows alone that came to the seed meanwhile', async () => {
    await runWithTwoFailures();
    await writeSessions(stage.workspace, 2, 4);
    const before = stage.server.calls.length;
    answerAll();
    expect((await retry()).code).toBe(0);
    expect(since(before)).toEqual(['judge bug number 1', 'judge bug number 2', 'sft_record bug number 1']);
    expect(await stage.workspace.rows('agent-rollout')).toHaveLength(4);
    expect(await stage.workspace.metadata('agent-rollout')).toMatchObject({
      rows: { done: 4, unfinished: 2 },
    });
  });

  it('that fails again says so and tries again the next time', async () => {
    await runWithTwoFailures();
    const before = stage.server.calls.length;
    stage.server.handle((call) => call.reply('Still no.'));
    expect((await retry('--class', 'schema')).code).toBe(1);
    const again = stage.server.calls.length;
    expect(again).toBeGreaterThan(before);
    answerAll();
    expect((await retry('--class', 'schema')).code).toBe(1);
    expect(since(again)).toEqual(['judge bug number 1', 'sft_record bug number 1']);
  });

  it('says that nothing failed, or nothing of that class', async () => {
    answerAll();
    await run();
    const ended = await retry();
    expect(ended).toMatchObject({ code: 0, stdout: `${stage.workspace.path('artifacts/agent-rollout')}\n` });
    expect(ended.stderr).toBe('nothing failed in agent-rollout\n');
  });

  it('says that rows which were not finished are not for it', async () => {
    answerAll();
    await stage.workspace.run([...runArgs, '--max-tokens', '1'], env());
    expect((await retry()).stderr).toMatch(
      /^nothing failed .*, but \d rows were not finished: dd run makes them/,
    );
  });

  it('never makes a dataset poorer: without its stored answers it is left as it is', async () => {
    await runWithTwoFailures();
    const rows = await stage.workspace.rows('agent-rollout');
    await rm(stage.workspace.path('.dd/cells'), { recursive: true });
    const before = stage.server.calls.length;
    answerAll();
    const ended = await retry('--class', 'context-window');
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('it is left as it is');
    expect(since(before)).toEqual([]);
    expect(await stage.workspace.rows('agent-rollout')).toEqual(rows);
  });

  it('still knows its recipe after the project was moved as a whole, and when it is said where it is', async () => {
    await runWithTwoFailures();
    await rename(stage.workspace.path('recipes'), stage.workspace.path('moved'));
    const lost = await retry();
    expect(lost.code).toBe(2);
    expect(lost.stderr).toContain('the recipe of this dataset is not at recipes/agent-rollout.yaml any more');
    expect(lost.stderr).toContain('--recipe FILE');
    answerAll();
    expect((await retry('--recipe', 'moved/agent-rollout.yaml')).code).toBe(0);
    expect(await stage.workspace.rows('agent-rollout')).toHaveLength(4);
  });

  it('refuses a recipe that was changed meanwhile', async () => {
    await runWithTwoFailures();
    const { origin } = (await stage.workspace.metadata('agent-rollout')) as { origin: JsonObject };
    expect(origin).toMatchObject({ recipe: '../../recipes/agent-rollout.yaml', cwd: '../..' });
    await stage.workspace.write(
      'recipes/agent-rollout.yaml',
      'name: agent-rollout\ncolumns:\n  - { name: a, column_type: expression, expr: "x" }\n',
    );
    const ended = await retry();
    expect(ended.code).toBe(2);
    expect(stage.server.calls.filter(({ answered }) => !answered)).toEqual([]);
  });

  it.each([
    ['a dataset that is not there', ['retry', 'agent-rolout'], 'did you mean `agent-rollout`?'],
    ['a class that is none', ['retry', 'agent-rollout', '--class', 'timout'], 'did you mean `timeout`?'],
    [
      'a column that is none',
      ['retry', 'agent-rollout', '--column', 'judge,sft_recrd'],
      'there is no column',
    ],
  ])('%s is a mistake: exit code 2 and a suggestion', async (_name, args, message) => {
    answerAll();
    await run();
    const ended = await stage.workspace.run(args, env());
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(message.replace('there is no column', 'has no column `judge`'));
  });
});
