/** A column that reads answers and fails in each of the first rows ends the run before more answers are paid for. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, type Ended, type Workspace } from '../rig/program.js';

const ROWS = 60;
/** Of the model; each may be in flight when the tenth row fails. */
const PARALLEL = 2;

describe('a column that fails in each of the first rows', () => {
  let server: ModelServer;
  let space: Workspace;
  beforeEach(async () => {
    server = await startModelServer();
    server.handle((call) => call.reply('no number'));
    space = await createWorkspace();
    await space.write(
      'seed.jsonl',
      Array.from({ length: ROWS }, (_, id) => JSON.stringify({ id })).join('\n'),
    );
  });
  afterEach(async () => {
    await server.close();
    await space.remove();
  });

  const run = async (column: string, ...flags: readonly string[]): Promise<Ended> => {
    await space.write(
      'r.yaml',
      `name: mistake
model_configs: [{ alias: m, provider: openai, model: ok, inference_parameters: { max_parallel_requests: ${PARALLEL} } }]
seed_config: { source: { seed_type: local, path: seed.jsonl } }
columns:
  - { name: text, column_type: llm-text, model_alias: m, prompt: "Say {{ id }}." }
  - ${column}
`,
    );
    return space.run(['run', 'r.yaml', ...flags], { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sk-test' });
  };

  it.each([
    ['an expression', '{ name: number, column_type: expression, dtype: int, expr: "{{ text }}" }'],
    ['JSONata', '{ name: number, column_type: expression, jsonata: "$number(text)" }'],
    [
      'a prompt',
      `{ name: more, column_type: llm-text, model_alias: m, prompt: "{% if text == 'x' %}Say more.{% endif %}" }`,
    ],
  ])('stops the run: %s', async (_what, column) => {
    const ended = await run(column);
    expect(ended.stderr).toMatch(/column `(?:number|more)` failed in each of the first 10 rows: /);
    expect(ended.stderr).toContain('run_config.disable_early_shutdown=true');
    expect(ended.code).toBe(4);
    expect(server.calls.length).toBeLessThanOrEqual(10 + 2 * PARALLEL);
  });

  it('does not stop it when the limit is turned off, or when one row works', async () => {
    const broken = '{ name: number, column_type: expression, dtype: int, expr: "{{ text }}" }';
    const off = await run(broken, '--set', 'run_config.disable_early_shutdown=true');
    expect(off.code).toBe(1);
    expect(server.calls).toHaveLength(ROWS);
    const once = await run(
      '{ name: number, column_type: expression, dtype: int, expr: "{{ text if id > 3 else 7 }}" }',
    );
    expect(once.code).toBe(1);
    expect(once.stderr).toContain('56 failed');
  });

  it('is no answer that was repaired or taken with a doubt: the summary counts those', async () => {
    server.handle((call) =>
      call.schema
        ? call.reply("{'n': 1,}")
        : call.reply('fine', { finishReason: call.prompt === 'Say 3.' ? 'whatever' : 'stop' }),
    );
    const schema = '{ type: object, properties: { n: { type: integer } }, required: [n] }';
    const ended = await run(
      `{ name: n, column_type: llm-structured, model_alias: m, prompt: "Count {{ text }}", output_format: ${schema} }`,
      '--num-records',
      '5',
    );
    expect(ended.stderr).toContain('note: 5 answers repaired: broken JSON\n');
    expect(ended.stderr).toContain('note: 1 answer taken with a doubt: unknown finish reason whatever\n');
    expect(ended.code).toBe(0);
  });

  it('does not stop a run that is answered from the store', async () => {
    await run('{ name: same, column_type: expression, expr: "{{ text }}" }');
    const stored = await run('{ name: number, column_type: expression, dtype: int, expr: "{{ text }}" }');
    expect(stored.code).toBe(1);
    expect(stored.stderr).toContain(`${ROWS} failed`);
  });
});
