import { describe, expect, it } from '@jest/globals';
import type { Ended } from '../rig/program.js';
import { useStage } from '../rig/stage.js';
import { openAiModel, smallRecipe } from '../rig/small-recipe.js';
import { writeSessions } from '../rig/traces.js';

const stage = useStage(async (workspace) => {
  await writeSessions(workspace, 1);
  await workspace.write(
    'small.yaml',
    smallRecipe({
      models: [openAiModel('main')],
      columns: [
        '{ name: label, column_type: llm-structured, model_alias: main, with_trace: all_messages, prompt: "Label: {{ final_assistant_message }}", output_format: { type: object, properties: { kind: { enum: [bug, feature] } }, required: [kind] } }',
      ],
    }),
  );
});

const run = (...more: readonly string[]): Promise<Ended> =>
  stage.workspace.run(['run', 'small.yaml', ...more], {
    OPENAI_BASE_URL: stage.server.url,
    OPENAI_API_KEY: 'sk-test',
  });

describe('the attempts of a cell', () => {
  it('are in {name}__trace when asked for: the wrong answer, what was said about it, the right one', async () => {
    stage.server.handle((call) =>
      call.index === 0
        ? call.reply({ kind: 'gub' }, { reasoning: 'gub, I guess' })
        : call.reply({ kind: 'bug' }),
    );
    expect((await run()).code).toBe(0);
    const [row] = await stage.workspace.rows('small');
    expect(row?.['label__trace']).toMatchObject([
      { role: 'user', content: [{ type: 'text', text: 'Label: Fixed number 0.' }] },
      { role: 'assistant', content: [{ text: '{"kind":"gub"}' }], reasoning_content: 'gub, I guess' },
      { content: [{ text: expect.stringContaining('/kind must be one of "bug", "feature"') }] },
      { role: 'assistant', content: [{ text: '{"kind":"bug"}' }], reasoning_content: null },
    ]);
  });

  it('that were cut off are a class of their own, with the hint that helps', async () => {
    stage.server.handle((call) => call.reply('{"kind": "b', { finishReason: 'length' }));
    const ended = await run('--set', 'model_configs.main.inference_parameters.max_tokens=7');
    expect(ended.code).toBe(1);
    const [failure] = await stage.workspace.failures('small');
    expect(failure).toMatchObject({
      class: 'length',
      hint: 'raise max_tokens of main (now 7)',
      attempts: [
        { alias: 'main', class: 'length', answer: '{"kind": "b' },
        { alias: 'main', class: 'length' },
      ],
    });
  });
});
