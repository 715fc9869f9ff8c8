import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createWorkspace, type Ended, type Workspace } from '../rig/program.js';

/** Columns that code of the person's own makes: a command, a service, a function of a plugin. */

let workspace: Workspace;

beforeEach(async () => {
  workspace = await createWorkspace();
});
afterEach(() => workspace.remove());

const node = JSON.stringify(process.execPath);

/** A program that answers each line by `body`, which sees `id`, `row`, `params` and `say`. It logs each row in `log`. */
const program = (body: string): string => `
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const say = (line) => process.stdout.write(JSON.stringify(line) + '\\n');
appendFileSync('starts', 'start\\n');
for await (const line of createInterface({ input: process.stdin })) {
  const { id, row, params } = JSON.parse(line);
  appendFileSync('log', row.word + '\\n');
  ${body}
}
`;

const upper = `say({ id, result: { loud: row.word.toUpperCase() } });`;

interface Parts {
  readonly words?: readonly string[];
  readonly column?: string;
  readonly more?: string;
}

const recipe = ({
  words = ['red', 'green'],
  column = `command: [${node}, code.mjs]`,
  more = '',
}: Parts = {}): string => `
name: made
seed_config:
  source: { seed_type: rows, rows: [${words.map((word) => `{ word: ${word} }`).join(', ')}] }
columns:
  - name: loud
    column_type: custom
    required_columns: [word]
    ${column}
${more}
`;

async function write(code: string, parts: Parts = {}): Promise<void> {
  await workspace.write('code.mjs', code);
  await workspace.write('recipe.yaml', recipe(parts));
}

const run = (...flags: readonly string[]): Promise<Ended> =>
  workspace.run(['run', 'recipe.yaml', ...flags], {
    OPENAI_API_KEY: 'sk-secret-of-the-model',
    MY_TOKEN: 'token-4711-abcdef',
  });

const linesOf = async (file: string): Promise<readonly string[]> =>
  (await readFile(workspace.path(file), 'utf8').catch(() => '')).split('\n').filter(Boolean);

const loud = async (): Promise<readonly unknown[]> =>
  (await workspace.rows('made')).map((row) => row['loud']);

describe('a command', () => {
  it('makes values, in one process, and a second run starts nothing', async () => {
    await write(program(upper));
    expect(await run('--allow-commands')).toMatchObject({ code: 0 });
    expect(await loud()).toEqual(['RED', 'GREEN']);
    expect(await linesOf('starts')).toHaveLength(1);
    expect(await run('--allow-commands')).toMatchObject({ code: 0 });
    expect(await linesOf('starts')).toHaveLength(1);
    expect(await run('--allow-commands', '--queue', 'redis://127.0.0.1:9')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/workers of a queue start no commands.*run this recipe without --queue/s),
    });
    await write(program(upper), { column: `command: [${node}, code.mjs]\n    version: 2` });
    expect(await run('--allow-commands')).toMatchObject({ code: 0 });
    expect(await linesOf('log')).toHaveLength(4);
  });

  it('gets the columns that it names, and no others, and the params', async () => {
    await write(program('say({ id, result: { loud: JSON.stringify({ row, params }) } });'), {
      words: ['red'],
      column: `command: [${node}, code.mjs]\n    params: { a: [1] }`,
    });
    await run('--allow-commands');
    expect(JSON.parse(String((await loud())[0]))).toEqual({ row: { word: 'red' }, params: { a: [1] } });
  });

  it('may answer in any order', async () => {
    await write(
      program(`(globalThis.kept ??= []).push([id, row.word]);
      if (kept.length === 3) for (const [at, word] of kept.reverse()) say({ id: at, result: { loud: word } });`),
      { words: ['a1', 'b2', 'c3'] },
    );
    await run('--allow-commands');
    expect(await loud()).toEqual(['a1', 'b2', 'c3']);
  });

  it('fails a row whose result is nested without end, and no other row', async () => {
    const deep = `'['.repeat(60000) + ']'.repeat(60000)`;
    await write(
      program(
        `if (row.word === 'red') process.stdout.write('{"id":' + id + ',"result":{"loud":' + ${deep} + '}}\\n'); else ${upper}`,
      ),
    );
    expect(await run('--allow-commands')).toMatchObject({ code: 1 });
    expect(await loud()).toEqual(['GREEN']);
    expect(await workspace.failures('made')).toMatchObject([
      { class: 'schema', message: expect.stringContaining('nested too deeply') },
    ]);
  });

  it('has long and broken names of its results cut in what is said of them', async () => {
    await write(program(`say({ id, result: { loud: 'x', ['a\\n\\u001b[31m' + 'y'.repeat(1e5)]: 1 } });`), {
      words: ['red'],
    });
    const ended = await run('--allow-commands');
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('of the result is left out');
    expect(ended.stderr).not.toMatch(/y{100}/);
  });

  it('fails a row with its error, and no other row', async () => {
    await write(
      program(
        `if (row.word === 'red') say({ id, error: 'no \\u001b[31mred\\u001b[0m here' }); else ${upper}`,
      ),
    );
    expect(await run('--allow-commands')).toMatchObject({ code: 1 });
    expect(await workspace.failures('made')).toMatchObject([
      {
        row: 0,
        column: 'loud',
        class: 'invalid-request',
        message: 'the command of loud failed: no red here',
      },
    ]);
    expect(await loud()).toEqual(['GREEN']);
  });

  it('leaves out keys that are not declared, counts them, and keeps those that are', async () => {
    const code = program(
      `process.stdout.write('{"id":' + id + ',"result":{"loud":"x","length":' + row.word.length + ',"__proto__":{"evil":1},"other":2,"word":"' + row.word + '"}}\\n');`,
    );
    await write(code, { column: `command: [${node}, code.mjs]\n    side_effect_columns: [length]` });
    const ended = await run('--allow-commands');
    expect(ended).toMatchObject({ code: 0 });
    expect(await workspace.rows('made')).toEqual([
      { word: 'red', loud: 'x', length: 3 },
      { word: 'green', loud: 'x', length: 5 },
    ]);
    expect(ended.stderr).toMatch(/note: loud: .*`other`.*side_effect_columns.*\(2 rows\)/);
    expect(ended.stderr).not.toContain('`word`');
    expect(Object.prototype).not.toHaveProperty('evil');
  });

  it('is checked by a schema, whose types later columns know', async () => {
    const column = `command: [${node}, code.mjs]
    schema: { $ref: result.json }`;
    await workspace.write(
      'result.json',
      '{"type":"object","properties":{"loud":{"$ref":"#/$defs/text"}},"$defs":{"text":{"type":"object","properties":{"size":{"type":"integer"}},"required":["size"]}}}',
    );
    const more = '  - { name: size, column_type: expression, jsonata: loud.size }';
    await write(program(`say({ id, result: { loud: { size: row.word === 'red' ? 'x' : 5 } } });`), {
      column,
      more,
    });
    expect(await run('--allow-commands')).toMatchObject({ code: 1 });
    expect(await workspace.failures('made')).toMatchObject([{ row: 0, class: 'schema' }]);
    expect(await workspace.rows('made')).toEqual([{ word: 'green', loud: { size: 5 }, size: 5 }]);
    await write(program(upper), { column, more: more.replace('loud.size', 'loud.sise') });
    expect((await workspace.run(['validate', 'recipe.yaml'])).stderr).toContain('sise');
  });

  it('has no keys in its environment but those that are named, and these are in no file', async () => {
    await write(program(`say({ id, result: { loud: JSON.stringify(process.env) } });`), {
      words: ['red'],
      column: `command: [${node}, code.mjs]\n    env: [MY_TOKEN]`,
    });
    await run('--allow-commands');
    const seen = JSON.parse(String((await loud())[0])) as Record<string, string>;
    expect(seen).not.toHaveProperty('OPENAI_API_KEY');
    expect(seen['MY_TOKEN']).toBe('[key]');
    for (const [, text] of await workspace.everything()) expect(text).not.toContain('token-4711-abcdef');
  });
});

describe('a command and the other ways to run', () => {
  it('is ended by a second Ctrl-C, with all that it started; what it answered before is kept', async () => {
    await write(
      program(`if (row.word === 'bad') {
        const { spawn } = await import('node:child_process');
        const { pid } = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
        appendFileSync('pids', process.pid + '\\n' + pid + '\\n');
        continue;
      } ${upper}`),
      { words: ['one', 'bad'], column: `command: [${node}, code.mjs]\n    max_parallel_requests: 1` },
    );
    const running = workspace.start(['run', 'recipe.yaml', '--allow-commands']);
    const pids = await untilThere('pids');
    running.kill('SIGINT');
    await running.says('Stopping');
    running.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(pids).toHaveLength(2);
    for (const pid of pids) await gone(Number(pid));
    await write(program(upper), { words: ['one', 'bad'] });
    expect(await run('--allow-commands')).toMatchObject({ code: 0 });
    expect(await linesOf('log')).toEqual(['one', 'bad', 'bad']);
  });

  it('is made again by dd retry where it failed, with the same permission', async () => {
    await write(program(`if (row.word === 'bad') { say({ id, error: 'no' }); continue; } ${upper}`), {
      words: ['one', 'bad'],
    });
    expect(await run('--allow-commands')).toMatchObject({ code: 1 });
    await write(program(upper), { words: ['one', 'bad'] });
    const refused = await workspace.run(['retry', 'made']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--allow-commands');
    expect(await workspace.run(['retry', 'made', '--allow-commands'])).toMatchObject({ code: 0 });
    expect(await loud()).toEqual(['ONE', 'BAD']);
    expect(await linesOf('log')).toEqual(['one', 'bad', 'bad']);
  });
});

describe('a command without permission', () => {
  it.each([
    'run recipe.yaml',
    'run recipe.yaml --preview',
    'validate recipe.yaml',
    'plan recipe.yaml',
    'run recipe.yaml --dry-run',
  ])('is not started by dd %s', async (args) => {
    await write(program(upper), { column: `command: [${node}, ../code.mjs, "; touch evil", "\\e[31m"]` });
    const ended = await workspace.run(args.split(' '));
    expect(await linesOf('starts')).toEqual([]);
    const isRefused = args.startsWith('run') && !args.includes('dry-run');
    expect(ended.code).toBe(isRefused ? 2 : 0);
    if (!isRefused) return;
    expect(ended.stderr).toContain('nothing was started');
    expect(ended.stderr).toContain(`../code.mjs '; touch evil'`);
    expect(ended.stderr).toContain('--allow-commands');
    expect(ended.stderr).not.toContain('\u001b[31m');
  });

  it('is started where the settings have its fingerprint, until it is another command', async () => {
    await write(program(upper));
    const print = /sha256:[0-9a-f]{64}/.exec((await run()).stderr)?.[0] ?? '';
    await workspace.write('settings/dd/settings.yaml', `trusted_commands: ["${print}"]\n`);
    const trusting = (): Promise<Ended> =>
      workspace.run(['run', 'recipe.yaml'], { XDG_CONFIG_HOME: workspace.path('settings') });
    expect(await trusting()).toMatchObject({ code: 0 });
    expect(await loud()).toEqual(['RED', 'GREEN']);
    await write(program(upper), { column: `command: [${node}, code.mjs, --evil]` });
    expect(await trusting()).toMatchObject({ code: 2 });
  });
});

describe('a command that misbehaves', () => {
  const bad = (body: string): string => program(`if (row.word === 'bad') { ${body} } else ${upper}`);
  const words = ['one', 'bad', 'two', 'three'];
  const command = `command: [${node}, code.mjs]`;

  it.each([
    ['hangs', `continue;`, 'timeout', /did not answer within 3 s/],
    [
      'ends',
      `console.error('\\u001b[31mno memory'); process.exit(3);`,
      'overload',
      /ended with exit code 3.*stderr: no memory/,
    ],
    [
      'writes a huge line',
      `process.stdout.write('x'.repeat(9e6) + '\\n'); continue;`,
      'overload',
      /8 MB in one line/,
    ],
    [
      'writes without end',
      `for (;;) if (!process.stdout.write('y\\n'.repeat(2000))) await new Promise((go) => process.stdout.once('drain', go));`,
      'overload',
      /answer nothing/,
    ],
  ])('by %s fails the row that it is about, and no other', async (_, body, kind, message) => {
    // Only what hangs has little time, and enough to start again on a loaded machine.
    await write(bad(body), { words, column: kind === 'timeout' ? `${command}\n    timeout: 3` : command });
    expect(await run('--allow-commands')).toMatchObject({ code: 1 });
    const failures = await workspace.failures('made');
    expect(failures).toMatchObject([{ row: 1, class: kind }]);
    expect(failures[0]?.['message']).toMatch(message);
    expect(JSON.stringify(failures)).not.toContain('\u001b');
    expect(await loud()).toEqual(['ONE', 'TWO', 'THREE']);
  });

  it('is not started for ever', async () => {
    await write(program('process.exit(1);'), { words, column: `${command}\n    max_restarts: 2` });
    expect((await run('--allow-commands')).code).not.toBe(0);
    expect((await linesOf('starts')).length).toBeLessThanOrEqual(3);
  });

  it('that does not exist is named before the first row', async () => {
    await write('', { column: 'command: [../no-such-program]' });
    const { stderr, code } = await run('--allow-commands');
    expect(code).toBe(2);
    expect(stderr).toContain('../no-such-program: there is no such program');
    expect(stderr).toMatch(/recipe\.yaml:\d+:\d+/);
  });

  it('leaves no process behind that it started', async () => {
    await write(
      program(`const { spawn } = await import('node:child_process');
      globalThis.child ??= spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      say({ id, result: { loud: String(child.pid) } });`),
    );
    await run('--allow-commands');
    const pid = Number((await loud())[0]);
    expect(pid).toBeGreaterThan(1);
    await gone(pid);
  });

  it('ends with a run that is killed, and the next run asks only for what is missing', async () => {
    await write(
      program(
        `if (row.word === 'bad') { say({}); appendFileSync('pid', String(process.pid)); continue; } ${upper}`,
      ),
      { words: ['one', 'bad'], column: `command: [${node}, code.mjs]\n    max_parallel_requests: 1` },
    );
    const running = workspace.start(['run', 'recipe.yaml', '--allow-commands']);
    const [pid = ''] = await untilThere('pid');
    running.kill('SIGKILL');
    await running.ended;
    await gone(Number(pid));
    await write(program(upper), { words: ['one', 'bad'] });
    expect(await run('--allow-commands')).toMatchObject({ code: 0 });
    expect(await loud()).toEqual(['ONE', 'BAD']);
    expect(await linesOf('log')).toEqual(['one', 'bad', 'bad']);
  });
});

/** Resolves once no process has this id. A dead one that its parent has not read counts as none. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (stat === '' || / [ZX] /.test(stat)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function untilThere(file: string): Promise<readonly string[]> {
  for (;;) {
    const lines = await linesOf(file);
    if (lines.length > 0) return lines;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('a service', () => {
  let server: Server;
  let posted: { readonly data: readonly { readonly word: string }[] }[];
  let seen: (string | undefined)[];

  beforeEach(async () => {
    posted = [];
    seen = [];
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const body = JSON.parse(text) as (typeof posted)[number];
        posted.push(body);
        seen.push(request.headers.authorization);
        const data = body.data.map(({ word }) =>
          word === 'bad'
            ? { error: 'no such word' }
            : { loud: word.toUpperCase(), is_valid: word.length > 3 },
        );
        response.end(JSON.stringify({ data }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const url = (): string => `url: "http://127.0.0.1:${(server.address() as AddressInfo).port}/rows"`;

  it('gets rows in batches, each is stored by itself, and headers come from the environment', async () => {
    const words = ['one', 'bad', 'two', 'three', 'four'];
    const column = `${url()}\n    batch_size: 3\n    headers: { Authorization: "Bearer \${MY_TOKEN}" }`;
    await write('', { words, column });
    expect(await run()).toMatchObject({ code: 1 });
    expect(await loud()).toEqual(['ONE', 'TWO', 'THREE', 'FOUR']);
    expect(await workspace.failures('made')).toMatchObject([
      { row: 1, class: 'invalid-request', message: 'the service of loud failed: no such word' },
    ]);
    expect(posted.map(({ data }) => data.length).toSorted()).toEqual([2, 3]);
    expect(seen[0]).toBe('Bearer token-4711-abcdef');
    expect(await run()).toMatchObject({ code: 1 });
    expect(posted.slice(2)).toEqual([{ data: [{ word: 'bad' }] }]);
  });

  it('is a validator too', async () => {
    await workspace.write(
      'recipe.yaml',
      `name: made${validation(url()).replace('plugins: [./plugin.mjs]\n', '')}`,
    );
    expect(await run()).toMatchObject({ code: 0 });
    expect(await workspace.rows('made')).toMatchObject([
      { word: 'red', verdict: { is_valid: false }, label: 'false' },
      { word: 'green', verdict: { is_valid: true }, label: 'true' },
    ]);
  });
});

const validation = (params: string): string => `
plugins: [./plugin.mjs]
seed_config: { source: { seed_type: rows, rows: [{ word: red }, { word: green }] } }
columns:
  - name: verdict
    column_type: validation
    target_columns: [word]
    validator_type: custom
    validator_params: { ${params} }
  - { name: label, column_type: expression, expr: "{{ verdict.is_valid }}" }
`;

describe('a function of a plugin', () => {
  const plugin = `export default { name: 'loudness', functions: {
    rate: Object.assign((row, { params, random }) => {
      if (row.word === 'bad') throw new Error('no such word');
      return { loud: row.word.toUpperCase() + (params?.mark ?? ''), draw: random().next?.() ?? 0, other: 1 };
    }, { required_columns: ['word'] }),
  } };`;

  it('makes values, and its exceptions fail the row', async () => {
    await workspace.write('plugin.mjs', plugin);
    await write('', { words: ['one', 'bad'], column: `function: rate\n    params: { mark: '!' }` });
    await workspace.write(
      'recipe.yaml',
      `plugins: [./plugin.mjs]\n${recipe({ words: ['one', 'bad'], column: `function: rate\n    params: { mark: '!' }` })}`,
    );
    const refused = await run();
    expect(refused.code).toBe(2);
    expect(refused.stderr).not.toContain('unknown-plugin-function');
    const ended = await run('--allow-plugins');
    expect(ended).toMatchObject({ code: 1 });
    expect(await loud()).toEqual(['ONE!']);
    expect(await workspace.failures('made')).toMatchObject([
      { row: 1, class: 'invalid-request', message: 'the function `rate` of loud failed: no such word' },
    ]);
  });

  it('that no plugin has is reported with what to do', async () => {
    await write('', { column: 'function: rate' });
    const { stderr, code } = await workspace.run(['validate', 'recipe.yaml']);
    expect(code).toBe(2);
    expect(stderr).toContain('no plugin of this recipe has a function `rate`');
  });

  it('of Data Designer is Python, and what to write in its place is said', async () => {
    await write('', { column: 'generator_function: rate' });
    const { stderr, code } = await workspace.run(['validate', 'recipe.yaml']);
    expect(code).toBe(2);
    expect(stderr).toContain('a config holds only the name of a Python function');
    expect(stderr).toContain('write `command: [python3, FILE.py]` in place of `generator_function`');
  });
});

describe('a validator', () => {
  const plugin = `export default { name: 'p', functions: { long: (row) => ({ is_valid: row.word.length > 3 }) } };`;

  it.each([`command: [${node}, code.mjs]`, 'function: long'])('by %s says what is valid', async (params) => {
    await workspace.write('plugin.mjs', plugin);
    await write(program('say({ id, result: { is_valid: row.word.length > 3 } });'));
    await workspace.write('recipe.yaml', `name: made${validation(params)}`);
    if (params.startsWith('command'))
      expect((await run('--allow-plugins')).stderr).toContain('--allow-commands');
    expect(await run('--allow-plugins', '--allow-commands')).toMatchObject({ code: 0 });
    expect(await workspace.rows('made')).toEqual([
      { word: 'red', verdict: { is_valid: false }, label: 'false' },
      { word: 'green', verdict: { is_valid: true }, label: 'true' },
    ]);
  });

  it('fails a row without is_valid', async () => {
    await workspace.write('plugin.mjs', plugin.replace('is_valid', 'valid'));
    await workspace.write('recipe.yaml', `name: made${validation('function: long')}`);
    expect(await run('--allow-plugins')).toMatchObject({ code: 1 });
    expect(await workspace.failures('made')).toMatchObject([{ class: 'schema' }, { class: 'schema' }]);
  });
});
