import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import type { ModelCall } from '../rig/model-server.js';
import type { Ended } from '../rig/program.js';
import { useStage } from '../rig/stage.js';

const stage = useStage();

const recipe = (rows: number, more: string, parameters: string): string => `
name: one
model_configs:
  - alias: writer
    provider: openai
    model: gpt-test
    inference_parameters: { ${parameters} }
seed_config: { source: { seed_type: local, path: seed.jsonl } }
${more}
columns:
  - name: label
    column_type: llm-structured
    model_alias: writer
    prompt: "Label {{ text }}"
    output_format: { type: object, properties: { label: { type: string } }, required: [label] }
# ${rows} rows
`;

interface Options {
  /** Lines of the recipe. */
  readonly more?: string;
  /** How many times faster than real time the program's clock runs. */
  readonly speed?: number;
  readonly parameters?: string;
}

async function run(
  rows: number,
  answer: (call: ModelCall) => void,
  { more = '', speed = 50, parameters = 'max_parallel_requests: 4' }: Options = {},
): Promise<Ended> {
  const lines = Array.from({ length: rows }, (_, row) => JSON.stringify({ text: `text ${row}` }));
  await stage.workspace.write('seed.jsonl', `${lines.join('\n')}\n`);
  await stage.workspace.write('one.yaml', recipe(rows, more, parameters));
  stage.server.handle(answer);
  return stage.workspace.run(
    ['run', 'one.yaml'],
    {
      OPENAI_BASE_URL: stage.server.url,
      OPENAI_API_KEY: 'sk-test',
    },
    { speed },
  );
}

const soon = { headers: { 'retry-after-ms': '1' } };
const error = (more: JsonObject): { readonly body: JsonObject } => ({
  body: { error: { message: 'no', ...more } },
});

describe('a row that fails for good ends the run with exit code 1, and its line says of what and after how much', () => {
  it.each<[string, number, (call: ModelCall) => void]>([
    ['overload', 7, (call) => call.status(500, soon)],
    ['timeout', 3, (call) => call.hang()],
    ['invalid-request', 1, (call) => call.status(400, error({}))],
    ['context-window', 1, (call) => call.status(400, error({ code: 'context_length_exceeded' }))],
    ['content-filter', 1, (call) => call.status(400, error({ code: 'content_filter' }))],
    ['content-filter', 1, (call) => call.reply('', { finishReason: 'content_filter' })],
    ['schema', 6, (call) => call.reply('no')],
    ['length', 2, (call) => call.reply('{"label": "cu', { finishReason: 'length' })],
  ])('%s: %i requests', async (failureClass, requests, answer) => {
    // Only a server that never answers has little time: on a loaded machine any other might need it.
    const ended = await run(1, answer, failureClass === 'timeout' ? { parameters: 'timeout: 0.2' } : {});
    const [line, ...others] = await stage.workspace.failures('one');
    expect(others).toEqual([]);
    expect(line).toMatchObject({ row: 0, column: 'label', class: failureClass });
    const attempts = (line?.['attempts'] ?? []) as JsonObject[];
    expect(attempts.map((attempt) => attempt['class'])).toEqual(
      Array.from({ length: requests }, () => failureClass),
    );
    expect(stage.server.calls).toHaveLength(requests);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('1 failed');
  });

  it('network: after half a minute, for a server that was never reached', async () => {
    const ended = await run(1, (call) => call.reset());
    expect(await stage.workspace.failures('one')).toMatchObject([{ class: 'network' }]);
    expect(stage.server.calls.length).toBeGreaterThan(5);
    expect(ended.code).toBe(1);
  });
});

describe('what no other row would survive either stops the run with exit code 3', () => {
  it.each<[string, (call: ModelCall) => void]>([
    ['auth', (call) => call.status(401)],
    ['quota', (call) => call.status(429, error({ code: 'insufficient_quota' }))],
  ])('%s: no further request, and what was done is kept', async (_class, refuse) => {
    // One request in flight: all eight answers are in before the first refusal.
    const ended = await run(60, (call) => (call.index < 8 ? call.reply({ label: 'x' }) : refuse(call)), {
      parameters: 'max_parallel_requests: 1',
      speed: 1,
    });
    expect(ended.code).toBe(3);
    // A key that has worked counts as refused when three requests in a row are refused, a quota at once. On a slow
    // machine each of the first two is tried a second time before the third is sent.
    expect(stage.server.calls.length).toBeLessThanOrEqual(8 + 3 + 2);
    expect(await stage.workspace.metadata('one')).toMatchObject({
      status: 'stopped',
      rows: { done: 8, failed: 0 },
    });
    expect(await stage.workspace.rows('one')).toHaveLength(8);
    expect(await stage.workspace.failures('one')).toEqual([]);
  });
});

describe('a limit of more than ten minutes', () => {
  it('ends the run with exit code 4, says until when, and fails no row', async () => {
    const ended = await run(5, (call) => call.status(429, { headers: { 'retry-after': '3600' } }));
    expect(ended.code).toBe(4);
    expect(ended.stderr).toContain('it wants no request before ');
    expect(stage.server.calls.length).toBeLessThanOrEqual(4);
  });
});

describe('a run whose cells mostly fail', () => {
  it('stops with exit code 4, says of what, keeps what is done, and goes on when asked to', async () => {
    const ended = await run(400, (call) => call.reply(call.index < 40 ? { label: 'x' } : 'no'));
    expect(ended.code).toBe(4);
    expect(ended.stderr).toMatch(/5 of the last 10 cells got no usable answer, all of them of class schema/);
    expect(ended.stderr).toContain('--set run_config.disable_early_shutdown=true');
    expect(stage.server.calls.length).toBeLessThan(40 + 20 * 6);
    expect(await stage.workspace.metadata('one')).toMatchObject({ status: 'limited', rows: { done: 40 } });

    stage.server.handle((call) => call.reply({ label: 'y' }));
    const again = await stage.workspace.run(['run', 'one.yaml', '--retry-failed'], {
      OPENAI_BASE_URL: stage.server.url,
      OPENAI_API_KEY: 'sk-test',
    });
    expect(again.code).toBe(0);
    expect(await stage.workspace.rows('one')).toHaveLength(400);
  });

  it('does not stop where the recipe says so', async () => {
    const ended = await run(30, (call) => call.status(400), {
      more: 'run_config: { disable_early_shutdown: true }',
    });
    expect(ended.code).toBe(1);
    expect(stage.server.calls).toHaveLength(30);
  });

  it('does not stop for answers in the store that never were valid: they cost nothing', async () => {
    await run(30, (call) => call.reply('no'), {
      more: 'run_config: { disable_early_shutdown: true }',
    });
    const asked = stage.server.calls.length;
    const again = await run(30, (call) => call.reply('no'));
    expect(again.code).toBe(1);
    expect(stage.server.calls).toHaveLength(asked);
  });
});

describe('cell_timeout', () => {
  it('ends a cell with class timeout and says what to raise', async () => {
    const ended = await run(1, (call) => call.status(500), {
      more: 'run_config: { cell_timeout: 2 }',
      speed: 1,
    });
    expect(ended.code).toBe(1);
    expect(await stage.workspace.failures('one')).toMatchObject([
      {
        class: 'timeout',
        message: 'the cell was not finished within 2 s; the last error: openai answered 500: scripted 500',
      },
    ]);
  });
});
