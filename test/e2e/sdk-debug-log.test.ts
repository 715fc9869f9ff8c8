/** The clients of vendors can log whole requests; with the variables that turn this on, no key is shown or written. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, type Workspace } from '../rig/program.js';

const KEY = 'sk-debug-k7Qz2mX9aLw4Rt8Vb3Nc';
const LOUD = { OPENAI_LOG: 'debug', ANTHROPIC_LOG: 'debug', DEBUG: '*' };

describe('with every debug log turned on', () => {
  let server: ModelServer;
  let space: Workspace;
  beforeEach(async () => {
    server = await startModelServer();
    space = await createWorkspace();
    await space.write('seed.jsonl', '{"id":1}\n{"id":2}\n');
    await space.write(
      'r.yaml',
      `name: loud
model_configs: [{ alias: m, provider: openai, model: ok }]
seed_config: { source: { seed_type: local, path: seed.jsonl } }
columns:
  - { name: text, column_type: llm-text, model_alias: m, prompt: "Say {{ id }}." }
`,
    );
  });
  afterEach(async () => {
    await server.close();
    await space.remove();
  });

  it.each([
    ['an answer', 200],
    ['a refused key', 401],
  ])('%s shows no key', async (_what, status) => {
    server.handle((call) => (status === 200 ? call.reply('fine') : call.status(status)));
    const env = { ...LOUD, OPENAI_BASE_URL: server.url, OPENAI_API_KEY: KEY };
    const ended = await space.spawn(['run', 'r.yaml'], env).ended;
    expect(server.calls[0]?.headers['authorization']).toBe(`Bearer ${KEY}`);
    const written = [...(await space.everything()).values()];
    for (const text of [ended.stdout, ended.stderr, ...written]) expect(text).not.toContain(KEY.slice(0, 16));
    expect(ended.stdout + ended.stderr).not.toMatch(/\[log_|sending request|authorization/i);
    expect(ended.code === 0).toBe(status === 200);
  });
});
