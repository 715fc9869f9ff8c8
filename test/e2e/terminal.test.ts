import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, type Workspace } from '../rig/program.js';
import { runInTerminal, type TerminalRun } from '../rig/terminal.js';

let workspace: Workspace;
let server: ModelServer;
let shown: TerminalRun;

const recipe = `name: r
model_configs:
  - alias: m
    provider: openai
    model: gpt-test
    prices: { input: 1000, output: 2000 }
    inference_parameters: { max_parallel_requests: 2 }
seed_config:
  source: { seed_type: local, path: seed.jsonl }
columns:
  - { name: said, column_type: llm-text, model_alias: m, prompt: "Row {{ n }}." }
  - { name: long, column_type: expression, expr: "{{ said }}!" }
`;

beforeEach(async () => {
  workspace = await createWorkspace();
  server = await startModelServer();
  await workspace.write('r.yaml', recipe);
  await workspace.write('seed.jsonl', [0, 1, 2, 3].map((n) => `{"n":${n}}\n`).join(''));
});
afterEach(async () => {
  shown.close();
  await server.close();
  await workspace.remove();
});

const env = (): Record<string, string> => ({ OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sk-test' });
const run = ['run', 'r.yaml'];

describe('a run in a terminal of 80 columns', () => {
  it('shows bars, calls in flight, cost and the first failure, each line once', async () => {
    shown = runInTerminal(workspace, run, env());
    const first = await server.next();
    await shown.shows('1 in flight (limit 1 of 2)');
    expect(shown.lines[0]).toBe('  said  ░░░░░░░░░░░░░░░░░░░░  0/4');
    first.status(400, { body: { error: { message: 'no such thing' } } });
    await shown.shows('failed row 0, said: ');
    const second = await server.next();
    second.reply('fine', { usage: { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 } });
    await shown.shows('$2.00');
    server.handle((call) => call.reply('fine'));
    expect(await shown.ended).toBe(1);
    const text = shown.lines.join('\n');
    expect(text).toContain('  said  ███████████████▒▒▒▒▒  3/4');
    expect(text.split('  said  ')).toHaveLength(2);
    for (const line of shown.lines.slice(0, 4)) expect(line.length).toBeLessThan(80);
  });

  it('stays whole when the terminal is made narrower, and wider', async () => {
    shown = runInTerminal(workspace, run, env());
    const call = await server.next();
    // From here on nothing changes until the answer: no frame is drawn between the two halves of the resize.
    await shown.shows('1 in flight (limit 1 of 2)');
    shown.resize(44);
    call.reply('fine');
    (await server.next()).reply('fine');
    await shown.shows('2/4');
    expect(shown.lines.filter((line) => line.includes('of 4 rows'))).toHaveLength(1);
    expect(shown.lines.filter((line) => line.startsWith('  said '))).toHaveLength(1);
    shown.resize(120);
    server.handle((other) => other.reply('fine'));
    expect(await shown.ended).toBe(0);
    expect(shown.lines.filter((line) => line.includes('of 4 rows'))).toHaveLength(1);
  });

  it('has no colours with NO_COLOR', async () => {
    server.handle((call) => call.reply('fine'));
    shown = runInTerminal(workspace, run, { ...env(), NO_COLOR: '1' });
    expect(await shown.ended).toBe(0);
    // eslint-disable-next-line no-control-regex
    expect(shown.raw).not.toMatch(/\u001b\[[\d;]*m/);
    expect(shown.lines.join('\n')).toContain('4 rows done');
  });

  it.each([{ CI: 'true' }, { TERM: 'dumb' }])(
    'has lines only, and no cursor moves, with %j',
    async (variables) => {
      server.handle((call) => call.reply('fine'));
      shown = runInTerminal(workspace, run, { ...env(), ...variables, NO_COLOR: '1' });
      expect(await shown.ended).toBe(0);
      expect(shown.raw).not.toContain('\u001b');
      expect(shown.lines.join('\n')).toContain('4 of 4 rows: said 4');
    },
  );
});
