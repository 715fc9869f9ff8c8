/** A run with `accept` that is killed again and again ends with the files of an undisturbed one. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { live, setStage, type Moment } from '../rig/kill.js';
import { startModelServer, type ModelServer } from '../rig/model-server.js';

const WANTED = 1000;
const SEEDS = 1600;

const RECIPE = `model_configs:
  - { alias: main, provider: openai, model: gpt-test, inference_parameters: { max_parallel_requests: 16 } }
seed_config: { source: { seed_type: local, path: seed.jsonl } }
run_config: { max_conversation_restarts: 0, max_conversation_correction_steps: 0, disable_early_shutdown: true }
columns:
  - { name: draft, column_type: llm-text, model_alias: main, prompt: "Draft {{ topic }}." }
  - name: verdict
    column_type: llm-judge
    model_alias: main
    prompt: "Judge: {{ draft }}"
    scores:
      - { name: good, description: how good it is, options: { 2: good, 1: fair, 0: bad } }
accept: { when: verdict.good.score >= 1, max_attempts: 2 }
num_records: ${WANTED}
`;

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterAll(() => server.close());

/** A number from 0 to 99 that follows from a text. */
const percent = (text: string): number => createHash('sha256').update(text).digest().readUInt16LE(0) % 100;

it('a thousand accepted rows are the same bytes after five kills, and no stored call is repeated', async () => {
  const stage = await setStage(
    {
      name: 'accepted rows',
      recipe: RECIPE,
      prepare: (workspace) =>
        workspace.write(
          'seed.jsonl',
          Array.from({ length: SEEDS }, (_, id) => JSON.stringify({ topic: `topic ${id}` })).join('\n'),
        ),
      answer(call) {
        if (!call.schema) return call.reply(`about ${call.prompt}`);
        const luck = percent(call.prompt);
        if (luck < 3) return call.reply('no JSON');
        return call.reply({ good: { reasoning: 'so', score: luck < 30 ? 0 : luck < 60 ? 1 : 2 } });
      },
    },
    server,
  );
  const whole = await live(stage, 'whole', []);
  const moments: readonly Moment[] = [
    { kind: 'settled', number: 500 },
    { kind: 'event', number: 900 },
    { kind: 'settled', number: 41 },
    { kind: 'event', number: 1500 },
    { kind: 'settled', number: 1000 },
  ];
  const made = await live(stage, 'killed', moments);
  expect(made.lives.map(({ killed }) => killed)).toEqual([true, true, true, true, true, false]);
  expect(made.files).toEqual(whole.files);
  expect(made.files).toMatchObject({ status: 'finished', rows: { done: WANTED } });
  expect(made.files).toHaveProperty(['rejected.jsonl']);
  for (const { moment, asked, stored, unanswered } of made.lives)
    if (moment?.kind !== 'event') expect(asked - stored).toBe(unanswered);
  await stage.workspace.remove();
});
