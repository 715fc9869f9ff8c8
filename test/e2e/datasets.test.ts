import { readdir } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { ModelCall } from '../rig/model-server.js';
import { columnOf, rolloutAnswer } from '../rig/rollout-answers.js';
import { useStage } from '../rig/stage.js';
import { writeSessions } from '../rig/traces.js';

const stage = useStage((workspace) => writeSessions(workspace, 3));

const args = (...more: readonly string[]): readonly string[] => [
  'run', 'recipes/agent-rollout.yaml', '--model', 'nvidia-super=openai/gpt-test', '--trace-dir', 'traces', ...more,
]; // prettier-ignore
const env = (): Record<string, string> => ({ OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' });
const run = (...more: readonly string[]) => stage.workspace.run(args(...more), env());
const answerAll = (): void => stage.server.handle((call) => call.reply(rolloutAnswer(call)));

describe('a dataset that is there', () => {
  it('is made by one run at a time: the second says so and changes nothing', async () => {
    const program = stage.workspace.start(args(), env());
    const held: ModelCall = await stage.server.next();
    const second = await run();
    expect(second.code).toBe(2);
    expect(second.stderr).toContain('`agent-rollout` is busy: process');
    held.reply(rolloutAnswer(held));
    answerAll();
    expect((await program.ended).code).toBe(0);
    expect(stage.server.calls).toHaveLength(9);
    expect(await stage.workspace.rows('agent-rollout')).toHaveLength(3);
  });

  it('is not replaced by made-up answers, nor by another partition', async () => {
    answerAll();
    await run('--dataset-name', 'mine');
    const dry = await run('--dataset-name', 'mine', '--dry-run');
    expect([dry.code, dry.stderr]).toEqual([2, expect.stringContaining('`mine` holds real answers')]);
    const part = await run('--dataset-name', 'mine', '--partition-index', '0', '--num-partitions', '2');
    expect([part.code, part.stderr]).toEqual([
      2,
      expect.stringContaining('holds all rows, not partition 0 of 2'),
    ]);
    expect(await stage.workspace.rows('mine')).toHaveLength(3);
  });

  it('is not replaced by that of another recipe', async () => {
    answerAll();
    await run('--dataset-name', 'mine');
    await stage.workspace.write(
      'other.yaml',
      'name: other\ncolumns: [{ name: a, column_type: expression, expr: x }]\n',
    );
    const other = await stage.workspace.run(['run', 'other.yaml', '--dataset-name', 'mine']);
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining('`mine` is a dataset of the recipe `agent-rollout`'),
    ]);
    expect(await stage.workspace.rows('mine')).toHaveLength(3);
  });

  it('is not put in the place of a folder that is none', async () => {
    answerAll();
    await stage.workspace.write('artifacts/notes/mine.txt', 'precious');
    const ended = await run('--dataset-name', 'notes');
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('and is no dataset')]);
    expect(stage.server.calls).toHaveLength(0);
    expect((await stage.workspace.everything()).get(stage.workspace.path('artifacts/notes/mine.txt'))).toBe(
      'precious',
    );
  });

  it('does not delete what is in the place of its partial one and is no dataset', async () => {
    answerAll();
    expect((await run()).code).toBe(0);
    await stage.workspace.write('artifacts/agent-rollout.partial/mine.txt', 'precious');
    const ended = await run();
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('and is no dataset')]);
    const mine = stage.workspace.path('artifacts/agent-rollout.partial/mine.txt');
    expect((await stage.workspace.everything()).get(mine)).toBe('precious');
  });

  it('says whether it was fabricated and shuffled, also without a flag', async () => {
    answerAll();
    await run();
    expect(await stage.workspace.metadata('agent-rollout')).toMatchObject({
      fabricated: false,
      origin: { shuffle: false },
    });
  });

  it('leaves nothing of a run that found no row', async () => {
    const ended = await run('--set', 'seed_config.where=tool_call_count > 99999');
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('the seed gave no rows')]);
    const left = [...(await stage.workspace.everything()).keys()];
    expect(left.filter((file) => file.includes('staging'))).toEqual([]);
  });

  it('says on the screen why rows failed, once for each class', async () => {
    stage.server.handle((call) => call.status(404));
    const { stderr } = await run();
    expect(stderr.match(/such as row \d, trace_digest: .*404/g)).toHaveLength(1);
    expect(stderr).toContain('check the model name gpt-test');
  });

  it('names the flag of the param that a missing folder came from', async () => {
    const gone = await stage.workspace.run([...args().slice(0, 4), '--trace-dir', 'gone'], env());
    expect([gone.code, gone.stderr]).toEqual([
      2,
      expect.stringContaining('give another with --trace-dir PATH'),
    ]);
  });

  it('is in one place however often every row fails', async () => {
    stage.server.handle((call) => call.status(404));
    expect((await run()).code).toBe(1);
    expect((await run('--retry-failed')).code).toBe(1);
    expect(await readdir(stage.workspace.path('artifacts'))).toEqual(['agent-rollout']);
    expect((await stage.workspace.metadata('agent-rollout'))['rows']).toMatchObject({ done: 0, failed: 3 });
  });

  it('is not replaced by a run in which every row failed', async () => {
    answerAll();
    await run();
    stage.server.handle((call) => call.status(404));
    const ended = await run('--no-cache');
    expect(ended.code).toBe(1);
    expect(ended.stdout).toBe(`${stage.workspace.path('artifacts/agent-rollout.partial')}\n`);
    expect(await stage.workspace.rows('agent-rollout')).toHaveLength(3);
  });
});

describe('answers that were never usable', () => {
  const useless = (call: ModelCall): void =>
    call.reply(
      columnOf(call) === 'judge' && call.prompt.includes('bug number 1') ? 'no idea' : rolloutAnswer(call),
    );

  it('are not asked for again by themselves, and again with --retry-failed; the good ones then stay', async () => {
    stage.server.handle(useless);
    expect((await run()).code).toBe(1);
    const asked = stage.server.calls.length;
    expect((await run()).code).toBe(1);
    expect(stage.server.calls).toHaveLength(asked);

    answerAll();
    expect((await run('--retry-failed')).code).toBe(0);
    expect(stage.server.calls.slice(asked).map(columnOf)).toEqual(['judge']);
    expect((await run()).code).toBe(0);
    expect(stage.server.calls).toHaveLength(asked + 1);
    expect(await stage.workspace.rows('agent-rollout')).toHaveLength(3);
  });

  it('are replaced by --no-cache, which asks everything and keeps what it gets', async () => {
    stage.server.handle(useless);
    await run();
    answerAll();
    const before = stage.server.calls.length;
    expect((await run('--no-cache')).code).toBe(0);
    expect(stage.server.calls).toHaveLength(before + 9);
    expect((await run()).code).toBe(0);
    expect(stage.server.calls).toHaveLength(before + 9);
  });
});

describe('a value that its column cannot hold', () => {
  it('makes its row fail, and no other', async () => {
    await stage.workspace.write(
      'recipes/odd.yaml',
      `seed_config:
  source: { seed_type: agent_rollout, path: ../traces }
columns:
  - { name: big, column_type: expression, dtype: float, jsonata: "message_count * 1e300" }
  - name: whole
    column_type: llm-structured
    model_alias: main
    prompt: "{{ messages }}"
    output_format: { type: object, properties: { n: { type: integer } }, required: [n] }
model_configs:
  - { alias: main, provider: openai, model: gpt-test }
`,
    );
    stage.server.handle((call) => call.reply({ n: call.prompt.includes('bug number 1') ? 1e30 : 7 }));
    const ended = await stage.workspace.run(['run', 'recipes/odd.yaml'], env());
    expect(ended.code).toBe(1);
    expect(await stage.workspace.failures('odd')).toEqual([
      expect.objectContaining({
        row: 1,
        column: 'whole',
        message: 'whole.n is not a whole number below 2^53',
      }),
    ]);
    expect((await stage.workspace.rows('odd')).map((row) => row['whole'])).toEqual([{ n: 7 }, { n: 7 }]);
  });
});

describe('a preview', () => {
  it('tells why a row failed: nothing else would', async () => {
    stage.server.handle((call) => call.reply(columnOf(call) === 'judge' ? 'no idea' : rolloutAnswer(call)));
    const ended = await run('--preview', '--num-records', '1');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('row 0, column sft_quality_judge_result: ');
    expect(ended.stderr).toContain('the last answer: no idea');
    expect(ended.stderr).not.toContain('failures.jsonl');
  });
});
