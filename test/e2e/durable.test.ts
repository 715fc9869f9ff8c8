import { describe, expect, it } from '@jest/globals';
import type { ModelCall } from '../rig/model-server.js';
import { useStage } from '../rig/stage.js';
import { rolloutAnswer } from '../rig/rollout-answers.js';
import { writeSessions } from '../rig/traces.js';

const stage = useStage((workspace) => writeSessions(workspace, 8));

const args = (...more: readonly string[]): readonly string[] => [
  'run', 'recipes/agent-rollout.yaml', '--model', 'nvidia-super=openai/gpt-test', '--trace-dir', 'traces',
  '--set', 'model_configs.nvidia-super.inference_parameters.max_parallel_requests=3', ...more,
]; // prettier-ignore
const env = (): Record<string, string> => ({ OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' });
const dataFiles = async (dataset: string): Promise<readonly (readonly [string, string])[]> =>
  [...(await stage.workspace.everything())]
    .filter(([file]) => file.includes(`/artifacts/${dataset}/data/`))
    .map(([file, text]) => [file.split('/data/')[1] ?? '', text] as const)
    .sort();

/** Answers `count` calls, then holds the rest; resolves when `held` calls are waiting. */
function answerThenHold(count: number, held: number): Promise<readonly ModelCall[]> {
  const waiting: ModelCall[] = [];
  return new Promise((resolve) => {
    stage.server.handle((call) => {
      if (call.index < count) return call.reply(rolloutAnswer(call));
      waiting.push(call);
      if (waiting.length === held) resolve(waiting);
      call.hang();
    });
  });
}

describe('a run that is killed', () => {
  it('is finished by the same command: same bytes as undisturbed, and no stored answer asked again', async () => {
    const holding = answerThenHold(10, 3);
    const first = stage.workspace.start(args(), env());
    const inFlight = await holding;
    first.kill('SIGKILL');
    expect((await first.ended).signal).toBe('SIGKILL');
    const lost = new Set(inFlight.map((call) => call.prompt));

    stage.server.handle((call) => call.reply(rolloutAnswer(call)));
    expect((await stage.workspace.run(args(), env())).code).toBe(0);
    const asked = stage.server.calls.map((call) => call.prompt);
    expect(asked.filter((prompt, index) => asked.indexOf(prompt) < index && !lost.has(prompt))).toEqual([]);
    expect(stage.server.calls).toHaveLength(8 * 3 + lost.size);

    const resumed = await dataFiles('agent-rollout');
    await stage.workspace.run(args('--no-cache', '--dataset-name', 'undisturbed'), env());
    expect(resumed).toHaveLength(2);
    expect(await dataFiles('undisturbed')).toEqual(resumed);
  });
});

describe('dd runs', () => {
  const states = async (): Promise<readonly string[]> => {
    const { stdout } = await stage.workspace.run(['runs', '--json']);
    return (JSON.parse(stdout) as { runs: { status: string }[] }).runs.map(({ status }) => status);
  };

  it('distinguishes a run that is there from one that is gone', async () => {
    const holding = answerThenHold(4, 3);
    const program = stage.workspace.start(args(), env());
    await holding;
    expect(await states()).toEqual(['running']);
    program.kill('SIGKILL');
    await program.ended;
    expect(await states()).toEqual(['killed']);
  });
});

describe('Ctrl-C', () => {
  it('sends nothing more, keeps what is in flight, writes what is done, and says how to go on', async () => {
    const waiting: ModelCall[] = [];
    let full: () => void = () => undefined;
    const threeWaiting = new Promise<void>((resolve) => {
      full = resolve;
    });
    stage.server.handle((call) => {
      if (call.index < 9) return call.reply(rolloutAnswer(call));
      waiting.push(call);
      if (waiting.length === 3) full();
    });
    const program = stage.workspace.start(args(), env());
    await threeWaiting;
    program.kill('SIGINT');
    // The program has seen the signal once it says so; only then are the calls answered.
    const before = stage.server.calls.length;
    await program.says('Stopping');
    for (const call of waiting) call.reply(rolloutAnswer(call));
    const ended = await program.ended;

    expect(ended.code).toBe(130);
    expect(stage.server.calls).toHaveLength(before);
    const metadata = await stage.workspace.metadata('agent-rollout');
    const rows = await stage.workspace.rows('agent-rollout');
    expect(metadata).toMatchObject({ status: 'interrupted', rows: { done: rows.length, failed: 0 } });
    expect(await stage.workspace.failures('agent-rollout')).toEqual([]);

    stage.server.handle((call) => call.reply(rolloutAnswer(call)));
    expect((await stage.workspace.run(args(), env())).code).toBe(0);
    expect(stage.server.calls).toHaveLength(24);
    expect(await stage.workspace.rows('agent-rollout')).toHaveLength(8);
  });

  it('pressed twice cuts off what is in flight', async () => {
    const holding = answerThenHold(4, 3);
    const program = stage.workspace.start(args(), env());
    await holding;
    program.kill('SIGINT');
    await program.says('Stopping');
    program.kill('SIGINT');
    expect((await program.ended).code).toBe(130);
  });

  it('does not replace a finished dataset by a partial one', async () => {
    stage.server.handle((call) => call.reply(rolloutAnswer(call)));
    await stage.workspace.run(args('--num-records', '2'), env());
    const holding = answerThenHold(0, 1);
    const program = stage.workspace.start(args(), env());
    await holding;
    program.kill('SIGINT');
    await program.says('Stopping');
    program.kill('SIGINT');
    const ended = await program.ended;
    expect(ended.stdout).toBe(`${stage.workspace.path('artifacts/agent-rollout.partial')}\n`);
    expect(await stage.workspace.rows('agent-rollout')).toHaveLength(2);
  });
});
