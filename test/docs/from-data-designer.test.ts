import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkspace, projectDir, type Workspace } from '../rig/program.js';
import { type PromptServer, startPromptServer } from '../rig/prompt-server.js';

/** The commands of the page, in their order, on a config as it tells to export one. */
const page = await readFile(join(projectDir, 'docs', 'from-data-designer.md'), 'utf8');
const commands = (/## Run a config[^]*?\n```\n(dd [^]*?)```/.exec(page)?.[1] ?? '').trim().split('\n');

const config = {
  data_designer: {
    columns: [
      {
        name: 'tone',
        column_type: 'sampler',
        sampler_type: 'category',
        params: { sampler_type: 'category', values: ['dry', 'warm'], weights: null },
        conditional_params: {},
        convert_to: null,
        drop: false,
        skip: null,
        propagate_skip: true,
      },
      {
        name: 'line',
        column_type: 'llm-text',
        model_alias: 'openai-text',
        prompt: 'A {{ tone }} line.',
        system_prompt: null,
        multi_modal_context: null,
        tool_alias: null,
        with_trace: 'none',
        extract_reasoning_content: false,
        drop: false,
        skip: null,
        propagate_skip: true,
      },
    ],
    model_configs: [
      {
        alias: 'openai-text',
        model: 'gpt-4.1',
        provider: 'openai',
        inference_parameters: { temperature: 0.85 },
      },
    ],
    seed_config: null,
    constraints: null,
    processors: null,
    profilers: null,
    tool_configs: [],
  },
  library_version: '0.9.7',
};

let server: PromptServer;
let workspace: Workspace;

beforeAll(async () => {
  server = await startPromptServer();
  workspace = await createWorkspace();
  await workspace.write('config.json', JSON.stringify(config, null, 2));
});

afterAll(async () => {
  await server.close();
  await workspace.remove();
});

describe('the commands of "Run a config"', () => {
  it('are there', () => {
    expect(commands).toHaveLength(3);
  });

  it.each(commands)('%s', async (command) => {
    const [, ...args] = command.split(' ');
    const env = { OPENAI_API_KEY: 'x', OPENAI_BASE_URL: `${server.origin}/v1` };
    expect(await workspace.run(args, env)).toMatchObject({ code: 0 });
  });

  it('make the dataset where the page says it is', async () => {
    expect(page).toContain('`artifacts/config`');
    const rows = await workspace.rows('config');
    expect(rows).toHaveLength(100);
    expect(new Set(rows.map(({ tone }) => tone))).toEqual(new Set(['dry', 'warm']));
  });
});
