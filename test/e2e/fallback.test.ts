import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import type { ModelCall } from '../rig/model-server.js';
import type { Ended } from '../rig/program.js';
import { useStage } from '../rig/stage.js';
import { openAiModel, smallRecipe, textColumn } from '../rig/small-recipe.js';
import { writeSessions } from '../rig/traces.js';

const stage = useStage(async (workspace) => {
  await writeSessions(workspace, 3);
  await workspace.write(
    'small.yaml',
    smallRecipe({
      models: [
        openAiModel('first', ', prices: { input: 1, output: 1 }'),
        openAiModel('second', ', prices: { input: 2, output: 2 }'),
      ],
      columns: [textColumn('note', '[first, second]')],
    }),
  );
});

const run = (...more: readonly string[]): Promise<Ended> =>
  stage.workspace.run(['run', 'small.yaml', ...more], {
    OPENAI_BASE_URL: stage.server.url,
    OPENAI_API_KEY: 'sk-test',
  });

function answer(by: Readonly<Record<string, (call: ModelCall) => void>>): void {
  stage.server.handle((call) => by[call.model]?.(call));
}
const asked = (): readonly string[] => stage.server.calls.map(({ model }) => model);
const say = (call: ModelCall): void => call.reply(`by ${call.model}`);
const bad = (call: ModelCall): void => call.status(400, { body: { error: { message: 'no such thing' } } });

describe('a second model', () => {
  it('answers where the first has failed for good, and which one did is counted', async () => {
    answer({ 'gpt-first': (call) => (call.prompt.includes('1') ? bad(call) : say(call)), 'gpt-second': say });
    const ended = await run();
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('`first` failed (invalid-request); `second` is asked instead');
    expect((await stage.workspace.rows('small')).map(({ note }) => note)).toEqual([
      'by gpt-first',
      'by gpt-second',
      'by gpt-first',
    ]);
    expect(await stage.workspace.metadata('small')).toMatchObject({
      usage: [
        { alias: 'first', calls: 3, failed_calls: 1, cells: 2, cost_usd: 0.00003 },
        { alias: 'second', calls: 1, failed_calls: 0, cells: 1, cost_usd: 0.00003 },
      ],
    });
  });

  it('is not asked again, nor is the first, when its answer is stored', async () => {
    answer({ 'gpt-first': bad, 'gpt-second': say });
    await run();
    expect(asked()).toHaveLength(6);
    expect((await run()).code).toBe(0);
    expect(asked()).toHaveLength(6);
  });

  it('takes over for the whole run when the first refuses the key', async () => {
    answer({ 'gpt-first': (call) => call.status(401), 'gpt-second': say });
    const ended = await run();
    expect(ended.code).toBe(0);
    expect(asked()).toEqual(['gpt-first', 'gpt-second', 'gpt-second', 'gpt-second']);
  });

  it('that is refused as well ends the run with exit code 3', async () => {
    answer({ 'gpt-first': (call) => call.status(401), 'gpt-second': (call) => call.status(402) });
    const ended = await run();
    expect(ended.code).toBe(3);
    expect(asked()).toEqual(['gpt-first', 'gpt-second']);
  });

  it('that is refused does not stop a run in which the first still answers', async () => {
    answer({
      'gpt-first': (call) => (call.prompt.includes('1') ? bad(call) : say(call)),
      'gpt-second': (call) => call.status(401),
    });
    expect((await run()).code).toBe(1);
    expect(await stage.workspace.rows('small')).toHaveLength(2);
    const [failure] = await stage.workspace.failures('small');
    expect(failure).toMatchObject({
      row: 1,
      class: 'invalid-request',
      attempts: [
        { alias: 'first', class: 'invalid-request' },
        { alias: 'second', class: 'auth' },
      ],
    });
    expect(String((failure as JsonObject)['message'])).toContain('`second` failed too (auth)');
  });
});

describe('a column that asks only the model whose key is refused', () => {
  it('stops the run, though another column has a second one', async () => {
    await stage.workspace.write(
      'small.yaml',
      smallRecipe({
        models: [openAiModel('first'), openAiModel('second')],
        columns: [textColumn('note', '[first, second]'), textColumn('more', 'first', 'note')],
      }),
    );
    answer({ 'gpt-first': (call) => call.status(401), 'gpt-second': say });
    expect((await run()).code).toBe(3);
  });
});

describe('a list of models with mistakes', () => {
  it.each([
    ['an alias that is not there', '[first, secnd]', 'did you mean `second`?'],
    ['the same alias twice', '[first, first]', 'must not have the same entry twice'],
    ['no alias', '[]', 'must not be empty'],
  ])('%s is found before the first call', async (_name, list, message) => {
    await stage.workspace.write(
      'small.yaml',
      smallRecipe({
        models: [openAiModel('first'), openAiModel('second')],
        columns: [textColumn('note', list)],
      }),
    );
    const ended = await stage.workspace.run(['validate', 'small.yaml']);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(message);
  });
});
