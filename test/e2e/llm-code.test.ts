import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, type Workspace } from '../rig/program.js';

let server: ModelServer;
let workspace: Workspace;

beforeEach(async () => {
  [server, workspace] = await Promise.all([startModelServer(), createWorkspace()]);
  await workspace.write('tasks.jsonl', '{"task":"sort"}\n{"task":"count"}\n');
  await workspace.write(
    'code.yaml',
    `
name: code
model_configs: [{ alias: writer, provider: openai, model: gpt-test }]
seed_config: { source: { seed_type: local, path: tasks.jsonl } }
columns:
  - { name: py, column_type: llm-code, model_alias: writer, prompt: "{{ task }}", code_lang: python, with_trace: last_message }
  - { name: size, column_type: expression, expr: "{{ py | length }}", dtype: int }
`,
  );
});
afterEach(() => Promise.all([server.close(), workspace.remove()]));

const answers = (task: string): string => `Here you are:\n\n\`\`\`py\nprint("${task}")\n\`\`\`\n`;

describe('a recipe with code', () => {
  it('writes the code into the dataset, and asks for it once', async () => {
    server.handle((call) => {
      const task = /sort|count/.exec(call.prompt)?.[0] ?? '';
      call.reply(call.index === 0 ? 'I would sort it.' : answers(task));
    });
    const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sk-test' };
    expect(await workspace.run(['run', 'code.yaml', '--quiet'], env)).toMatchObject({ code: 0 });
    expect(await workspace.rows('code')).toEqual([
      {
        task: 'sort',
        py: 'print("sort")',
        py__trace: [expect.objectContaining({ role: 'assistant' })],
        size: 13,
      },
      {
        task: 'count',
        py: 'print("count")',
        py__trace: [expect.objectContaining({ role: 'assistant' })],
        size: 14,
      },
    ]);
    expect(server.calls).toHaveLength(3);
    expect(await workspace.run(['run', 'code.yaml', '--quiet'], env)).toMatchObject({ code: 0 });
    expect(server.calls).toHaveLength(3);
  });

  it('fabricates code in a dry run', async () => {
    expect(await workspace.run(['run', 'code.yaml', '--dry-run', '--quiet'])).toMatchObject({ code: 0 });
    const rows = await workspace.rows('code-dry-run');
    expect(rows.map(({ py }) => py)).toEqual(
      Array.from({ length: 2 }, () =>
        expect.stringMatching(/^print\("Fabricated answer \d+ of writer\."\)$/),
      ),
    );
  });

  it('is refused with a language that is not known', async () => {
    await workspace.write(
      'code.yaml',
      'model_configs: [{ alias: writer, provider: openai, model: gpt-test }]\ncolumns: [{ name: py, column_type: llm-code, model_alias: writer, prompt: x, code_lang: pyton }]\n',
    );
    const { code, stderr, stdout } = await workspace.run(['validate', 'code.yaml']);
    expect([code, stdout + stderr]).toEqual([2, expect.stringContaining('python')]);
  });
});
