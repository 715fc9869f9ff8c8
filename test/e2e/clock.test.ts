/** The system's clock is set back while the program runs: an hour each time that it is read. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, type Workspace } from '../rig/program.js';

describe('a system clock that is set back during a run', () => {
  let server: ModelServer;
  let space: Workspace;
  beforeAll(async () => {
    server = await startModelServer();
    server.handle((call) => call.reply('fine'));
    space = await createWorkspace();
    await space.write(
      'clock.mjs',
      `const real = Date.now.bind(Date); let back = 0;
       const now = () => real() - 3_600_000 * back++;
       const D = Date;
       globalThis.Date = class extends D { constructor(...given) { given.length ? super(...given) : super(now()); } static now() { return now(); } };`,
    );
    await space.write('rows.jsonl', '{"q":"one"}\n{"q":"two"}\n');
    await space.write(
      'r.yaml',
      `name: clock
model_configs: [{ alias: m, provider: openai, model: ok }]
seed_config: { source: { seed_type: local, path: rows.jsonl } }
columns:
  - { name: text, column_type: llm-text, model_alias: m, prompt: "Say {{ q }}." }
  - { name: long, column_type: expression, jsonata: "$length(text)" }
`,
    );
  });
  afterAll(async () => {
    await space.remove();
    await server.close();
  });

  const run = (...args: readonly string[]): ReturnType<Workspace['run']> =>
    space.run(args, {
      OPENAI_API_KEY: 'sk-test',
      OPENAI_BASE_URL: server.url,
      NODE_OPTIONS: `--import ${space.path('clock.mjs')}`,
    });

  it('makes no duration negative, and no end before its beginning', async () => {
    const ended = await run('run', 'r.yaml');
    expect(ended.stderr).not.toMatch(/-\d+s/);
    expect(ended.code).toBe(0);
    const metadata = await space.metadata('clock');
    const { seconds, started_at, finished_at } = metadata as Record<string, string>;
    expect(Number(seconds)).toBeGreaterThan(0);
    expect(Number(seconds)).toBeLessThan(60);
    const took = Date.parse(String(finished_at)) - Date.parse(String(started_at));
    expect(Math.abs(took / 1000 - Number(seconds))).toBeLessThan(0.01);
  });

  it('keeps --fresh from replacing an earlier dataset', async () => {
    const first = await run('run', 'r.yaml', '--fresh', '-q');
    const second = await run('run', 'r.yaml', '--fresh', '-q');
    expect([first.code, second.code]).toEqual([0, 0]);
    expect([second.stdout, first.stdout].toSorted()).toEqual([first.stdout, second.stdout]);
    expect(second.stdout).not.toBe(first.stdout);
  });
});
