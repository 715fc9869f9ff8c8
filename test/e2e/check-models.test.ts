import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import type { ModelCall } from '../rig/model-server.js';
import { validAnswer } from '../rig/valid-answer.js';
import type { Ended } from '../rig/program.js';
import { useStage } from '../rig/stage.js';

const stage = useStage(async (workspace) => {
  await workspace.write('seed.jsonl', '{"topic": "birds"}\n');
});

const env = { OURS_KEY: 'sk-ours-123456' };

/** Two models that columns ask, one of them for JSON, and one that no column asks. */
function recipe(url: string): string {
  return `
name: probes
params:
  writer: { default: acme/writer-1, description: The model that writes. }
providers:
  - { name: ours, endpoint: "${url}", api_key: OURS_KEY }
model_configs:
  - { alias: writer, provider: ours, model: "\${{ params.writer }}", inference_parameters: { max_tokens: 9000 } }
  - { alias: judge, provider: ours, model: acme/judge-1 }
  - { alias: idle, provider: ours, model: acme/idle-1 }
columns:
  - { name: poem, column_type: llm-text, model_alias: writer, prompt: A poem. }
  - name: verdict
    column_type: llm-structured
    model_alias: [judge]
    prompt: "Judge: {{ poem }}"
    output_format: { type: object, properties: { good: { type: boolean } }, required: [good] }
`;
}

async function check(
  flags: readonly string[] = [],
  environment: Record<string, string> = env,
): Promise<Ended> {
  await stage.workspace.write('probes.yaml', recipe(stage.server.url));
  return stage.workspace.run(['check-models', 'probes.yaml', ...flags], environment);
}

/** As it is asked for: in words, as JSON, or by calling the tool. */
function answer(call: ModelCall): void {
  const tool = { type: 'function', function: { name: 'answer', arguments: '{"ok": true}' } };
  if (call.body['tools']) call.reply(null, { message: { tool_calls: [tool] } });
  else call.reply(validAnswer(call));
}

describe('dd check-models', () => {
  it('says of every model that a column asks whether it answers, and by which technique it gives JSON', async () => {
    stage.server.handle(answer);
    const { code, stdout } = await check();
    expect(stdout.split('\n')).toEqual([
      'alias   provider  model          result',
      'writer  ours      acme/writer-1  ok',
      'judge   ours      acme/judge-1   ok; structured output: json_schema',
      '',
    ]);
    expect(code).toBe(0);
  });

  it('asks all of them at the same time, once each, for a few tokens, and keeps nothing', async () => {
    const before = await stage.workspace.everything();
    const ended = check();
    const calls = [await stage.server.next(), await stage.server.next()];
    expect(stage.server.inFlight).toBe(2);
    for (const call of calls) answer(call);
    await ended;
    expect(stage.server.calls.map(({ model }) => model).toSorted()).toEqual([
      'acme/judge-1',
      'acme/writer-1',
    ]);
    for (const { body } of stage.server.calls) expect(body['max_tokens']).toBeLessThan(100);
    const after = await stage.workspace.everything();
    expect([...after.keys()].filter((file) => !before.has(file))).toEqual([
      stage.workspace.path('probes.yaml'),
    ]);
  });

  it('goes down the techniques as a run would, and says what is left out', async () => {
    stage.server.handle((call) => {
      const error = call.body['response_format']
        ? { message: 'response_format is not supported' }
        : { message: 'use max_completion_tokens', code: 'unsupported_parameter', param: 'max_tokens' };
      const isTaken = !call.body['response_format'] && call.body['max_tokens'] === undefined;
      return isTaken ? answer(call) : call.status(400, { body: { error } });
    });
    const { code, stdout } = await check();
    expect(stdout).toMatch(/ok; does not accept max_tokens; it is left out\n/);
    expect(stdout).toMatch(/ok; structured output: tool; does not accept max_tokens; it is left out\n/);
    expect(code).toBe(0);
  });

  it('takes an answer that was cut off for an answer, and says when one was not as it was asked for', async () => {
    stage.server.handle((call) =>
      call.model === 'acme/judge-1' ? call.reply('Certainly!') : call.reply('', { finishReason: 'length' }),
    );
    const { code, stdout } = await check();
    expect(stdout).toMatch(/acme\/writer-1 +ok\n/);
    expect(stdout).toContain('ok; structured output: json_schema; did not follow the schema');
    expect(code).toBe(0);
  });

  it('says what is wrong with a model and what to do about it, and does not try again: exit code 2', async () => {
    stage.server.handle((call) =>
      call.model === 'acme/judge-1'
        ? call.status(404, { body: { error: { message: 'no such model\u001b[31m' } } })
        : answer(call),
    );
    const { code, stdout } = await check();
    expect(stdout).toMatch(/acme\/writer-1 +ok\n/);
    expect(stdout).toContain(
      `invalid-request: ours answered 404: no such model [31m; check the model name acme/judge-1 and the URL ${stage.server.url}`,
    );
    expect(stage.server.calls).toHaveLength(2);
    expect(code).toBe(2);
  });

  it.each<[string, Record<string, string>, readonly string[]]>([
    ['is refused', env, []],
    ['is not set', {}, ['--set', 'providers.0.endpoint=http://models.example/v1']],
  ])('ends with exit code 3 when the key %s, and never shows it', async (_why, environment, flags) => {
    stage.server.handle((call) => call.status(401, { body: { error: { message: `bad ${env.OURS_KEY}` } } }));
    const { code, stdout, stderr } = await check(flags, environment);
    expect(stdout).toContain('auth: ');
    expect(stdout).toContain('OURS_KEY');
    expect(stdout + stderr).not.toContain(env.OURS_KEY);
    expect(code).toBe(3);
  });

  it('reports to machines', async () => {
    stage.server.handle((call) => (call.model === 'acme/judge-1' ? call.status(402) : answer(call)));
    const { code, stdout } = await check(['--json']);
    const { diagnostics: _warnings, ...report } = JSON.parse(stdout) as JsonObject;
    expect(report).toEqual({
      ok: false,
      exit_code: 3,
      error: { message: '1 of 2 models cannot be asked' },
      models: [
        { alias: 'writer', provider: 'ours', model: 'acme/writer-1', ok: true, notes: [] },
        {
          alias: 'judge',
          provider: 'ours',
          model: 'acme/judge-1',
          ok: false,
          notes: [],
          error: {
            class: 'quota',
            message: 'ours answered 402: scripted 402',
            hint: 'add credit to your account at ours, or raise its limit, then run the same command again',
          },
        },
      ],
    });
    expect(code).toBe(3);
  });

  it('takes params, --set and --model as dd run does', async () => {
    stage.server.handle(answer);
    const { code, stdout } = await check([
      '--writer',
      'acme/writer-2',
      '--model',
      'judge=ours/acme/judge-2',
      '--set',
      'model_configs.judge.structured_output=tool',
    ]);
    expect(stdout).toMatch(/writer +ours +acme\/writer-2 +ok\n/);
    expect(stdout).toMatch(/judge +ours +acme\/judge-2 +ok; structured output: tool\n/);
    expect(code).toBe(0);
  });

  it('calls nothing when the recipe has a mistake', async () => {
    const { code, stderr } = await check(['--set', 'model_configs.judge.structured_output=guided_json']);
    expect(stderr).toContain('the provider `ours`, of the type `openai`, does not support `guided_json`');
    expect(stderr).toContain('use one of auto, json_schema, tool, prompt');
    expect(stage.server.calls).toEqual([]);
    expect(code).toBe(2);
  });

  it('says so when no column asks a model', async () => {
    await stage.workspace.write(
      'plain.yaml',
      "name: plain\ncolumns:\n  - { name: one, column_type: expression, expr: '1' }\n",
    );
    const { code, stdout } = await stage.workspace.run(['check-models', 'plain.yaml']);
    expect([code, stdout]).toEqual([0, 'no column asks a model\n']);
  });
});

describe('dd check-models --local', () => {
  it('needs no recipe, and names every server that may run on this machine', async () => {
    const { code, stdout } = await stage.workspace.run(['check-models', '--local', '--json']);
    const { servers } = JSON.parse(stdout) as { servers: { provider: string; answers: boolean }[] };
    expect(servers.map(({ provider }) => provider)).toEqual(['ollama', 'lmstudio', 'llamacpp', 'vllm']);
    expect(code).toBe(servers.some(({ answers }) => answers) ? 0 : 2);
  });

  it('or a recipe: without both it says so', async () => {
    const { code, stderr } = await stage.workspace.run(['check-models']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--local')]);
  });
});
