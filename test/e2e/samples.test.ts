/** Rows that look equal to a column, at a server that never answers twice alike: each row has an answer of its own. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, type Ended, type Workspace } from '../rig/program.js';

const ROWS = 60;
const TOPICS = 4;

let server: ModelServer;
let space: Workspace;
let answers = 0;
beforeAll(async () => {
  server = await startModelServer();
  server.handle((call) => call.reply(`sample ${(answers += 1)}`));
  space = await createWorkspace();
  const rows = Array.from({ length: ROWS }, (_, id) => JSON.stringify({ id, topic: `t${id % TOPICS}` }));
  await space.write('seed.jsonl', `${rows.join('\n')}\n`);
  for (let part = 0; part < TOPICS; part += 1)
    await space.write(
      `part-${part}.jsonl`,
      `${rows.slice((part * ROWS) / TOPICS, ((part + 1) * ROWS) / TOPICS).join('\n')}\n`,
    );
  await space.write(
    'r.yaml',
    `name: topics
model_configs: [{ alias: m, provider: openai, model: ok }]
seed_config: { source: { seed_type: local, path: seed.jsonl } }
columns:
  - { name: answer, column_type: llm-text, model_alias: m, prompt: "Say something about {{ topic }}" }
`,
  );
});
afterAll(async () => {
  await server.close();
  await space.remove();
});

const dd = (...args: readonly string[]): Promise<Ended> =>
  space.run(args, { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sk-test' });
const run = (machine: string, ...flags: readonly string[]): Promise<Ended> =>
  dd('run', 'r.yaml', '-q', '--artifact-path', `${machine}/artifacts`, ...flags);
const partitions = async (machine: string, ...flags: readonly string[]): Promise<void> => {
  for (const index of [2, 0, 3, 1]) {
    const ended = await run(
      machine,
      '--partition-index',
      String(index),
      '--num-partitions',
      String(TOPICS),
      ...flags,
    );
    expect(ended.code).toBe(0);
  }
  const names = Array.from(
    { length: TOPICS },
    (_, index) => `${machine}/artifacts/topics-part-0000${index}-of-0000${TOPICS}`,
  );
  const merged = await dd(
    'merge',
    ...names,
    '--dataset-name',
    'merged',
    '--artifact-path',
    `${machine}/artifacts`,
  );
  expect(merged.code).toBe(0);
};
const data = (machine: string, dataset: string): string =>
  readFileSync(space.path(machine, 'artifacts', dataset, 'data', 'part-00000.jsonl'), 'utf8');
const differentAnswers = (machine: string, dataset: string): number =>
  new Set(
    data(machine, dataset)
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { answer: string }).answer),
  ).size;

describe('rows that look equal to a column', () => {
  it('have answers of their own, the same whole and in partitions', async () => {
    const before = answers;
    expect((await run('one')).code).toBe(0);
    expect(differentAnswers('one', 'topics')).toBe(ROWS);
    await partitions('one');
    expect(data('one', 'merged')).toBe(data('one', 'topics'));
    expect(answers - before).toBe(ROWS);
  });

  it('have them in partitions first, and the whole run asks for none', async () => {
    const before = answers;
    await partitions('two');
    expect(differentAnswers('two', 'merged')).toBe(ROWS);
    expect((await run('two')).code).toBe(0);
    expect(data('two', 'topics')).toBe(data('two', 'merged'));
    expect(answers - before).toBe(ROWS);
  });

  it('never share an answer that was stored under numbers counted otherwise', async () => {
    // Each part as a seed of its own: its rows were numbered from zero, as partitions once were.
    for (let part = 0; part < TOPICS; part += 1) {
      const ended = await run(
        'old',
        '--dataset-name',
        `old-${part}`,
        '--set',
        `seed_config.source.path=part-${part}.jsonl`,
      );
      expect(ended.code).toBe(0);
    }
    await partitions('old');
    expect(differentAnswers('old', 'merged')).toBe(ROWS);
    expect((await run('old')).code).toBe(0);
    expect(data('old', 'topics')).toBe(data('old', 'merged'));
  });
});
