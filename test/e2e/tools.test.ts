import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { startModelServer, type ModelCall, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, type Ended, type Workspace } from '../rig/program.js';
import { startToolServer, type ToolServer } from '../rig/tool-server.js';

/** Models that call tools before they answer. */

let models: ModelServer;
let tools: ToolServer;
let workspace: Workspace;

beforeEach(async () => {
  [models, tools, workspace] = await Promise.all([startModelServer(), startToolServer(), createWorkspace()]);
});
afterEach(async () => {
  await Promise.all([models.close(), tools.close(), workspace.remove()]);
});

const run = (...flags: readonly string[]): Promise<Ended> =>
  workspace.run(['run', 'recipe.yaml', ...flags], environment());

const environment = (): Record<string, string> => ({
  OPENAI_API_KEY: 'sk-secret-of-the-model',
  OPENAI_BASE_URL: models.url,
});

interface Parts {
  readonly provider?: string;
  readonly config?: string;
  readonly column?: string;
  readonly words?: readonly string[];
}

const recipe = ({ provider, config = '', column = '', words = ['red'] }: Parts = {}): string => `
name: made
model_configs:
  - { alias: main, provider: openai, model: gpt-test }
mcp_providers:
  - { name: calculator, provider_type: stdio, ${provider ?? tools.relay} }
tool_configs:
  - { tool_alias: kit, providers: [calculator]${config} }
seed_config:
  source: { seed_type: rows, rows: [${words.map((word) => `{ word: ${word} }`).join(', ')}] }
columns:
  - { name: answer, column_type: llm-text, model_alias: main, tool_alias: kit, prompt: "KEY {{ word }}", with_trace: all_messages${column} }
`;

/** An answer that calls tools. */
const calling = (call: ModelCall, ...calls: readonly (readonly [string, string])[]): void =>
  call.reply('', {
    finishReason: 'tool_calls',
    message: {
      tool_calls: calls.map(([name, given], index) => ({
        id: `call_${index}`,
        type: 'function',
        function: { name, arguments: given },
      })),
    },
  });

const resultsIn = (call: ModelCall): readonly Json[] =>
  (call.body.messages as readonly JsonObject[])
    .filter(({ role }) => role === 'tool')
    .map(({ content }) => content ?? null);

/** Calls `add` once, then says what it said. */
const adder = (call: ModelCall): void => {
  const results = resultsIn(call);
  if (results.length === 0) calling(call, ['add', '{"a":1,"b":2}']);
  else call.reply(`it is ${String(results.at(-1))}`);
};

describe('a model that calls a tool', () => {
  it('gets its result and answers; the trace has the call, and a second run asks nothing', async () => {
    await workspace.write('recipe.yaml', recipe({ words: ['red', 'green'] }));
    models.handle(adder);
    tools.handle((call) => call.text(String(Number(call.given.a) + Number(call.given.b))));
    const ended = await run('--allow-tools');
    expect(ended.stderr).not.toContain('error');
    expect(ended.code).toBe(0);
    const [row] = await workspace.rows('made');
    expect(row?.answer).toBe('it is 3');
    expect(row?.answer__trace).toEqual([
      message('user', 'KEY red'),
      {
        ...message('assistant', ''),
        tool_calls: [
          { id: 'call_0', type: 'function', function: { name: 'add', arguments: '{"a":1,"b":2}' } },
        ],
      },
      { ...message('tool', '3'), tool_call_id: 'call_0' },
      message('assistant', 'it is 3'),
    ]);
    expect(models.calls[0]?.body.tools).toEqual([
      {
        type: 'function',
        function: {
          name: 'add',
          description: 'Add two numbers.',
          parameters: {
            type: 'object',
            properties: { a: { type: 'integer' }, b: { type: 'integer' } },
            required: ['a', 'b'],
          },
        },
      },
    ]);
    expect([models.calls.length, tools.calls.length, tools.listings]).toEqual([4, 2, 1]);

    expect((await run('--allow-tools')).code).toBe(0);
    expect([models.calls.length, tools.calls.length]).toEqual([4, 2]);
  });
});

const message = (role: string, text: string): JsonObject => ({
  role,
  content: [{ type: 'text', text }],
  reasoning_content: null,
  tool_calls: null,
  tool_call_id: null,
});
