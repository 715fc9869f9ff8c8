import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import type { Ended } from '../rig/program.js';
import { useStage } from '../rig/stage.js';

const recipe = `data_designer:
  seed_config: { source: { seed_type: local, path: ids.csv } }
  model_configs:
    - alias: main
      model: m
      provider: openai
      inference_parameters:
        generation_type: chat-completion
        temperature: { distribution_type: uniform, params: { low: 0.5, high: 0.9 } }
        top_p: { distribution_type: manual, params: { values: [0.2, 0.4], weights: null } }
  columns:
    - { name: said, column_type: llm-text, model_alias: main, prompt: "Say {{ id }}." }
`;

const stage = useStage(async (workspace) => {
  await workspace.write('drawn.yaml', recipe);
  await workspace.write('ids.csv', 'id\n1\n2\n3\n4\n');
});

const dd = (...args: readonly string[]): Promise<Ended> =>
  stage.workspace.run(args, { OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' });

/** By prompt, since the order of requests is not fixed. */
const sent = (): readonly JsonObject[] =>
  stage.server.calls
    .toSorted((a, b) => (a.prompt < b.prompt ? -1 : 1))
    .map(({ body }) => ({ temperature: body['temperature'] ?? null, top_p: body['top_p'] ?? null }));

describe('temperature and top_p that are drawn', () => {
  it('are a part of the request, other for each cell and the same in every run, so that answers are stored', async () => {
    stage.server.handle((call) => call.reply('said'));
    expect((await dd('run', 'drawn.yaml')).code).toBe(0);
    const first = sent();
    expect(new Set(first.map(({ temperature }) => temperature)).size).toBe(4);
    expect(first.every(({ top_p }) => top_p === 0.2 || top_p === 0.4)).toBe(true);

    expect((await dd('run', 'drawn.yaml', '--fresh')).code).toBe(0);
    expect(stage.server.calls).toHaveLength(4);

    expect((await dd('run', 'drawn.yaml', '--no-cache')).code).toBe(0);
    expect(sent().filter((_, index) => index % 2 === 0)).toEqual(first);

    expect((await dd('run', 'drawn.yaml', '--seed', '7')).code).toBe(0);
    expect(stage.server.calls).toHaveLength(12);
  });

  it('are shown by dd render', async () => {
    stage.server.handle((call) => call.reply('said'));
    await dd('run', 'drawn.yaml', '--num-records', '1');
    const [cell] = sent();
    const { stdout } = await dd('render', 'drawn.yaml', '--column', 'said', '--row', '0');
    expect(stdout).toContain(
      `drawn for this cell: temperature ${cell?.['temperature']}, top_p ${cell?.['top_p']}`,
    );
    const json = await dd('render', 'drawn.yaml', '--column', 'said', '--row', '0', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ drawn: cell });
  });
});
