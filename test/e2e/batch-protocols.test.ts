/** Every batch API is put through the same table of kills and lies: the bytes of an online run, each cell paid once. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { anthropic, gemini, mistral, type Dialect, type Step } from '../rig/batch-dialects.js';
import { BATCH_KEY, promptOf, useBatchStage } from '../rig/batch-stage.js';

const CELLS = 6;
const dialects: readonly (readonly [string, Dialect])[] = [
  ['Anthropic', anthropic],
  ['Gemini', gemini],
  ['Mistral', mistral],
];

describe.each(dialects)('batches of %s', (_name, dialect) => {
  const stage = useBatchStage(dialect);
  const steps = (['upload', 'create', 'status', 'content'] as const).filter(
    (step) => step !== 'upload' || dialect.uploads,
  );

  /** The dataset of an online run, and every request paid for once. */
  async function expectFlawless(): Promise<void> {
    expect(await stage.data()).toBe(await stage.onlineData());
    expect(stage.paid()).toHaveLength(CELLS);
    expect(new Set(stage.paid()).size).toBe(CELLS);
  }

  it('make the bytes of an online run, with one batch for each level, at half the price', async () => {
    const ended = await stage.run();
    expect({ code: ended.code, asked: stage.asked().map(({ length }) => length) }).toEqual({
      code: 0,
      asked: [3, 3],
    });
    expect(stage.server.online).toHaveLength(0);
    expect((await stage.workspace.metadata('small'))['usage']).toMatchObject([
      { calls: 6, cells: 6, batch_answers: 6, cost_usd: 0.000045 },
    ]);
    await expectFlawless();
  });

  it.each<Step>(steps)(
    'pay for nothing twice when the program is killed while the answer to %s is on its way',
    async (step) => {
      await stage.killAt(step);
      expect((await stage.run()).code).toBe(0);
      await expectFlawless();
    },
  );

  it('are found in the list after a kill behind the POST, and hand in nothing again', async () => {
    await stage.killAt('create');
    stage.server.listsLate(1);
    const ended = await stage.run();
    expect(ended.stderr).toContain('batch batch_1 was handed in by an earlier command');
    expect(stage.server.batches).toHaveLength(2);
    await expectFlawless();
  });

  it('are handed in again after a POST that did not arrive', async () => {
    stage.server.refuse((step, times) =>
      step === 'create' && times === 1 ? { status: 503, body: { error: { message: 'busy' } } } : undefined,
    );
    expect((await stage.run()).code).toBe(0);
    expect(stage.server.steps.filter((step) => step === 'create')).toHaveLength(3);
    await expectFlawless();
  });

  it.each(['expired', 'cancelled'])('keep what they have answered when they are %s', async (state) => {
    stage.server.states((batch) => (batch === 0 ? ['in_progress', state] : ['completed']));
    stage.server.answer((body) =>
      stage.server.batches.length === 1 && promptOf(body).includes('number 1')
        ? 'unanswered'
        : { text: `on ${promptOf(body)}` },
    );
    expect((await stage.run()).code).toBe(0);
    expect(stage.asked()[0]).toHaveLength(3);
    expect(stage.asked().flat()).toHaveLength(CELLS + 1);
    expect(await stage.data()).toBe(await stage.onlineData());
  });

  it('are waited for in a state that is not known', async () => {
    stage.server.states(() => ['validating', 'pondering', 'completed']);
    const ended = await stage.run();
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(/note: batch batch_1 is "pondering", which dd does not know/i);
    await expectFlawless();
  });

  it('fail a cell as online where its request is refused, and ask again what met a passing fault', async () => {
    const failure = (type: string, message: string) => ({ type: 'error', error: { type, message } });
    stage.server.answer((body) => {
      if (promptOf(body).includes('number 1'))
        return { status: 400, body: failure('invalid_request_error', 'no such thing') };
      const isBusy = promptOf(body).includes('number 2') && stage.server.batches.length === 1;
      return isBusy
        ? { status: 500, body: failure('api_error', 'a bad moment') }
        : { text: `on ${promptOf(body)}` };
    });
    expect((await stage.run()).code).toBe(1);
    expect(stage.asked()[1]).toEqual(expect.arrayContaining(['note: Fixed number 2.']));
    const failures = await stage.workspace.failures('small');
    await stage.runOnline();
    const online = await readFile(stage.workspace.path('online/artifacts/small/failures.jsonl'), 'utf8');
    expect(failures.map((each) => `${JSON.stringify(each)}\n`).join('')).toBe(online);
    expect(failures).toMatchObject([{ row: 1, column: 'note', class: 'invalid-request' }]);
  });

  it('lose and repeat nothing where the results lie', async () => {
    stage.server.results((lines) =>
      [
        ...lines.toReversed(),
        ...lines.slice(0, 1).map((line) => line.replace('on note', 'a second answer to note')),
        ...lines.slice(0, 1).map((line) => line.replace(/"custom_id":"[^"]+"/, '"custom_id":"0000"')),
        '{"custom_id":7}',
        '[1, 2]',
        '{"custom_id": "cut off',
      ].join('\n'),
    );
    const ended = await stage.run();
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('3 lines of the results cannot be read');
    expect(ended.stderr).toContain('1 line of the results name no request of the batch');
    expect(ended.stderr).toContain('1 line of the results repeat a request; the first result was taken');
    await expectFlawless();
  });

  it('are cancelled by dd batches, and the next run asks for the rest', async () => {
    stage.server.states((batch) => (batch === 0 ? ['in_progress'] : ['completed']));
    const program = stage.start();
    await program.says('looks again in');
    program.kill('SIGINT');
    expect((await program.ended).code).toBe(130);
    const cancelled = await stage.workspace.run(['batches', '--cancel', 'all'], stage.environment());
    expect(cancelled.stdout).toContain('cancelled: batch_1');
    expect((await stage.run()).code).toBe(0);
    expect(await stage.data()).toBe(await stage.onlineData());
  });

  it('end the run with exit code 3 when the key is refused', async () => {
    stage.server.refuse(() => ({ status: 401, body: { error: { message: `bad key ${BATCH_KEY}` } } }));
    const ended = await stage.run();
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain('answered 401');
    expect(ended.stderr).not.toContain(BATCH_KEY);
  });

  it('write no key anywhere', async () => {
    const held = stage.server.hold('status');
    const program = stage.start();
    await held;
    const files = await stage.workspace.everything();
    expect([...files].filter(([, text]) => text.includes(BATCH_KEY))).toEqual([]);
    program.kill('SIGINT');
    await program.says('Stopping');
    stage.server.release();
    expect((await program.ended).code).toBe(130);
  });
});

describe('a batch of Anthropic, which has no name, after a kill behind its POST', () => {
  const stage = useBatchStage(anthropic);
  const addOther = (): Promise<unknown> =>
    fetch(`${stage.server.url}/messages/batches`, {
      method: 'POST',
      body: JSON.stringify({
        requests: ['a', 'b', 'c'].map((custom_id) => ({
          custom_id,
          params: { messages: [{ content: custom_id }] },
        })),
      }),
    });

  it('is waited for, since only its end shows whose it is, and then taken in', async () => {
    stage.server.states((batch) => (batch === 0 ? ['in_progress'] : ['completed']));
    await stage.killAt('create');
    const program = stage.start();
    await program.says('batch batch_1 may have been handed in by an earlier command');
    expect(stage.server.batches).toHaveLength(1);
    const [first] = stage.server.batches;
    if (first) first.states = ['completed'];
    program.kill('SIGINT');
    await program.ended;
    expect((await stage.run()).code).toBe(0);
    expect(stage.paid()).toHaveLength(6);
    expect(await stage.data()).toBe(await stage.onlineData());
  });

  it('is not taken for another of the same size, whose custom_ids are not ours', async () => {
    stage.server.refuse((step, times) =>
      step === 'create' && times === 2 ? { status: 503, body: { error: { message: 'busy' } } } : undefined,
    );
    await addOther();
    const ended = await stage.run();
    expect(ended.code).toBe(0);
    expect(ended.stderr).not.toContain('was handed in by an earlier command');
    expect(stage.server.batches.map(({ lines }) => lines.length)).toEqual([3, 3, 3]);
    expect(stage.server.steps).toContain('list');
    expect(await stage.data()).toBe(await stage.onlineData());
  });
});
