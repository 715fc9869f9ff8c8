import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import type { ModelCall } from '../rig/model-server.js';
import type { Ended } from '../rig/program.js';
import { useStage } from '../rig/stage.js';
import { columnOf, rolloutAnswer } from '../rig/rollout-answers.js';
import { writeSessions } from '../rig/traces.js';

const stage = useStage();

const KEY = 'sk-planted-0123456789abcdefghij';

function run(...more: readonly string[]): Promise<Ended> {
  const args = [
    'run',
    'recipes/agent-rollout.yaml',
    '--model',
    'nvidia-super=openai/gpt-test',
    '--trace-dir',
    'traces',
    ...more,
  ];
  return stage.workspace.run(args, { OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: KEY }, { speed: 50 });
}

/** Spoils the first request of each question; every repetition is answered well. */
function spoilFirst(spoil: (call: ModelCall) => void): void {
  const seen = new Set<string>();
  stage.server.handle((call) => {
    const question = `${columnOf(call)} ${/bug number \d+/.exec(call.prompt)?.[0]}`;
    if (seen.has(question)) return call.reply(rolloutAnswer(call));
    seen.add(question);
    return spoil(call);
  });
}

describe('a server that misbehaves costs no row', () => {
  const now = { headers: { 'retry-after': '0' } };
  it.each<[string, (call: ModelCall) => void]>([
    ['429 with Retry-After', (call) => call.status(429, now)],
    ['429 without', (call) => call.status(429)],
    ['500', (call) => call.status(500, now)],
    ['a connection reset', (call) => call.reset()],
    ['half an answer', (call) => call.partial()],
    ['a web page', (call) => call.html()],
    [
      'an answer in a fence',
      (call) => call.reply(`\`\`\`json\n${JSON.stringify(rolloutAnswer(call))}\n\`\`\``),
    ],
    [
      'chatter around the answer',
      (call) => call.reply(`Sure! Here it is: ${JSON.stringify(rolloutAnswer(call))} Anything else?`),
    ],
    [
      'thinking before the answer',
      (call) => call.reply(`<think>{"not": "it"}</think>\n${JSON.stringify(rolloutAnswer(call))}`),
    ],
    ['broken JSON', (call) => call.reply('{"user_goal": "cut')],
    ['valid JSON of the wrong shape', (call) => call.reply({ answer: 42 })],
    [
      'a refusal of response_format',
      (call) =>
        call.technique === 'json_schema'
          ? call.status(400, {
              body: { error: { message: 'response_format is not supported', param: 'response_format' } },
            })
          : call.reply(rolloutAnswer(call)),
    ],
  ])('%s', async (_name, spoil) => {
    await writeSessions(stage.workspace, 1);
    spoilFirst(spoil);
    const ended = await run();
    expect(ended.stderr).toContain('1 row done');
    expect(ended.code).toBe(0);
    expect((await stage.workspace.rows('agent-rollout'))[0]).toMatchObject({
      sft_instruction: 'How do I fix bug number 0?',
      recommended_for_sft: true,
    });
  });

  it('a server that hangs: the call is given up after its timeout and made again', async () => {
    await writeSessions(stage.workspace, 1);
    spoilFirst((call) => (columnOf(call) === 'judge' ? call.hang() : call.reply(rolloutAnswer(call))));
    const ended = await run('--set', 'model_configs.nvidia-super.inference_parameters.timeout=4');
    expect(ended.code).toBe(0);
    expect(stage.server.calls.map(columnOf)).toEqual(['trace_digest', 'sft_record', 'judge', 'judge']);
  });
});

describe('a row that fails', () => {
  it('is reported with column, class, attempts and raw answers, costs its own cells only, and exit code 1', async () => {
    await writeSessions(stage.workspace, 3);
    stage.server.handle((call) =>
      call.prompt.includes('bug number 1') && columnOf(call) === 'sft_record'
        ? call.reply('I cannot.')
        : call.reply(rolloutAnswer(call)),
    );
    const ended = await run();
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('2 rows done, 1 failed');

    const [failure, ...others] = (await stage.workspace.failures('agent-rollout')) as (JsonObject & {
      attempts: JsonObject[];
    })[];
    expect(others).toEqual([]);
    expect(failure).toMatchObject({ row: 1, column: 'sft_record', class: 'schema' });
    expect(failure?.attempts.length).toBeGreaterThan(2);
    expect(failure?.attempts.every((attempt) => attempt['answer'] === 'I cannot.')).toBe(true);
    expect(await stage.workspace.rows('agent-rollout')).toHaveLength(2);
    expect(await stage.workspace.metadata('agent-rollout')).toMatchObject({
      status: 'finished',
      rows: { done: 2, failed: 1 },
      failures: { schema: 1 },
    });
  });

  it('shows the model its answer and what is wrong with it before asking again', async () => {
    await writeSessions(stage.workspace, 1);
    stage.server.handle((call) => {
      if (columnOf(call) !== 'trace_digest' || call.messages.length > 2)
        return call.reply(rolloutAnswer(call));
      return call.reply({ ...(rolloutAnswer(call) as JsonObject), training_value: 'enormous' });
    });
    expect((await run()).code).toBe(0);
    const correction = stage.server.calls[1];
    expect(correction?.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(correction?.messages.at(-1)?.content).toContain(
      '/training_value must be one of "high", "medium", "low"',
    );
  });
});

describe('a key that is refused', () => {
  it('stops the run at once with exit code 3 and says which variable to set', async () => {
    await writeSessions(stage.workspace, 20);
    stage.server.handle((call) =>
      call.status(401, { body: { error: { message: `Incorrect API key provided: ${KEY}` } } }),
    );
    const ended = await run();
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain('OPENAI_API_KEY');
    expect(stage.server.calls.length).toBeLessThanOrEqual(16);
    expect(existsSync(stage.workspace.path('artifacts/agent-rollout'))).toBe(false);
    expect(ended.stdout).toBe('');
  });

  it('that is not set is noticed without a call', async () => {
    await writeSessions(stage.workspace, 1);
    const ended = await stage.workspace.run(['run', 'recipes/agent-rollout.yaml', '--trace-dir', 'traces']);
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain('NVIDIA_API_KEY');
  });

  it('is never in anything that is printed or written', async () => {
    await writeSessions(stage.workspace, 1);
    stage.server.handle((call) =>
      columnOf(call) === 'judge'
        ? call.status(400, { body: { error: { message: `bad request, key ${KEY}` } } })
        : call.reply(rolloutAnswer(call)),
    );
    const ended = await run();
    expect(ended.code).toBe(1);
    expect(ended.stdout + ended.stderr).not.toContain(KEY);
    for (const [file, text] of await stage.workspace.everything())
      expect([file, text.includes(KEY)]).toEqual([file, false]);
    expect(stage.server.calls[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });
});
