import { hash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { live, setStage, type Life, type Moment, type Scenario } from '../rig/kill.js';
import { startModelServer, type ModelCall, type ModelServer } from '../rig/model-server.js';
import { writeSessions } from '../rig/traces.js';

/** Pictures of 100 kB, which are files of the store too; a column that reads them; vectors of what it says. */
const pictures: Scenario = {
  name: 'pictures, what is said about them, and its vectors',
  recipe: `model_configs:
  - { alias: painter, provider: openai, model: gpt-image-1, inference_parameters: { max_parallel_requests: 3 } }
  - { alias: main, provider: openai, model: gpt-test, inference_parameters: { max_parallel_requests: 3 } }
  - { alias: vectors, provider: openai, model: vec, inference_parameters: { max_parallel_requests: 3, generation_type: embedding } }
seed_config: { source: { seed_type: agent_rollout, format: claude_code, path: traces } }
columns:
  - { name: pic, column_type: image, model_alias: painter, prompt: "Pic: {{ messages[0].content }}" }
  - { name: said, column_type: llm-text, model_alias: main, prompt: "Said: {{ messages[0].content }}", multi_modal_context: [{ column_name: pic }] }
  - { name: vector, column_type: embedding, model_alias: vectors, target_column: said }
`,
  prepare: (workspace) => writeSessions(workspace, 5),
  answer(call) {
    if (call.path === '/images/generations')
      return call.raw(JSON.stringify({ data: [{ b64_json: picture(call.prompt).toString('base64') }] }));
    if (call.path === '/embeddings')
      return call.raw(JSON.stringify({ data: [{ index: 0, embedding: [call.prompt.length, 0.5] }] }));
    return call.reply(`seen ${hash('sha256', imageOf(call)).slice(0, 8)}`);
  },
};

const picture = (prompt: string): Buffer =>
  Buffer.concat([
    Buffer.from('ffd8ffe0', 'hex'),
    Buffer.alloc(100_000, hash('sha256', prompt, 'buffer')),
    Buffer.from('ffd9', 'hex'),
  ]);

const imageOf = (call: ModelCall): string => JSON.stringify(call.body['messages']);

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterAll(() => server.close());

const stored = (lives: readonly Life[]): number => lives.reduce((sum, life) => sum + life.stored, 0);

it('a run that is killed while it writes answers and images ends with the same files, and asks for nothing twice', async () => {
  const stage = await setStage(pictures, server);
  try {
    const whole = await live(stage, 'whole', []);
    expect(whole.lives).toMatchObject([{ code: 0, asked: 15, stored: 15 }]);
    expect(Object.keys(whole.files).filter((name) => name.startsWith('images/pic/'))).toHaveLength(5);
    const deaths: readonly (readonly Moment[])[] = [
      [12, 16, 20].map((number) => ({ kind: 'file', number })),
      [24, 28, 33].map((number) => ({ kind: 'file', number })),
      [3, 9].map((number) => ({ kind: 'settled', number })),
    ];
    for (const [index, moments] of deaths.entries()) {
      const killed = await live(stage, `killed-${index}`, moments);
      expect(killed.lives.some((life) => life.killed)).toBe(true);
      expect(killed.files).toEqual(whole.files);
      expect(stored(killed.lives)).toBe(15);
      for (const life of killed.lives.filter(({ moment }) => moment?.kind === 'settled'))
        expect(life.asked - life.stored).toBe(life.unanswered);
    }
  } finally {
    await stage.workspace.remove();
  }
});
