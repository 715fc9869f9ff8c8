import { cp } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../../src/core/json.js';
import { startModelServer, type ModelCall, type ModelServer } from '../rig/model-server.js';
import { validAnswer } from '../rig/valid-answer.js';
import { createWorkspace, type Workspace } from '../rig/program.js';
import { writeSessions } from '../rig/traces.js';

const ROWS = 2;

/** Three columns in a chain, one of them fed by an expression, and one that has nothing to do with them. */
const RECIPE = `name: precise
# a comment
description: a recipe
model_configs:
  - { alias: main, provider: openai, model: gpt-a, inference_parameters: { temperature: 0.5, max_tokens: 100, max_parallel_requests: 2, timeout: 60 } }
  - { alias: other, provider: openai, model: gpt-b }
seed_config:
  source: { seed_type: agent_rollout, format: claude_code, path: traces }
columns:
  - { name: task, column_type: expression, expr: "{{ messages[0].content[0].text | lower }}" }
  - { name: draft, column_type: llm-text, model_alias: main, system_prompt: "Be brief.", prompt: "DRAFT {{ task }}" }
  - name: record
    column_type: llm-structured
    model_alias: main
    prompt: "RECORD {{ draft }}"
    output_format:
      type: object
      properties: { title: { type: string } }
      required: [title]
  - name: verdict
    column_type: llm-judge
    model_alias: main
    prompt: "VERDICT {{ record.title }}"
    scores:
      - { name: good, description: how good, options: { 1: good, 0: bad } }
  - { name: aside, column_type: llm-text, model_alias: other, prompt: "ASIDE {{ trace_id }}" }
`;

type Column = 'draft' | 'record' | 'verdict' | 'aside';
interface Edit {
  readonly name: string;
  readonly from?: string | RegExp;
  readonly to?: string;
  readonly flags?: readonly string[];
  readonly act?: (workspace: Workspace) => Promise<unknown>;
  /** What is asked again, for each of the two rows. */
  readonly asks: readonly Column[];
}

const chain: readonly Column[] = ['draft', 'record', 'verdict'];
const set = (path: string): readonly string[] => ['--set', path];
const PARAMETERS = 'model_configs.main.inference_parameters';

const asked: readonly Edit[] = [
  { name: "a column's prompt", from: 'RECORD {{', to: 'RECORD of {{', asks: ['record', 'verdict'] },
  { name: 'a system prompt', from: 'Be brief.', to: 'Be very brief.', asks: chain },
  {
    name: 'a schema (its dependants only where the answers differ)',
    from: '{ title: { type: string } }',
    to: '{ title: { type: string, minLength: 1 } }',
    asks: ['record'],
  },
  { name: 'the text of a score', from: 'how good,', to: 'how good it is,', asks: ['verdict'] },
  { name: 'an option of a score', from: '1: good', to: '1: very good', asks: ['verdict'] },
  { name: 'a model', from: 'model: gpt-b', to: 'model: gpt-c', asks: ['aside'] },
  { name: 'a model by flag', flags: ['--model', 'other=openai/gpt-c'], asks: ['aside'] },
  { name: 'a temperature', from: 'temperature: 0.5', to: 'temperature: 0.6', asks: chain },
  { name: 'max_tokens', flags: set(`${PARAMETERS}.max_tokens=101`), asks: chain },
  { name: "an expression's behaviour", from: '| lower', to: '| upper', asks: chain },
  {
    name: 'the model that a column asks',
    from: 'model_alias: other',
    to: 'model_alias: main',
    asks: ['aside'],
  },
];

const notAsked: readonly Edit[] = [
  { name: 'the description', from: 'a recipe', to: 'another text', asks: [] },
  { name: 'a comment', from: '# a comment', to: '# another\n\n# comment', asks: [] },
  {
    name: 'the order of keys',
    from: '{ temperature: 0.5, max_tokens: 100, max_parallel_requests: 2, timeout: 60 }',
    to: '{ timeout: 60, max_tokens: 100, max_parallel_requests: 2, temperature: 0.5 }',
    asks: [],
  },
  {
    name: 'the order of keys in a schema',
    from: /type: object\n.*\n\s*required: \[title\]/,
    to: 'required: [title]\n      properties: { title: { type: string } }\n      type: object',
    asks: [],
  },
  { name: 'how many requests go out at once', flags: set(`${PARAMETERS}.max_parallel_requests=9`), asks: [] },
  { name: 'the time limit of a call', flags: set(`${PARAMETERS}.timeout=9`), asks: [] },
  { name: 'an alias', from: /\bmain\b/g, to: 'mine', asks: [] },
  { name: 'an expression that says the same', from: '| lower }}', to: '| trim | lower }}', asks: [] },
  {
    name: 'an unrelated column, added',
    from: '  - { name: aside',
    to: '  - { name: more, column_type: expression, expr: "{{ task }}!" }\n  - { name: aside',
    asks: [],
  },
  { name: 'an unrelated column, removed', from: /\n {2}- \{ name: aside.*/, to: '', asks: [] },
  {
    name: 'the order of columns',
    from: /(\n {2}- \{ name: task.*)(\n {2}- \{ name: draft.*)/,
    to: '$2$1',
    asks: [],
  },
  { name: 'the name of the recipe', from: 'name: precise', to: 'name: renamed', asks: [] },
  { name: 'whether a column is dropped', from: 'name: draft,', to: 'name: draft, drop: true,', asks: [] },
  { name: 'a side column', from: 'name: draft,', to: 'name: draft, with_trace: all_messages,', asks: [] },
  {
    name: 'more corrections',
    from: 'columns:',
    to: 'run_config: { max_conversation_correction_steps: 3 }\ncolumns:',
    asks: [],
  },
  { name: 'shuffled rows', flags: ['--shuffle', '--seed', '3'], asks: [] },
];

let workspace: Workspace;
let server: ModelServer;
beforeAll(async () => {
  workspace = await createWorkspace();
  server = await startModelServer();
  server.handle((call) => call.reply(answer(call)));
  await writeSessions(workspace, ROWS);
  await run('base', RECIPE);
});
afterAll(async () => {
  await server.close();
  await workspace.remove();
});

describe('an edit that changes what is asked asks that column and its dependants again:', () => {
  it.each(asked)('$name', async (edit) => expect(await asks(edit)).toEqual(counted(edit.asks)));
});

describe('an edit that changes nothing of it asks nothing again:', () => {
  it.each(notAsked)('$name', async (edit) => expect(await asks(edit)).toEqual(counted(edit.asks)));
});

describe('what is beside the recipe', () => {
  it('may be renamed: the recipe file', async () => {
    await startFromBase('renamed');
    await workspace.write('renamed.yaml', RECIPE);
    expect(await countAsked(() => run('renamed', RECIPE, [], 'renamed.yaml'))).toEqual({});
  });

  it('may grow: only rows of new traces are asked for', async () => {
    await startFromBase('appended');
    await writeSessions(workspace, 1, ROWS);
    expect(await countAsked(() => run('appended', RECIPE))).toEqual({
      draft: 1,
      record: 1,
      verdict: 1,
      aside: 1,
    });
  });
});

describe('equal requests of one run', () => {
  it('are distinct samples, and each row keeps its own on the next run', async () => {
    const twins = `model_configs:
  - { alias: main, provider: openai, model: gpt-a }
columns:
  - { name: idea, column_type: llm-text, model_alias: main, prompt: "IDEA" }
`;
    let given = 0;
    server.handle((call) => call.reply(`idea ${given++}`));
    await run('twins', twins, ['--num-records', '4']);
    const first = await ideas();
    expect(new Set(first).size).toBe(4);
    expect(await countAsked(() => run('twins', twins, ['--num-records', '6']))).toEqual({ idea: 2 });
    expect((await ideas()).slice(0, 4)).toEqual(first);
  });

  const ideas = async (): Promise<readonly (Json | undefined)[]> =>
    (await workspace.rows('../twins/artifacts/made')).map((row) => row['idea']);
});

let edits = 0;
async function asks({ from, to = '', flags = [] }: Edit): Promise<Readonly<Record<string, number>>> {
  const edited = from === undefined ? RECIPE : RECIPE.replace(from, to);
  if (from !== undefined) expect(edited).not.toBe(RECIPE);
  const folder = `edit-${edits++}`;
  await startFromBase(folder);
  return countAsked(() => run(folder, edited, flags));
}

function startFromBase(folder: string): Promise<void> {
  return cp(workspace.path('base', '.dd', 'cells'), workspace.path(folder, '.dd', 'cells'), {
    recursive: true,
  });
}

async function countAsked(act: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
  const before = server.calls.length;
  await act();
  const counts: Record<string, number> = {};
  for (const { messages } of server.calls.slice(before)) {
    const column = messages.at(-1)?.content.split(' ')[0]?.toLowerCase() ?? '';
    counts[column] = (counts[column] ?? 0) + 1;
  }
  return counts;
}

async function run(
  folder: string,
  recipe: string,
  flags: readonly string[] = [],
  file = 'recipe.yaml',
): Promise<void> {
  await workspace.write(file, recipe);
  const where = ['--artifact-path', `${folder}/artifacts`, '--dataset-name', 'made', '--quiet'];
  const ended = await workspace.run(['run', file, ...where, ...flags], {
    OPENAI_BASE_URL: server.url,
    OPENAI_API_KEY: 'sk-test',
  });
  expect([ended.code, ended.stderr]).toEqual([0, '']);
}

function counted(columns: readonly Column[]): Readonly<Record<string, number>> {
  return Object.fromEntries(columns.map((column) => [column, ROWS]));
}

/** Says back what it was asked, so that whatever changes goes on to what depends on it. */
function answer(call: ModelCall): Json {
  const said = call.messages.map(({ content }) => content).join(' ');
  if (!call.schema)
    return `${said} by ${call.model} at ${String(call.body['temperature'])}/${String(call.body['max_tokens'])}`;
  return said.includes('RECORD') && !said.includes('VERDICT')
    ? { title: said.slice(0, 300) }
    : validAnswer(call);
}
