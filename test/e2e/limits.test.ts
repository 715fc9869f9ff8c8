import { describe, expect, it } from '@jest/globals';
import { useStage } from '../rig/stage.js';
import type { Ended } from '../rig/program.js';
import { openAiModel, smallRecipe, textColumn } from '../rig/small-recipe.js';
import { writeSessions } from '../rig/traces.js';

/** One call costs 10 tokens in and 5 out: 0.01 dollars at these prices. */
const prices = ', prices: { input: 500, output: 1000 }';

const stage = useStage((workspace) => writeSessions(workspace, 6));

async function writeRecipe(rest: string): Promise<void> {
  const recipe = smallRecipe({ models: [openAiModel('main', rest)], columns: [textColumn('note', 'main')] });
  await stage.workspace.write('small.yaml', recipe);
}

const run = (...more: readonly string[]): Promise<Ended> =>
  stage.workspace.run(['run', 'small.yaml', ...more], {
    OPENAI_BASE_URL: stage.server.url,
    OPENAI_API_KEY: 'sk-test',
  });

describe.each([
  ['--max-cost', '0.03', '0.05', 'this run has spent $0.030, and its limit is $0.030'],
  ['--max-tokens', '45', '1000', 'this run has used 45 tokens, and its limit is 45'],
])('%s', (flag, limit, higher, message) => {
  it('stops with exit code 4, sends nothing after, and a higher limit finishes with the rest only', async () => {
    await writeRecipe(prices);
    stage.server.handle((call) => call.reply(`note ${call.index}`));
    const ended = await run(flag, limit);
    expect(ended.code).toBe(4);
    expect(ended.stderr).toContain(message);
    expect(ended.stderr).toContain(`raise ${flag}`);
    expect(stage.server.calls).toHaveLength(3);
    expect(await stage.workspace.rows('small')).toHaveLength(3);
    expect(await stage.workspace.metadata('small')).toMatchObject({
      status: 'limited',
      rows: { done: 3, failed: 0 },
      cost: { this_run: { usd: 0.03 }, dataset: { usd: 0.03 } },
    });

    const finished = await run(flag, higher);
    expect(finished.code).toBe(0);
    expect(stage.server.calls).toHaveLength(6);
    expect(new Set(stage.server.calls.map(({ prompt }) => prompt)).size).toBe(6);
    expect(await stage.workspace.rows('small')).toHaveLength(6);
    expect(await stage.workspace.metadata('small')).toMatchObject({
      status: 'finished',
      cost: { this_run: { usd: 0.03, tokens: { input: 30, output: 15 } }, dataset: { usd: 0.06 } },
    });
    expect(finished.stderr).toContain('cost $0.030; whole dataset $0.060');
  });
});

describe('a limit', () => {
  it('of cost without known prices is refused before the first call, with what to type', async () => {
    await writeRecipe('');
    const ended = await run('--max-cost', '1');
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('small.yaml:3:');
    expect(ended.stderr).toContain('--max-cost needs the prices of `main`');
    expect(ended.stderr).toContain('prices: { input: …, output: … }');
    expect(stage.server.calls).toHaveLength(0);
  });

  it('that the last call reaches exactly stops nothing', async () => {
    await writeRecipe(prices);
    stage.server.handle((call) => call.reply('a note'));
    expect((await run('--max-tokens', '90')).code).toBe(0);
    expect(await stage.workspace.metadata('small')).toMatchObject({ status: 'finished', rows: { done: 6 } });
  });

  it('cannot be kept with a server that does not count: the run stops and says so', async () => {
    await writeRecipe(prices);
    stage.server.handle((call) => call.reply('a note', { usage: null }));
    const ended = await run('--max-cost', '1');
    expect(ended.code).toBe(4);
    expect(ended.stderr).toContain('does not report the tokens of its answers');
    expect(stage.server.calls).toHaveLength(1);
  });

  it('lets those in flight finish: it is passed by one window of calls at most', async () => {
    await writeRecipe(prices);
    const parallel = ['--set', 'model_configs.main.inference_parameters.max_parallel_requests=2'];
    const started = stage.workspace.start(['run', 'small.yaml', '--max-tokens', '30', ...parallel], {
      OPENAI_BASE_URL: stage.server.url,
      OPENAI_API_KEY: 'sk-test',
    });
    // A server on this machine is asked one at a time first.
    (await stage.server.next()).reply('note 0');
    const window = [await stage.server.next(), await stage.server.next()];
    for (const call of window) call.reply(`note ${call.index}`);
    expect((await started.ended).code).toBe(4);
    expect(stage.server.calls.length).toBeLessThanOrEqual(5);
    expect((await stage.workspace.rows('small')).length).toBeGreaterThanOrEqual(3);
  });

  it.each(['zero', '0', '-1'])('of %s dollars is no limit', async (amount) => {
    await writeRecipe(prices);
    const ended = await run(`--max-cost=${amount}`);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('--max-cost must be an amount of US dollars');
  });
});

describe('the summary', () => {
  it('speaks of missing prices only when there is something to be priced', async () => {
    await writeRecipe('');
    stage.server.handle((call) => call.status(401));
    const { stderr } = await run();
    expect(stderr).toContain('cost $0.00\n');
    expect(stderr).not.toContain('no prices are known');
  });

  it('says what each column asked of each model, and that an unknown cost is called unknown', async () => {
    await writeRecipe('');
    stage.server.handle((call) =>
      call.reply('a note', {
        usage: {
          prompt_tokens: 100,
          completion_tokens: 20,
          prompt_tokens_details: { cached_tokens: 64 },
          completion_tokens_details: { reasoning_tokens: 8 },
        },
      }),
    );
    const { stderr } = await run();
    expect(stderr).toContain(
      [
        'column  model  calls  tokens in  cached  tokens out  reasoning     cost',
        'note    main       6        600     384         120         48  unknown',
        'cost unknown: no prices are known for `main`; give them as `prices:`',
      ].join('\n'),
    );
    expect(stderr).not.toContain('$');
    expect(await stage.workspace.metadata('small')).toMatchObject({
      usage: [
        {
          alias: 'main',
          prices: null,
          cost_usd: null,
          columns: [
            {
              column: 'note',
              calls: 6,
              cells: 6,
              tokens: { input: 600, output: 120, cached: 384, reasoning: 48 },
              cost_usd: null,
            },
          ],
        },
      ],
      cost: { this_run: { usd: null, usd_is_minimum: true } },
    });
  });
});
