import { describe, expect, it } from '@jest/globals';
import type { ModelCall } from '../rig/model-server.js';
import type { Ended } from '../rig/program.js';
import { rolloutAnswer } from '../rig/rollout-answers.js';
import { useStage } from '../rig/stage.js';

const stage = useStage();

const recipe = 'recipes/agent-rollout.yaml';

/** Three chats, of which two are far longer than any small window. */
async function writeChats(): Promise<void> {
  const long = (length: number): string => 'const total = a + b; // 12_345\n'.repeat(length);
  const chat = (number: number, length: number): string =>
    JSON.stringify({
      messages: Array.from({ length: 8 }, (_, turn) => ({
        role: turn % 2 === 0 ? 'user' : 'assistant',
        content: `Fix bug number ${number}. ${long(length)}`,
      })),
    });
  await stage.workspace.write('traces/chats.jsonl', [chat(1, 2000), chat(2, 1), chat(3, 4000)].join('\n'));
}

/** More than the estimate of the program: three characters a token. */
const tokensOf = ({ prompt }: ModelCall): number => Math.ceil(prompt.length / 3);

/** llama.cpp with a window: a prompt that fills it is refused, an answer ends where the window ends. */
function serve(window: number): void {
  stage.server.handle((call) => {
    const prompt = tokensOf(call);
    if (prompt >= window) {
      const message = `request (${prompt} tokens) exceeds the available context size (${window} tokens), try increasing it`;
      const error = {
        code: 400,
        type: 'exceed_context_size_error',
        message,
        n_prompt_tokens: prompt,
        n_ctx: window,
      };
      return call.status(400, { body: { error } });
    }
    // Answers of reasoning models need some room.
    const usage = { prompt_tokens: prompt, completion_tokens: Math.min(1000, window - prompt) };
    if (window - prompt < 1000) return call.reply('{"half', { usage, finishReason: 'length' });
    return call.reply(rolloutAnswer(call), { usage });
  });
}

function run(...more: readonly string[]): Promise<Ended> {
  return stage.workspace.run(
    ['run', recipe, '--trace-dir', 'traces', '--model', 'nvidia-super=openai/small', ...more],
    { OPENAI_BASE_URL: stage.server.url },
    { speed: 50 },
  );
}

describe('the flagship on a model with a small window', () => {
  it.each([[4096], [8192]])(
    'of %d tokens: every row is made without an edit, and a second run asks nothing',
    async (window) => {
      await writeChats();
      serve(window);
      const ended = await run();
      expect([ended.code, ended.stderr.match(/\d+ rows? done/)?.[0]]).toEqual([0, '3 rows done']);
      expect(JSON.stringify(await stage.workspace.metadata('agent-rollout'))).toContain(
        '"prompt shortened to fit into the context window":2',
      );
      const asked = stage.server.calls.length;
      const again = await run('--dataset-name', 'again');
      expect(again.code).toBe(0);
      expect(stage.server.calls).toHaveLength(asked);
      expect(await stage.workspace.rows('again')).toEqual(await stage.workspace.rows('agent-rollout'));
    },
  );

  it('is not refused once, if the recipe tells the window; plan and render show the shorter prompt', async () => {
    await writeChats();
    serve(8192);
    const set = ['--set', 'model_configs.nvidia-super.context_window=8192'];
    const plan = await stage.workspace.run(['plan', recipe, '--trace-dir', 'traces', ...set]);
    expect(plan.stdout).toContain('trace_digest`: 2 of 3 prompts shortened to fit into the context window');
    expect((await run(...set)).code).toBe(0);
    expect(stage.server.calls.filter((call) => tokensOf(call) >= 8192)).toEqual([]);
    const rendered = await stage.workspace.run(
      [
        'render',
        recipe,
        '--trace-dir',
        'traces',
        '--model',
        'nvidia-super=openai/small',
        '--column',
        'trace_digest',
        '--row',
        '0',
        ...set,
      ],
      { OPENAI_BASE_URL: stage.server.url },
    );
    const sent = stage.server.calls.find(({ prompt }) => prompt.includes('bug number 1'));
    const [mark] = /…\[\d+ bytes cut\]…/.exec(sent?.prompt ?? '') ?? [];
    expect(mark).toBeDefined();
    expect(rendered.stdout).toContain(mark);
  });
});
