import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, type Ended, type Workspace } from '../rig/program.js';

let workspace: Workspace;
let server: ModelServer;
beforeEach(async () => {
  workspace = await createWorkspace();
  server = await startModelServer();
  let answers = 0;
  // As a model with a temperature: never the same answer twice.
  server.handle((call) => call.reply(`answer ${++answers}`));
});
afterEach(async () => {
  await server.close();
  await workspace.remove();
});

const ROWS = 24;
const head = `name: r\nmodel_configs:\n  - { alias: m, provider: openai, model: gpt-test }\n`;
const seedOf = (rest = ''): string =>
  `seed_config: { source: { seed_type: local, path: rows.jsonl }${rest} }\n`;
const columns = `columns:
  - { name: said, column_type: llm-text, model_alias: m, prompt: "About {{ topic }}" }
  - { name: more, column_type: llm-text, model_alias: m, prompt: "About {{ topic }} and {{ kind }}: {{ said }}" }
`;
const seedless = 'columns:\n  - { name: said, column_type: llm-text, model_alias: m, prompt: Invent. }\n';

const run = (...flags: readonly string[]): Promise<Ended> =>
  workspace.run(['run', 'r.yaml', '--quiet', ...flags], {
    OPENAI_BASE_URL: server.url,
    OPENAI_API_KEY: 'sk-test',
  });
const runPartitions = async (of: number, order: readonly number[], ...flags: string[]): Promise<void> => {
  for (const index of order)
    expect((await run('--partition-index', `${index}`, '--num-partitions', `${of}`, ...flags)).code).toBe(0);
};
const merge = (of: number, name: string): Promise<Ended> =>
  workspace.run([
    'merge', '--dataset-name', name,
    ...Array.from({ length: of }, (_, index) => `artifacts/r-part-0000${index}-of-0000${of}`),
  ]); // prettier-ignore
const bytes = (dataset: string): string =>
  readFileSync(workspace.path('artifacts', dataset, 'data/part-00000.jsonl'), 'utf8');
const answersOf = (dataset: string): readonly string[] => bytes(dataset).match(/answer \d+/g) ?? [];

async function writeRows(): Promise<void> {
  const rows = Array.from({ length: ROWS }, (_, id) => ({ id, topic: `t${id % 3}`, kind: `k${id % 2}` }));
  await workspace.write('rows.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
}

describe('partitions that share a store', () => {
  it.each([
    { seed: 'rows that look alike', recipe: head + seedOf() + columns, flags: [], each: 2 * ROWS },
    {
      seed: 'rows under a condition',
      recipe: head + seedOf(`, where: "{{ id != 3 }}"`) + columns,
      flags: [],
      each: 2 * ROWS - 2,
    },
    { seed: 'no seed', recipe: head + seedless, flags: ['--num-records', '12'], each: 12 },
  ])('make together the bytes of a whole run, with $seed', async ({ recipe, flags, each }) => {
    await writeRows();
    await workspace.write('r.yaml', recipe);
    await runPartitions(4, [2, 0, 3, 1], ...flags);
    expect(server.calls).toHaveLength(each);
    await merge(4, 'merged');
    expect(new Set(answersOf('merged')).size).toBe(each);

    expect((await run(...flags)).code).toBe(0);
    expect(bytes('merged')).toBe(bytes('r'));
    await runPartitions(2, [1, 0], ...flags);
    await merge(2, 'halves');
    expect(bytes('halves')).toBe(bytes('r'));
    expect(server.calls).toHaveLength(each);
  });

  it('are numbered as in a whole run that came first', async () => {
    await writeRows();
    await workspace.write('r.yaml', head + seedOf() + columns);
    await run();
    await runPartitions(3, [1, 2, 0]);
    await merge(3, 'merged');
    expect(bytes('merged')).toBe(bytes('r'));
    expect(server.calls).toHaveLength(2 * ROWS);
  });
});

describe('other rows of one seed', () => {
  it('never share an answer: two ranges', async () => {
    await writeRows();
    for (const [name, start] of [
      ['a', 0],
      ['b', 6],
    ] as const) {
      await workspace.write(
        'r.yaml',
        head + seedOf(`, selection_strategy: { start: ${start}, end: ${start + 5} }`) + columns,
      );
      await run('--dataset-name', name);
    }
    expect(new Set([...answersOf('a'), ...answersOf('b')]).size).toBe(24);
  });

  it('keep their answers when they are shuffled', async () => {
    await writeRows();
    await workspace.write('r.yaml', head + seedOf() + columns);
    await run();
    await run('--shuffle', '--seed', '3', '--dataset-name', 'shuffled');
    await run('--shuffle', '--seed', '4', '--num-records', '5', '--dataset-name', 'some');
    expect(server.calls).toHaveLength(2 * ROWS);
    const lines = bytes('r').trim().split('\n');
    expect(bytes('shuffled').trim().split('\n').sort()).toEqual([...lines].sort());
    expect(lines).toEqual(expect.arrayContaining(bytes('some').trim().split('\n')));
  });

  it('are shown by `dd render` as a run over a partition asks for them', async () => {
    await writeRows();
    await workspace.write('r.yaml', head + seedOf() + columns);
    await run('--shuffle');
    const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sk-test' };
    const shown = await workspace.run(
      ['render', 'r.yaml', '--column', 'more', '--row', '4', '--shuffle'],
      env,
    );
    expect(shown.stdout + shown.stderr).toContain(JSON.parse(bytes('r').split('\n')[4] ?? '{}').said);
  });
});

describe('a seed that is repeated', () => {
  const recipe = head + seedOf(', cycle: true') + columns;

  it('gives a sample of its own each time, the same in partitions, shuffled and with more rows', async () => {
    await writeRows();
    await workspace.write('r.yaml', recipe);
    expect((await run('--num-records', String(2 * ROWS))).code).toBe(0);
    const whole = answersOf('r');
    expect(new Set(whole).size).toBe(4 * ROWS);
    const asked = server.calls.length;

    await runPartitions(2, [1, 0], '--num-records', String(ROWS));
    const parts = ['r-part-00000-of-00002', 'r-part-00001-of-00002'].flatMap(answersOf);
    expect(parts.toSorted()).toEqual(whole.toSorted());
    expect((await run('--num-records', String(2 * ROWS), '--shuffle', '--dataset-name', 's')).code).toBe(0);
    expect(answersOf('s').toSorted()).toEqual(whole.toSorted());
    expect(server.calls).toHaveLength(asked);

    expect((await run('--num-records', String(2 * ROWS + 1))).code).toBe(0);
    expect(server.calls).toHaveLength(asked + 2);
  });
});
