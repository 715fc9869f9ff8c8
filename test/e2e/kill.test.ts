import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import {
  anyMoment,
  createDice,
  live,
  setStage,
  type Life,
  type Lives,
  type Moment,
  type Stage,
} from '../rig/kill.js';
import { scenarios } from '../rig/kill-scenarios.js';
import { startModelServer, type ModelCall, type ModelServer } from '../rig/model-server.js';

/** `DD_LONG_TESTS=1` kills 200 times, in CI a few; `DD_TEST_SEED=N` repeats what was printed. */
const isLong = process.env['DD_LONG_TESTS'] === '1';
const KILLS = isLong ? 200 : 6;
const KILLS_OF_ONE_DATASET = isLong ? 4 : 2;
const SEED = Number(process.env['DD_TEST_SEED'] ?? Date.now() % 1_000_000);
const MINUTE = 60_000;

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterAll(() => server.close());

describe('runs that are killed again and again', () => {
  it(
    `end with the very dataset of an undisturbed one, and pay for nothing twice (DD_TEST_SEED=${SEED})`,
    async () => {
      const kills: string[] = [];
      for (let round = 0; kills.length < KILLS; round += 1) {
        const stage = await stageOf(round);
        const whole = await live(stage, 'whole', []);
        const needed = whole.lives[0]?.asked ?? 0;
        for (let dataset = 0; dataset < (isLong ? 4 : 1); dataset += 1) {
          const dice = createDice(SEED + 100 * round + dataset);
          const made = await live(stage, `killed-${dataset}`, moments(dice, needed));
          expect({ scenario: stage.scenario.name, ...account(made) }).toEqual({
            scenario: stage.scenario.name,
            ...flawless(whole),
          });
          for (const { killed, moment } of made.lives) if (killed) kills.push(moment?.kind ?? '');
        }
        await stage.workspace.remove();
      }
      if (isLong) process.stderr.write(`survived, DD_TEST_SEED=${SEED}: ${tally(kills)}\n`);
    },
    isLong ? 30 * MINUTE : 3 * MINUTE,
  );
});

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it('sends nothing more, keeps what is in flight and leaves a dataset that can be read; the next run ends it', async () => {
    const stage = await stageOf(0);
    const whole = await live(stage, 'whole', []);
    const held: ModelCall[] = [];
    let allHeld: () => void = () => undefined;
    const isFull = new Promise<void>((resolve) => (allHeld = resolve));
    const before = server.calls.length;
    server.handle((call) => {
      if (call.index < before + 9) return stage.scenario.answer(call);
      if (held.push(call) === PARALLEL) allHeld();
    });
    const args = ['run', 'recipe.yaml', '--artifact-path', 'signalled/artifacts', '--dataset-name', 'made'];
    const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'signalled' };
    const program = stage.workspace.start(args, env);
    await isFull;
    program.kill(signal);
    await program.says('Stopping');
    for (const call of held) stage.scenario.answer(call);
    expect((await program.ended).code).toBe(130);
    expect(server.calls.length - before).toBe(9 + PARALLEL);

    const dataset = stage.workspace.path('signalled', 'artifacts', 'made');
    const { status, rows } = JSON.parse(await readFile(join(dataset, 'metadata.json'), 'utf8')) as JsonObject;
    const lines = (await readFile(join(dataset, 'data/part-00000.jsonl'), 'utf8'))
      .split('\n')
      .filter(Boolean);
    expect({ status, rows }).toMatchObject({ status: 'interrupted', rows: { done: lines.length } });
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('three');

    const made = await live(stage, 'signalled', []);
    expect(made.files).toEqual(whole.files);
    expect(server.calls.length - before).toBe(whole.lives[0]?.asked);
    await stage.workspace.remove();
  });
});

describe('a server that vanishes and comes back', () => {
  it('costs no row, and only the requests that it took with it are sent again', async () => {
    const stage = await stageOf(1);
    const whole = await live(stage, 'whole', []);
    const lost: ModelCall[] = [];
    const answer = stage.scenario.answer;
    const flaky = {
      ...stage,
      scenario: {
        ...stage.scenario,
        answer: (call: ModelCall) => {
          if (lost.length === PARALLEL || call.prompt.startsWith('Top')) return answer(call);
          lost.push(call);
          return call.reset();
        },
      },
    };
    const made = await live(flaky, 'flaky', []);
    expect(made.files).toEqual(whole.files);
    expect(made.lives[0]?.asked).toBe((whole.lives[0]?.asked ?? 0) + PARALLEL);
    await stage.workspace.remove();
  });
});

function stageOf(round: number): Promise<Stage> {
  const scenario = scenarios[round % scenarios.length];
  if (!scenario) throw new Error('there are no scenarios');
  return setStage(scenario, server);
}

function* moments(dice: ReturnType<typeof createDice>, needed: number): Iterable<Moment> {
  // Each run has less to do than the one before.
  for (let kill = 0; kill < KILLS_OF_ONE_DATASET; kill += 1)
    yield anyMoment(dice, Math.ceil(needed / (kill + 1)));
}

/** What came of a dataset's lives; where something is not as it should be, the life is shown. */
function account({ lives, files }: Lives) {
  return {
    files,
    stored: lives.reduce((sum, life) => sum + life.stored, 0),
    badEnds: lives.filter(({ killed, code }) => !killed && code !== 0 && code !== 1),
    paidTwice: lives.filter((life) => life.asked - life.stored > mayBeLost(life)),
    lostThoughStored: lives.filter(
      (life) =>
        life.moment?.kind === 'settled' && life.killed && life.asked - life.stored !== life.unanswered,
    ),
  };
}

function flawless({ lives, files }: Lives) {
  const stored = lives[0]?.asked ?? 0;
  return { files, stored, badEnds: [], paidTwice: [], lostThoughStored: [] };
}

/**
 * Requests that a life may leave nothing of: those without an answer and, where the kill came at once, those
 * whose answer was still on its way into the store. What was built on an answer proves that it is stored.
 */
function mayBeLost({ killed, moment, asked, unanswered, builtOn }: Life): number {
  return killed && moment?.kind !== 'settled' ? asked - builtOn : unanswered;
}

/** `max_parallel_requests` of the scenarios. */
const PARALLEL = 3;

function tally(kills: readonly string[]): string {
  return [...new Set(kills)]
    .map((kind) => `${kills.filter((other) => other === kind).length} ${kind}`)
    .join(', ');
}
