import { describe, expect, it } from '@jest/globals';
import type { ModelCall } from '../rig/model-server.js';
import { columnOf, rolloutAnswer } from '../rig/rollout-answers.js';
import { useStage } from '../rig/stage.js';
import { writeSessions } from '../rig/traces.js';

const stage = useStage();

/** 2,000 rows with DD_LONG_TESTS=1; otherwise as many as take a few seconds. */
const LONG = process.env['DD_LONG_TESTS'] === '1';
const ROWS = LONG ? 2000 : 60;

const now = { headers: { 'retry-after-ms': '20' } };
const faults: readonly ((call: ModelCall) => void)[] = [
  (call) => call.status(429),
  (call) => call.status(429, now),
  (call) => call.status(429, { headers: { 'x-ratelimit-reset-requests': '20ms' } }),
  (call) => call.status(500),
  (call) => call.status(503),
  (call) => call.status(503, now),
  (call) => call.reset(),
  (call) => call.partial(),
  (call) => call.html(),
  (call) => call.raw('{"choices":[{"message":{"content":"cut'),
  (call) => call.reply('not what was asked for'),
  (call) => call.reply({ answer: 42 }),
  (call) => call.reply('{"user_goal": "half', { finishReason: 'length' }),
  (call) => call.drip(rolloutAnswer(call)),
];

/** Every third question meets a fault, some two of them, and a few a server that hangs. */
function faultFor(question: number, tries: number): ((call: ModelCall) => void) | undefined {
  if (tries === 0 && question % 97 === 5) return (call) => call.hang();
  if (tries === 0 && question % 3 === 0) return faults[(question / 3) % faults.length];
  if (tries === 1 && question % 15 === 0) return faults[(question / 15) % faults.length];
  return undefined;
}

describe('a server that does everything wrong now and then', () => {
  it(`loses no row of ${ROWS}`, async () => {
    await writeSessions(stage.workspace, ROWS);
    const tries = new Map<string, number>();
    const columns = ['trace_digest', 'sft_record', 'judge'];
    stage.server.handle((call) => {
      const row = Number(/bug number (\d+)/.exec(call.prompt)?.[1]);
      const question = row * 3 + columns.indexOf(columnOf(call));
      const asked = tries.get(String(question)) ?? 0;
      tries.set(String(question), asked + 1);
      const fault = faultFor(question, asked);
      if (fault) fault(call);
      else call.reply(rolloutAnswer(call));
    });
    const ended = await stage.workspace.run(
      [
        'run',
        'recipes/agent-rollout.yaml',
        '--trace-dir',
        'traces',
        '--quiet',
        '--model',
        'nvidia-super=openai/gpt-test',
        '--set',
        'model_configs.nvidia-super.inference_parameters.timeout=4',
        '--set',
        'model_configs.nvidia-super.inference_parameters.max_parallel_requests=64',
      ],
      { OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' },
      { speed: 50 },
    );
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
    expect(await stage.workspace.metadata('agent-rollout')).toMatchObject({
      status: 'finished',
      rows: { done: ROWS, failed: 0, unfinished: 0 },
    });
    expect(await stage.workspace.failures('agent-rollout')).toEqual([]);
    expect(stage.server.calls.length).toBeGreaterThan(ROWS * 4);
  });
});
