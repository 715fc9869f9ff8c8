import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { columnOf, rolloutAnswer } from '../rig/rollout-answers.js';
import { useStage } from '../rig/stage.js';
import { sessionId, writeSessions } from '../rig/traces.js';

const stage = useStage((workspace) => writeSessions(workspace, 3));

const flags = [
  'recipes/agent-rollout.yaml',
  '--model',
  'nvidia-super=openai/gpt-test',
  '--trace-dir',
  'traces',
];

const env = (): Record<string, string> => ({ OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' });

const render = async (...more: readonly string[]): Promise<JsonObject> => {
  const { stdout } = await stage.workspace.run(['render', ...flags, ...more, '--json'], env());
  return JSON.parse(stdout) as JsonObject;
};

const plain = (messages: unknown): unknown =>
  (messages as readonly JsonObject[]).map(({ role, content }) => ({ role, content }));

describe('dd render', () => {
  it('shows the very messages that a run sends, with stored answers of the columns before', async () => {
    stage.server.handle((call) => call.reply(rolloutAnswer(call)));
    await stage.workspace.run(['run', ...flags], env());
    const asked = stage.server.calls.length;
    for (const row of [0, 2]) {
      const rendered = await render('--column', 'sft_quality_judge_result', '--row', String(row));
      expect(rendered['reads']).toEqual([
        { name: 'trace_digest', from: 'stored' },
        { name: 'sft_record', from: 'stored' },
      ]);
      const sent = stage.server.calls
        .filter((call) => columnOf(call) === 'judge')
        .map(({ messages }) => messages);
      expect(sent).toContainEqual(plain(rendered['messages']));
    }
    expect(stage.server.calls).toHaveLength(asked);
  });

  it('makes answers up where nothing is stored, says so, calls nothing and writes nothing', async () => {
    const before = [...(await stage.workspace.everything()).keys()];
    const rendered = await render('--column', 'sft_record');
    expect(rendered['reads']).toEqual([{ name: 'trace_digest', from: 'fabricated' }]);
    expect(rendered).toMatchObject({
      row: 0,
      model: { alias: 'nvidia-super', provider: 'openai' },
      schema: { type: 'object' },
    });
    expect(stage.server.calls).toHaveLength(0);
    expect([...(await stage.workspace.everything()).keys()]).toEqual(before);
  });

  it('counts what `fit` cut, message by message', async () => {
    const recipe = `columns:
  - { name: a, column_type: llm-text, model_alias: m, prompt: "{{ text | fit(40) }}" }
model_configs: [{ alias: m, provider: openai, model: x }]
seed_config: { source: { seed_type: local, path: rows.jsonl } }
`;
    await stage.workspace.write('cut.yaml', recipe);
    await stage.workspace.write('rows.jsonl', `${JSON.stringify({ text: 'x'.repeat(1000) })}\n`);
    const { stdout } = await stage.workspace.run(['render', 'cut.yaml', '--column', 'a'], env());
    expect(stdout).toContain('cut in 1 place: 960 bytes left out');
  });

  it('says what to type for a column or a row that is not there', async () => {
    const say = async (...more: readonly string[]): Promise<string> => {
      const { code, stderr } = await stage.workspace.run(['render', ...flags, ...more], env());
      expect(code).toBe(2);
      return stderr;
    };
    expect(await say('--column', 'sft_recrd')).toContain('did you mean `sft_record`?');
    expect(await say('--column', 'sft_response')).toContain('asks no model');
    expect(await say('--column', 'sft_record', '--row', '3')).toContain('there is no row 3: the seed has 3');
    expect(await say()).toContain('column');
  });

  it('means its own flag where the recipe has a param of the same name', async () => {
    await stage.workspace.write(
      'own.yaml',
      [
        'params: { row: { default: the default } }',
        'model_configs: [{ alias: main, provider: openai, model: gpt-test }]',
        'seed_config: { source: { seed_type: agent_rollout, format: claude_code, path: traces } }',
        'columns:',
        '  - { name: a, column_type: llm-text, model_alias: main, prompt: "${{ params.row }}: {{ trace_id }}" }',
      ].join('\n'),
    );
    const { stdout } = await stage.workspace.run(
      ['render', 'own.yaml', '--column', 'a', '--row', '1', '--json'],
      env(),
    );
    expect(JSON.parse(stdout)).toMatchObject({
      row: 1,
      messages: [{ content: `the default: ${sessionId(1)}` }],
    });
  });
});
