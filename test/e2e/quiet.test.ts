import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, type Ended, type Workspace } from '../rig/program.js';

let workspace: Workspace;
let server: ModelServer;
beforeEach(async () => {
  workspace = await createWorkspace();
  server = await startModelServer();
  server.handle((call) => call.reply('fine'));
  await workspace.write('r.yaml', RECIPE);
  await writeRows(12);
});
afterEach(async () => {
  await server.close();
  await workspace.remove();
});

const RECIPE = `name: r
model_configs: [{ alias: m, provider: openai, model: gpt-test }]
seed_config: { source: { seed_type: local, path: rows.jsonl } }
columns:
  - { name: said, column_type: llm-text, model_alias: m, prompt: "Row {{ id }}." }
`;
const writeRows = (count: number): Promise<void> =>
  workspace.write('rows.jsonl', Array.from({ length: count }, (_, id) => JSON.stringify({ id })).join('\n'));
const run = (flags: readonly string[], key = 'sk-test'): Promise<Ended> =>
  workspace.run(['run', 'r.yaml', ...flags], {
    OPENAI_BASE_URL: key === '' ? 'http://models.example/v1' : server.url,
    ...(key !== '' && { OPENAI_API_KEY: key }),
  });

describe('--quiet', () => {
  it('prints nothing but the dataset when all went well', async () => {
    expect(await run(['-q'])).toMatchObject({
      code: 0,
      stdout: `${workspace.path('artifacts/r')}\n`,
      stderr: '',
    });
  });

  it('prints a missing key, and what to do', async () => {
    const { code, stderr } = await run(['-q'], '');
    expect([code, stderr]).toEqual([3, expect.stringContaining('OPENAI_API_KEY is not set')]);
  });

  it('prints a refused key', async () => {
    server.handle((call) => call.status(401, { body: { error: { message: 'Incorrect API key provided' } } }));
    const { code, stderr } = await run(['-q']);
    expect([code, stderr]).toEqual([3, expect.stringContaining('Incorrect API key provided')]);
  });

  it('prints the limit that stopped the run', async () => {
    const { code, stderr } = await run(['-q', '--max-tokens', '1']);
    expect([code, stderr]).toEqual([4, expect.stringContaining('its limit is 1')]);
  });

  it.each([['run'], ['retry']])('prints failed rows of dd %s, with an example', async (command) => {
    server.handle((call) =>
      call.prompt.includes('Row 3.')
        ? call.status(400, { body: { error: { message: 'no such thing' } } })
        : call.reply('fine'),
    );
    let ended = await run(['-q']);
    if (command === 'retry')
      ended = await workspace.run(['retry', 'r', '-q'], {
        OPENAI_BASE_URL: server.url,
        OPENAI_API_KEY: 'sk-test',
      });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('error: 1 of 12 rows failed');
    expect(ended.stderr).toContain('such as row 3, said:');
    expect(ended.stderr).toContain(workspace.path('artifacts/r/failures.jsonl'));
  });
});

describe('a finished dataset', () => {
  it.each([[[]], [['-q']], [['--json']]])(
    'is not replaced by a smaller one without a word: %j',
    async (flags) => {
      await run(flags);
      const { code, stderr, stdout } = await run([...flags, '--num-records', '3']);
      expect(code).toBe(0);
      if (flags[0] === '--json') {
        expect(stderr).toContain('"event":"smaller-dataset"');
        expect(stderr).toContain('"before":12,"rows":3}');
        expect(JSON.parse(stdout)).toMatchObject({ replaced_rows: 12 });
      } else {
        expect(stderr).toContain('at most 3 rows and will replace the finished dataset of 12 rows');
        expect(stderr).toContain('r had 12 rows before and has 3 now');
      }
      expect(await run(['-q'])).toMatchObject({ code: 0, stderr: '' });
      expect(await workspace.rows('r')).toHaveLength(12);
      expect(server.calls).toHaveLength(12);
    },
  );

  it('nor by one of a seed that has become smaller', async () => {
    await run(['-q']);
    await writeRows(5);
    expect((await run(['-q'])).stderr).toContain('r had 12 rows before and has 5 now');
  });

  it('nor by one of which rows failed', async () => {
    await run(['-q']);
    server.handle((call) =>
      call.prompt.includes('Row 3.') ? call.status(400, { body: 'no' }) : call.reply('fine'),
    );
    expect((await run(['-q', '--no-cache'])).stderr).toContain('r had 12 rows before and has 11 now');
  });

  it('is replaced by one of the same size without a word, and a preview replaces nothing', async () => {
    await run(['-q']);
    expect(await run(['-q'])).toMatchObject({ stderr: '' });
    expect(await run(['-q', '--preview', '--num-records', '2'])).toMatchObject({ stderr: '' });
  });
});
