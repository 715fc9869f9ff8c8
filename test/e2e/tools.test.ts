import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { until } from '../rig/kill.js';
import { startModelServer, type ModelCall, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, type Ended, type Workspace } from '../rig/program.js';
import { ADD, startToolServer, type ToolServer } from '../rig/tool-server.js';

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
    await workspace.write('recipe.yaml', recipe({ words: ['red', 'green'], column: ', with_tools: true' }));
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
    expect(row?.answer__tools).toEqual(models.calls[0]?.body.tools);
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

describe('a tool whose name providers of models do not take', () => {
  it('is shown with another one, and called by its own', async () => {
    const tool = (name: string): JsonObject => ({ ...ADD, name });
    tools.list([tool('math.add'), tool('math_add'), tool('math/add'), tool('sub.t')]);
    await workspace.write('recipe.yaml', recipe({ config: ', allow_tools: [math.add, math_add, math/add]' }));
    models.handle((call) => {
      const results = resultsIn(call);
      if (results.length > 0) return call.reply(results.map(String).join(' '));
      return calling(
        call,
        ['math_add', '{}'],
        ['math_add_2', '{}'],
        ['math_add_3', '{}'],
        ['math.add', '{}'],
      );
    });
    tools.handle((call) => call.text(call.tool));
    expect((await run('--allow-tools')).code).toBe(0);
    const [row] = await workspace.rows('made');
    expect(row?.answer).toBe(
      'math_add math.add math/add Error: there is no tool "math.add"; there are: math_add_2, math_add_3, math_add',
    );
  });
});

describe('a column with a schema', () => {
  it('calls tools, and an answer that does not conform is corrected without calling them again', async () => {
    const structured = recipe({
      column:
        ', output_format: { type: object, properties: { sum: { type: integer } }, required: [sum], additionalProperties: false }',
    }).replace('llm-text', 'llm-structured');
    await workspace.write('recipe.yaml', structured);
    models.handle((call) => {
      const results = resultsIn(call);
      if (results.length === 0) return calling(call, ['add', '{"a":1,"b":2}']);
      const isCorrection = call.messages.at(-1)?.role === 'user';
      return call.reply({ sum: isCorrection ? Number(results[0]) : 'three' });
    });
    tools.handle((call) => call.text('3'));
    expect((await run('--allow-tools')).code).toBe(0);
    const [row] = await workspace.rows('made');
    expect(row?.answer).toEqual({ sum: 3 });
    expect([models.calls.length, tools.calls.length]).toEqual([3, 1]);
    expect(models.calls.map(({ technique }) => technique)).toEqual(['prompt', 'prompt', 'prompt']);
  });
});

describe('Ctrl-C', () => {
  it('lets a call of a tool finish, and keeps its result', async () => {
    await workspace.write('recipe.yaml', recipe());
    const program = workspace.start(['run', 'recipe.yaml', '--allow-tools'], environment());
    calling(await models.next(), ['add', '{"a":1,"b":2}']);
    const call = await tools.next();
    program.kill('SIGINT');
    await program.says('Stopping');
    call.text('3');
    expect((await program.ended).code).toBe(130);
    expect(models.calls).toHaveLength(1);
    models.handle(adder);
    expect((await run('--allow-tools')).code).toBe(0);
    expect([models.calls.length, tools.calls.length]).toEqual([2, 1]);
  });

  it('twice gives a call of a tool up; once is enough for a server that does not come up', async () => {
    await workspace.write('recipe.yaml', recipe());
    const program = workspace.start(['run', 'recipe.yaml', '--allow-tools'], environment());
    calling(await models.next(), ['add', '{"a":1,"b":2}']);
    const { pid } = await tools.next();
    program.kill('SIGINT');
    await program.says('Stopping');
    program.kill('SIGINT');
    expect((await program.ended).code).toBe(130);
    expect(() => process.kill(pid, 0)).toThrow();

    await workspace.write(
      'recipe.yaml',
      recipe({ provider: 'command: sh, args: [-c, "touch up; sleep 600"]' }),
    );
    const hanging = workspace.start(['run', 'recipe.yaml', '--allow-tools'], environment());
    await until(async () => existsSync(workspace.path('up')));
    hanging.kill('SIGINT');
    expect((await hanging.ended).code).toBe(130);
    expect(models.calls).toHaveLength(1);
  });
});

/** The recipe as the second of two stages. */
const stages = (): string =>
  recipe()
    .replace(
      'seed_config:',
      'stages:\n  - name: first\n    num_records: 1\n    columns: [{ name: word, column_type: llm-text, model_alias: main, prompt: One }]\n  - name: second\n    needs: first\n',
    )
    .replace(/ {2}source: .*\n/, '')
    .replace('columns:\n  - { name: answer', '    columns:\n      - { name: answer');

describe('a recipe with stages', () => {
  it('says which program a later stage starts, before the first stage asks for anything', async () => {
    await workspace.write('recipe.yaml', stages());
    models.handle((call) => (call.prompt === 'One' ? call.reply('red') : adder(call)));
    tools.handle((call) => call.text('3'));
    const refused = await run();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('nothing was started');
    expect(refused.stderr).toContain('--allow-tools');
    const onQueue = await run('--allow-tools', '--queue', 'redis://127.0.0.1:9');
    expect(onQueue.code).toBe(2);
    expect(onQueue.stderr).toContain('workers of a queue call no tools');
    expect(onQueue.stderr).toContain('run this recipe without --queue, and with DD_QUEUE unset');
    expect([models.calls.length, tools.listings]).toEqual([0, 0]);

    expect((await run('--allow-tools', '--quiet')).code).toBe(0);
    const [row] = await workspace.rows('made.second');
    expect(row).toMatchObject({ word: 'red', answer: 'it is 3' });
    expect((await run('--allow-tools', '--quiet')).code).toBe(0);
    expect([models.calls.length, tools.calls.length]).toEqual([3, 1]);
  });
});

describe('a later stage whose tools cannot be used', () => {
  const cases: readonly (readonly [string, () => string, string])[] = [
    ['a path to no file', () => 'provider_type: stdio, command: ./missing', 'there is no such program'],
    [
      'a name of no program',
      () => 'provider_type: stdio, command: no-such-program-of-tools',
      'there is no such program in the folders of PATH',
    ],
    [
      'a file that is no program',
      () => 'provider_type: stdio, command: ./recipe.yaml',
      'this file is no program: it may not be executed',
    ],
    [
      'a key that is not set',
      () => 'provider_type: streamable_http, endpoint: "https://tools.example/mcp", api_key: KEY_OF_TOOLS',
      'export KEY_OF_TOOLS=… before running',
    ],
    [
      'a server that is not up',
      () => 'provider_type: streamable_http, endpoint: "http://127.0.0.1:9/mcp"',
      'the tool provider `calculator` cannot be used: fetch failed',
    ],
    [
      'a server without the tool',
      () => `provider_type: sse, endpoint: "${tools.sse}"`,
      '`allow_tools` of `kit` names `subtract`, which is in none of its providers',
    ],
  ];
  it.each(cases)('is refused before the first stage asks for anything: %s', async (_, provider, words) => {
    const given = stages()
      .replace(/provider_type: stdio, .*(?= \}\n)/, () => provider())
      .replace('[calculator]', '[calculator], allow_tools: [subtract]');
    await workspace.write('recipe.yaml', given);
    const { code, stderr } = await run('--allow-tools');
    expect(stderr).toContain(words);
    expect([code, models.calls.length]).toEqual([2, 0]);
  });
});

describe('dd render', () => {
  const render = async (column: string): Promise<JsonObject> => {
    const { stdout } = await workspace.run(
      ['render', 'recipe.yaml', '--column', column, '--json'],
      environment(),
    );
    return JSON.parse(stdout) as JsonObject;
  };

  it('shows the tools of a request and the stored turns, once a run has listed them, and starts no server', async () => {
    const short =
      '  - { name: short, column_type: llm-text, model_alias: main, prompt: "SHORT {{ answer }}" }';
    await workspace.write('recipe.yaml', recipe() + short);
    expect(await render('answer')).toMatchObject({ tools: { alias: 'kit' } });
    expect((await workspace.run(['render', 'recipe.yaml', '-c', 'answer'], environment())).stdout).toContain(
      'known here once a run has listed them',
    );
    expect([tools.listings, models.calls.length]).toEqual([0, 0]);

    tools.handle((call) => call.text('5'));
    models.handle((call) => {
      if (call.prompt.startsWith('SHORT')) call.reply('short');
      else if (resultsIn(call).length === 0) calling(call, ['add', '{"a":2,"b":3}'], ['sub', '{}']);
      else call.reply('It is 5.');
    });
    expect((await run('--allow-tools')).code).toBe(0);
    const asked = [tools.listings, tools.calls.length, models.calls.length];
    const rendered = await render('answer');
    const sent = models.calls[0]?.body as JsonObject;
    const definitions = (rendered['tools'] as JsonObject)['definitions'] as readonly Json[];
    expect(definitions.map((definition) => ({ type: 'function', function: definition }))).toEqual(
      sent['tools'],
    );
    expect(rendered['turns']).toEqual([
      {
        role: 'assistant',
        content: '',
        toolCalls: [
          { id: 'call_0', name: 'add', arguments: '{"a":2,"b":3}' },
          { id: 'call_1', name: 'sub', arguments: '{}' },
        ],
      },
      { role: 'tool', content: '5', toolCallId: 'call_0' },
      {
        role: 'tool',
        content: 'Error: there is no tool "sub"; there are: add',
        toolCallId: 'call_1',
        isError: true,
      },
      { role: 'assistant', content: 'It is 5.' },
    ]);
    const { stdout } = await workspace.run(['render', 'recipe.yaml', '-c', 'answer'], environment());
    expect(stdout).toContain('calls add call_0 {"a":2,"b":3}');
    expect(stdout).toContain('"required":["a","b"]');
    expect(await render('short')).toMatchObject({
      reads: [{ name: 'answer', from: 'stored' }],
      messages: [{ content: 'SHORT It is 5.' }],
    });
    expect([tools.listings, tools.calls.length, models.calls.length]).toEqual(asked);
  });
});

describe('what goes wrong with a call', () => {
  it('is told to the model: an unknown tool, broken arguments, an error, and a server that ends', async () => {
    await workspace.write('recipe.yaml', recipe());
    models.handle((call) => {
      const results = resultsIn(call);
      if (results.length === 0)
        calling(call, ['sub', '{}'], ['add', '{"a":'], ['add', '{"a":1}'], ['add', '{"a":2}']);
      else call.reply(results.map(String).join(' | '));
    });
    tools.handle((call) =>
      call.given.a === 1
        ? call.result({ isError: true, content: [{ type: 'text', text: 'b is missing' }] })
        : call.result({ crash: true }),
    );
    expect((await run('--allow-tools')).code).toBe(0);
    const [row] = await workspace.rows('made');
    expect(row?.answer).toBe(
      [
        'Error: there is no tool "sub"; there are: add',
        'Error: the arguments of add are no JSON object: {"a":',
        'Error: b is missing',
        'Error: the server ended while this tool was running',
      ].join(' | '),
    );
  });

  it('is refused beyond the budget, and a model that goes on has failed', async () => {
    await workspace.write('recipe.yaml', recipe({ config: ', max_tool_call_turns: 1' }));
    tools.handle((call) => call.text('3'));
    models.handle((call) =>
      resultsIn(call).length < 2 ? calling(call, ['add', '{}']) : call.reply(String(resultsIn(call).at(-1))),
    );
    expect((await run('--allow-tools')).code).toBe(0);
    const [row] = await workspace.rows('made');
    expect(row?.answer).toContain('Tool call refused');
    expect(tools.calls).toHaveLength(1);

    models.handle((call) => calling(call, ['add', '{"again":1}']));
    await workspace.write('recipe.yaml', recipe({ config: ', max_tool_call_turns: 1', words: ['blue'] }));
    const ended = await run('--allow-tools');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('went on to call tools');
  });
});

describe('a server of tools', () => {
  it('may flood its stdout and hang: what is no message is left out, and the model is told of the time', async () => {
    await workspace.write('recipe.yaml', recipe());
    models.handle(adder);
    tools.handle((call) => {
      if (call.given.a === 1) call.result({ flood: 'noise', stderr: '\u001b[31mred', content: [] });
    });
    expect((await run('--allow-tools')).code).toBe(0);
    const [row] = await workspace.rows('made');
    expect(row?.answer).toBe('it is Error: the server ended while this tool was running');

    tools.handle(() => undefined);
    await workspace.write('recipe.yaml', recipe({ config: ', timeout_sec: 0.2', words: ['blue'] }));
    expect((await run('--allow-tools')).code).toBe(0);
    const [late] = await workspace.rows('made');
    expect(late?.answer).toBe('it is Error: the tool did not answer within 0.2 s');
  });

  it('ends the run before its first row where it cannot be used, or a tool is in two of them', async () => {
    await workspace.write('recipe.yaml', recipe({ provider: 'command: ./missing' }));
    const missing = await run('--allow-tools');
    expect([missing.code, models.calls.length]).toEqual([2, 0]);
    expect(missing.stderr).toContain(
      'the tool provider `calculator` cannot be used: there is no such program',
    );

    const second = `mcp_providers:\n  - { name: other, provider_type: stdio, ${tools.relay} }\n`;
    const both = recipe().replace('mcp_providers:\n', second).replace('[calculator]', '[calculator, other]');
    await workspace.write('recipe.yaml', both);
    const clash = await run('--allow-tools');
    expect(clash.code).toBe(2);
    expect(clash.stderr).toContain('is in two providers: `calculator` and `other`');
  });
});

describe('a program of a recipe', () => {
  it('is not started until it is allowed: the command is shown, and nothing else starts it', async () => {
    await workspace.write(
      'recipe.yaml',
      recipe({ provider: `command: sh, args: [-c, "touch \${HOME}/ran; echo \\e[31m"]` }),
    );
    for (const args of [
      ['validate', 'recipe.yaml'],
      ['plan', 'recipe.yaml'],
      ['run', 'recipe.yaml', '--dry-run', '--quiet'],
    ])
      expect((await workspace.run(args, environment())).code).toBe(0);
    const refused = await run();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--allow-tools');
    expect(refused.stderr).toContain(String.raw`sh -c $'touch ${'$'}{HOME}/ran; echo \u{1b}[31m'`);
    expect([models.calls.length, (await workspace.everything()).has(workspace.path('ran'))]).toEqual([
      0,
      false,
    ]);
  });

  it('is allowed by its fingerprint, until any part of the command changes', async () => {
    await workspace.write('recipe.yaml', recipe());
    const [print = ''] = /sha256:[0-9a-f]{64}/.exec((await run()).stderr) ?? [];
    await workspace.write('.config/dd/settings.yaml', `trusted_tools: ["${print}"]`);
    const settings = { ...environment(), XDG_CONFIG_HOME: workspace.path('.config') };
    models.handle(adder);
    tools.handle((call) => call.text('3'));
    expect((await workspace.run(['run', 'recipe.yaml'], settings)).code).toBe(0);
    await workspace.write('recipe.yaml', recipe({ provider: tools.relay.replace('env: {', 'env: { A: b,') }));
    expect((await workspace.run(['run', 'recipe.yaml'], settings)).code).toBe(2);
    await workspace.write('other/recipe.yaml', recipe());
    expect((await workspace.run(['run', 'other/recipe.yaml'], settings)).code).toBe(2);
  });

  it('of the settings starts in the folder of the settings, where nothing of the recipe takes its place', async () => {
    const own = recipe().replace(/mcp_providers:\n.*\n/, '');
    await workspace.write('recipe.yaml', own);
    await workspace.write(
      '.config/dd/settings.yaml',
      `mcp_providers: [{ name: calculator, provider_type: stdio, ${tools.relay} }]`,
    );
    models.handle(adder);
    tools.handle((call) => call.text('3'));
    const env = { ...environment(), XDG_CONFIG_HOME: workspace.path('.config') };
    expect((await workspace.run(['run', 'recipe.yaml'], env)).code).toBe(0);
    expect(tools.calls[0]?.cwd).toBe(await realpath(workspace.path('.config/dd')));
  });

  it('gets no key, and what it says about one is not kept', async () => {
    await workspace.write(
      'recipe.yaml',
      recipe({ provider: tools.relay.replace('env: {', 'env: { SEARCH_KEY: "${SEARCH_KEY}",') }),
    );
    models.handle(adder);
    tools.handle((call) => call.text(`${call.env['SEARCH_KEY']} ${call.env['OPENAI_API_KEY']}`));
    const env = { ...environment(), SEARCH_KEY: 'key-of-the-search' };
    expect((await workspace.run(['run', 'recipe.yaml', '--allow-tools'], env)).code).toBe(0);
    expect(tools.calls[0]?.env['SEARCH_KEY']).toBe('key-of-the-search');
    const [row] = await workspace.rows('made');
    expect(row?.answer).toBe('it is [key] undefined');
  });

  it('ends with the run', async () => {
    await workspace.write(
      'recipe.yaml',
      recipe({ provider: tools.relay.replace('env: {', 'env: { STUBBORN: yes,') }),
    );
    models.handle(adder);
    tools.handle((call) => call.text('3'));
    expect((await run('--allow-tools')).code).toBe(0);
    const { pid = 0 } = tools.calls[0] ?? {};
    expect(() => process.kill(pid, 0)).toThrow();
  });
});

describe('a run that is killed', () => {
  it('repeats neither the turn of the model nor the call of the tool', async () => {
    await workspace.write('recipe.yaml', recipe());
    tools.handle((call) => call.text('3'));
    const first = workspace.start(['run', 'recipe.yaml', '--allow-tools'], environment());
    calling(await models.next(), ['add', '{"a":1,"b":2}']);
    // It asks with the result, which is stored before.
    await models.next();
    first.kill('SIGKILL');
    await first.ended;
    models.handle(adder);
    expect((await run('--allow-tools')).code).toBe(0);
    expect(tools.calls).toHaveLength(1);
    expect(models.calls).toHaveLength(3);
    const { usage } = (await workspace.metadata('made')) as unknown as {
      readonly usage: readonly JsonObject[];
    };
    expect(usage[0]).toMatchObject({ calls: 1, stored_answers: 1, stored_tool_calls: { add: 1 } });
  });
});

/** Nested deeper than recursive code can go. */
const deep = (levels = 60_000): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

it('arguments that are nested without end are refused to the model', async () => {
  await workspace.write('recipe.yaml', recipe());
  models.handle((call) => {
    const results = resultsIn(call);
    if (results.length === 0) calling(call, ['add', `{"a":${deep()}}`]);
    else call.reply(`it is ${String(results.at(-1))}`);
  });
  expect((await run('--allow-tools')).code).toBe(0);
  const [row] = await workspace.rows('made');
  expect(row?.answer).toContain('the arguments of add are no JSON object');
  expect(tools.calls).toEqual([]);
});

describe('a server that is called over HTTP', () => {
  it('is given up where its answer unpacks to more than memory is for', async () => {
    const zeros = gzipSync(Buffer.alloc(65 * 2 ** 20, ' '));
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(zeros);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      await workspace.write(
        'recipe.yaml',
        recipe().replace(
          /\{ name: calculator.*\n/,
          `{ name: calculator, provider_type: streamable_http, endpoint: "http://127.0.0.1:${port}/mcp" }\n`,
        ),
      );
      const ended = await run();
      expect(ended.code).toBe(2);
      expect(ended.stderr).toContain('it answered more than memory is for');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it.each(['streamable_http', 'sse'] as const)(
    '(%s) gets its key in a header, and no other host gets it',
    async (type) => {
      const remote = (url: string): string =>
        recipe().replace(
          /\{ name: calculator.*\n/,
          `{ name: calculator, provider_type: ${type}, endpoint: "${url}", api_key: TOOL_KEY }\n`,
        );
      await workspace.write('recipe.yaml', remote(type === 'sse' ? tools.sse : tools.http));
      models.handle(adder);
      tools.handle((call) => call.text('3 key-of-the-tool'));
      const env = { ...environment(), TOOL_KEY: 'key-of-the-tool' };
      expect((await workspace.run(['run', 'recipe.yaml'], env)).code).toBe(0);
      expect(tools.calls[0]?.headers['authorization']).toBe('Bearer key-of-the-tool');
      const files = [...(await workspace.everything()).values()].join('\n');
      expect(files).not.toContain('key-of-the-tool');

      await workspace.write('recipe.yaml', remote(tools.http.replace('/mcp', '/elsewhere')));
      const moved = await workspace.run(['run', 'recipe.yaml'], env);
      expect(moved.code).toBe(2);
      expect(moved.stderr).toContain('cannot be used');
    },
  );
});

const message = (role: string, text: string): JsonObject => ({
  role,
  content: [{ type: 'text', text }],
  reasoning_content: null,
  tool_calls: null,
  tool_call_id: null,
});
