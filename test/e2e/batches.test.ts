import { readFile, readdir } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { BATCH_KEY, promptOf, useBatchStage } from '../rig/batch-stage.js';
import { openAiModel, smallRecipe, textColumn } from '../rig/small-recipe.js';
import { startToolServer } from '../rig/tool-server.js';

const stage = useBatchStage();
const usageOf = async (): Promise<unknown> => (await stage.workspace.metadata('small'))['usage'];

describe('dd run --batch', () => {
  it('makes the bytes of an online run, with one batch for each level, at half the price', async () => {
    const ended = await stage.run();
    expect({ code: ended.code, asked: stage.asked().map(({ length }) => length) }).toEqual({
      code: 0,
      asked: [3, 3],
    });
    expect(stage.server.online).toHaveLength(0);
    expect(await usageOf()).toMatchObject([
      { alias: 'first', calls: 6, cells: 6, batch_answers: 6, stored_answers: 0, cost_usd: 0.000045 },
    ]);
    expect(await stage.data()).toBe(await stage.onlineData());
  });

  it('asks for nothing when all is stored, and counts what was paid in batches at its price', async () => {
    await stage.run();
    expect((await stage.run()).code).toBe(0);
    expect(stage.server.batches).toHaveLength(2);
    expect(await usageOf()).toMatchObject([
      { calls: 0, stored_answers: 6, cost_usd: 0, stored_cost_usd: 0.000045 },
    ]);
  });

  it('keeps what an expired batch has answered, and asks for the rest again', async () => {
    stage.server.states((batch) => (batch === 0 ? ['in_progress', 'expired'] : ['completed']));
    stage.server.answer((body) =>
      stage.server.batches.length === 1 && promptOf(body).includes('number 1')
        ? 'unanswered'
        : { text: `on ${promptOf(body)}` },
    );
    expect((await stage.run()).code).toBe(0);
    const asked = stage.asked();
    expect(asked[0]).toHaveLength(3);
    expect(asked[1]).toEqual(expect.arrayContaining(['note: Fixed number 1.']));
    expect(asked.flat()).toHaveLength(7);
    expect(await stage.data()).toBe(await stage.onlineData());
  });

  it('waits for a state that it does not know, and tells it', async () => {
    stage.server.states(() => ['validating', 'pondering', 'completed']);
    const ended = await stage.run();
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain(
      'note: batch batch_1 is "pondering", which dd does not know: it is waited for',
    );
  });

  it('hands a batch in again, smaller, when the queue takes no more tokens', async () => {
    stage.server.states((batch) => (batch === 0 ? ['validating', 'failed'] : ['completed']));
    stage.server.errors((batch) =>
      batch === 0
        ? { data: [{ code: 'token_limit_exceeded', message: 'Enqueued token limit reached' }] }
        : undefined,
    );
    const ended = await stage.run();
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('takes no more tokens in batches now');
    expect(stage.asked().map(({ length }) => length)[0]).toBe(3);
    expect(
      Math.max(
        ...stage
          .asked()
          .slice(1)
          .map(({ length }) => length),
      ),
    ).toBeLessThan(3);
    expect(await stage.data()).toBe(await stage.onlineData());
  });

  it('hands smaller batches in when the queue refuses one before it is created', async () => {
    stage.server.refuse((step, times) =>
      step === 'create' && times === 1
        ? { status: 400, body: { error: { code: 'token_limit_exceeded', message: 'Enqueued token limit' } } }
        : undefined,
    );
    const ended = await stage.run();
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('openai takes no more batches now');
    expect(stage.asked().length).toBeGreaterThan(2);
    expect(stage.paid()).toHaveLength(6);
  });

  it('fails a cell whose request is refused as it would online, and asks again for one that met a passing fault', async () => {
    stage.server.answer((body) => {
      if (promptOf(body).includes('number 1'))
        return { status: 400, body: { error: { message: 'no such thing' } } };
      const isBusy = promptOf(body).includes('number 2') && stage.server.batches.length === 1;
      return isBusy
        ? { status: 500, body: { error: { message: 'a bad moment' } } }
        : { text: `on ${promptOf(body)}` };
    });
    expect((await stage.run()).code).toBe(1);
    expect(stage.asked()[1]).toEqual(expect.arrayContaining(['note: Fixed number 2.']));
    const failures = await stage.workspace.failures('small');
    await stage.runOnline();
    const online = await readFile(stage.workspace.path('online/artifacts/small/failures.jsonl'), 'utf8');
    expect(failures.map((failure) => `${JSON.stringify(failure)}\n`).join('')).toBe(online);
    expect(failures).toMatchObject([{ row: 1, column: 'note', class: 'invalid-request' }]);
  });

  it('takes the answers of a server that lies for what they are', async () => {
    stage.server.results((lines) =>
      [
        ...lines,
        ...lines.slice(0, 1).map((line) => line.replace('on note', 'a second answer to note')),
        '{"custom_id":"0000","response":{"status_code":200,"body":{}}}',
        '{"custom_id":7,"response":"nothing"}',
        '[1, 2]',
        '{"custom_id": "cut off',
      ].join('\n'),
    );
    const ended = await stage.run();
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('3 lines of the results cannot be read');
    expect(ended.stderr).toContain('1 line of the results name no request of the batch');
    expect(ended.stderr).toContain('1 line of the results repeat a request; the first result was taken');
    expect(await stage.data()).toBe(await stage.onlineData());
    expect(stage.paid()).toHaveLength(6);
  });

  it('gives up a request that batches end without an answer to', async () => {
    stage.server.results((lines) => lines.filter((line) => !line.includes('number 1')).join('\n'));
    expect((await stage.run()).code).toBe(1);
    expect(await stage.workspace.failures('small')).toMatchObject([
      {
        row: 1,
        column: 'note',
        class: 'overload',
        message: 'a batch of openai ended without a result for this request',
      },
    ]);
    expect(
      stage
        .asked()
        .flat()
        .filter((prompt) => prompt.includes('number 1')),
    ).toHaveLength(3);
  });

  it('ends with exit code 3 when the key is refused, and keeps nothing under way', async () => {
    stage.server.refuse(() => ({ status: 401, body: { error: { message: 'bad key' } } }));
    const ended = await stage.run();
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain('answered 401');
  });

  it('hands in again what could not be handed in for a moment', async () => {
    stage.server.refuse((step, times) =>
      step === 'create' && times === 1 ? { status: 503, body: { error: { message: 'busy' } } } : undefined,
    );
    expect((await stage.run()).code).toBe(0);
    expect(stage.server.steps.filter((step) => step === 'create')).toHaveLength(3);
    expect(stage.paid()).toHaveLength(6);
  });

  it('writes no key anywhere', async () => {
    const held = stage.server.hold('status');
    const program = stage.start();
    await held;
    const files = await stage.workspace.everything();
    expect([...files.keys()].filter((file) => file.endsWith('.requests.jsonl'))).toHaveLength(1);
    expect([...files].filter(([, text]) => text.includes(BATCH_KEY))).toEqual([]);
    program.kill('SIGKILL');
    await program.ended;
  });

  it('leaves no requests behind, only what became of them', async () => {
    await stage.run();
    const names = await readdir(stage.workspace.path('.dd', 'batches', 'small'));
    expect(names.every((name) => /^\d+-\d+-[0-9a-f]+\.json$/.test(name))).toBe(true);
  });
});

describe('dd run --batch --no-wait', () => {
  it('hands in and ends with exit code 4 until the dataset is finished', async () => {
    stage.server.states(() => ['in_progress', 'completed']);
    const codes: (number | null)[] = [];
    const [first, ...rest] = [await stage.run('--no-wait'), await stage.run('--no-wait', '--json')];
    codes.push(first.code, ...rest.map(({ code }) => code));
    expect(first.stderr).toContain('batch batch_1 is in_progress');
    expect(first.stderr).toContain('run the same command again, in 1 min at the earliest');
    expect(JSON.parse(rest[0]?.stdout ?? '')).toMatchObject({
      ok: false,
      exit_code: 4,
      error: { message: expect.stringContaining('batch batch_2 is in_progress') },
    });
    codes.push((await stage.run('--no-wait')).code);
    expect(codes).toEqual([4, 4, 0]);
    expect(stage.server.steps.filter((step) => step === 'status')).toHaveLength(4);
    expect(await stage.data()).toBe(await stage.onlineData());
    expect(stage.paid()).toHaveLength(6);
  });
});

describe('a batch under way', () => {
  it('is told of when the recipe asks its model in batches no more', async () => {
    stage.server.states((batch) => (batch === 0 ? ['in_progress'] : ['completed']));
    expect((await stage.run('--no-wait')).code).toBe(4);
    await stage.workspace.write(
      'small.yaml',
      smallRecipe({ models: [openAiModel('other')], columns: [textColumn('note', 'other')] }),
    );
    const ended = await stage.run();
    expect(ended.stderr).toContain(
      'a batch of 3 requests for `first`, which this run asks no batches of, is left under way; dd batches --cancel batch_1 ends it',
    );
    expect(ended.code).toBe(0);
  });
});

describe('stages and tools', () => {
  const recipe = (relay: string): string => `name: small
model_configs: [${openAiModel('first')}]
mcp_providers: [{ name: till, provider_type: stdio, ${relay} }]
tool_configs: [{ tool_alias: kit, providers: [till] }]
stages:
  - name: notes
    seed_config: { source: { seed_type: rows, rows: [{ n: 1 }, { n: 2 }] } }
    columns: [{ name: note, column_type: llm-text, model_alias: first, prompt: "note {{ n }}" }]
  - name: sums
    needs: notes
    columns:
      - { name: sum, column_type: llm-text, model_alias: first, tool_alias: kit, prompt: "sum {{ n }}" }
      - { name: said, column_type: llm-text, model_alias: first, prompt: "{{ note }}: {{ sum }}" }
`;
  /** Calls a tool before it says a sum. */
  const called = { id: 'a', type: 'function', function: { name: 'add', arguments: '{"a":1,"b":2}' } };
  const calling = {
    message: { role: 'assistant', content: '', tool_calls: [called] },
    finish_reason: 'tool_calls',
  };

  it('go together: the turns of a column with tools are asked online, each stage waits for its own batches', async () => {
    const tools = await startToolServer();
    try {
      tools.handle((call) => call.text('3'));
      await stage.workspace.write('small.yaml', recipe(tools.relay));
      stage.server.answer((body) => {
        const asksTool = body['tools'] !== undefined && (body['messages'] as unknown[]).length === 1;
        return asksTool
          ? { status: 200, body: { choices: [{ index: 0, ...calling }] } }
          : { text: `on ${promptOf(body)}` };
      });
      stage.server.states(() => ['in_progress', 'completed']);
      const first = await stage.run('--allow-tools', '--no-wait');
      expect(first.code).toBe(4);
      expect(first.stderr).toContain('run the same command again');
      expect((await stage.run('--allow-tools')).code).toBe(0);
      const rows = await stage.workspace.rows('small.sums');
      expect(rows.map(({ said }) => said)).toEqual([1, 2].map((n) => `on on note ${n}: on sum ${n}||3`));
      // The rows whose tools answer first are asked about first.
      expect(stage.asked().map((prompts) => prompts.toSorted())).toEqual([
        ['note 1', 'note 2'],
        rows.map(({ note, sum }) => `${String(note)}: ${String(sum)}`),
      ]);
      expect([stage.server.online.length, tools.calls.length]).toEqual([4, 2]);
    } finally {
      await tools.close();
    }
  });

  it('and models without batches are asked online, which is said; where no stage has others, nothing is asked', async () => {
    const text = recipe('command: none').replace('tool_alias: kit, prompt', 'prompt');
    await stage.workspace.write('small.yaml', text.replace('provider: openai', 'provider: ollama'));
    const none = await stage.run();
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('no model of this recipe can be asked in batches');
    const two = text
      .replace(
        'model_configs: [',
        'model_configs: [{ alias: second, provider: openai, model: x, batch: false }, ',
      )
      .replace('model_alias: first, prompt: "note', 'model_alias: second, prompt: "note');
    await stage.workspace.write('small.yaml', two);
    const online = await stage.run();
    expect(online.code).toBe(0);
    expect(online.stderr).toContain('`second` (openai) is asked online');
    expect(stage.server.online).toHaveLength(2);
  });
});

describe('invalid answers', () => {
  const structured = smallRecipe({
    models: [openAiModel('first')],
    columns: [
      '{ name: note, column_type: llm-structured, model_alias: first, prompt: "note: {{ final_assistant_message }}", output_format: { type: object, properties: { text: { type: string } }, required: [text], additionalProperties: false } }',
    ],
  });
  const invalidFirst = (body: Parameters<typeof promptOf>[0]): { text: string | { text: string } } =>
    promptOf(body).includes('number 1') && (body['messages'] as unknown[]).length === 1
      ? { text: '{"text": 5}' }
      : { text: { text: 'fine' } };

  it('are corrected in the next wave', async () => {
    await stage.workspace.write('small.yaml', structured);
    stage.server.answer(invalidFirst);
    expect((await stage.run()).code).toBe(0);
    expect(stage.asked().map(({ length }) => length)).toEqual([3, 1]);
    expect(stage.server.online).toHaveLength(0);
    expect(await stage.data()).toBe(await stage.runOnline());
  });

  it('are corrected at once with --batch-corrections online', async () => {
    await stage.workspace.write('small.yaml', structured);
    stage.server.answer(invalidFirst);
    expect((await stage.run('--batch-corrections', 'online')).code).toBe(0);
    expect(stage.asked().map(({ length }) => length)).toEqual([3]);
    expect(stage.server.online).toHaveLength(1);
    expect(await usageOf()).toMatchObject([{ calls: 4, cells: 3, batch_answers: 3 }]);
  });

  it('and a refused technique go to the next wave, with the next technique', async () => {
    await stage.workspace.write('small.yaml', structured);
    stage.server.answer((body) =>
      body['response_format'] === undefined
        ? { text: { text: 'fine' } }
        : { status: 400, body: { error: { message: 'response_format json_schema is not supported' } } },
    );
    expect((await stage.run()).code).toBe(0);
    expect(stage.asked().map(({ length }) => length)).toEqual([3, 3]);
  });
});

describe('which models', () => {
  const two = smallRecipe({
    models: [openAiModel('first'), openAiModel('second', ', batch: false')],
    columns: [textColumn('note', 'first'), textColumn('again', 'second', 'note')],
  });

  it('are asked in batches: all that can, but for those that say no', async () => {
    await stage.workspace.write('small.yaml', two);
    const ended = await stage.run();
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('`second` (openai) is asked online');
    expect(stage.asked().map(({ length }) => length)).toEqual([3]);
    expect(stage.server.online).toHaveLength(3);
    expect(await usageOf()).toMatchObject([{ calls: 3, batch_answers: 3 }, { calls: 3 }]);
  });

  it('are asked in batches without the flag where the recipe says so', async () => {
    await stage.workspace.write('small.yaml', two.replace('gpt-first,', 'gpt-first, batch: true,'));
    const ended = await stage.workspace.run(['run', 'small.yaml'], stage.environment(), { speed: 1000 });
    expect(ended.code).toBe(0);
    expect(stage.asked().map(({ length }) => length)).toEqual([3]);
  });

  it.each([
    ['--no-cache', '--no-cache and batches do not go together'],
    ['--retry-failed', '--retry-failed and batches do not go together'],
  ])('are not asked in batches with %s', async (flag, message) => {
    const ended = await stage.run(flag);
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(message),
    });
    expect(stage.server.steps).toEqual([]);
  });
});

describe('dd batches', () => {
  it('lists batches with their state, age and progress, and cancels them; the next run asks for the rest', async () => {
    stage.server.states((batch) => (batch === 0 ? ['in_progress'] : ['completed']));
    const program = stage.start();
    await program.says('looks again in');
    program.kill('SIGINT');
    expect((await program.ended).code).toBe(130);

    const listed = await stage.workspace.run(['batches', '--json'], stage.environment());
    expect(JSON.parse(listed.stdout)).toMatchObject({
      batches: [
        {
          batch: 'batch_1',
          state: 'submitted',
          dataset: 'small',
          requests: 3,
          status: { says: 'in_progress' },
        },
      ],
    });
    const table = await stage.workspace.run(['batches'], stage.environment());
    expect(table.stdout).toMatch(/batch_1\s+small\s+first \(openai\)\s+in_progress\s+\d+s\s+0 of 3/);

    stage.server.answer((body, id) =>
      id !== 'online' && stage.server.batches.length === 1 && promptOf(body).includes('number 2')
        ? 'unanswered'
        : { text: `on ${promptOf(body)}` },
    );
    const cancelled = await stage.workspace.run(['batches', '--cancel', 'all'], stage.environment());
    expect(cancelled.stdout).toContain('cancelled: batch_1');
    expect((await stage.run()).code).toBe(0);
    expect(stage.asked().flat()).toHaveLength(7);
    expect(await stage.data()).toBe(await stage.onlineData());
  });

  it('says what it does not know', async () => {
    const ended = await stage.workspace.run(['batches', '--cancel', 'batch_9'], stage.environment());
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('no batch `batch_9` is under way'),
    });
  });
});

describe('an ordinary run beside batches under way', () => {
  it('says that it asks again', async () => {
    stage.server.states(() => ['in_progress']);
    const program = stage.start();
    await program.says('looks again in');
    program.kill('SIGINT');
    await program.ended;
    const ended = await stage.workspace.run(['run', 'small.yaml'], stage.environment());
    expect(ended.stderr).toContain(
      '1 batch of this dataset may be under way: dd run --batch takes in the answers',
    );
    expect(stage.server.online).toHaveLength(6);
  });
});

describe('dd plan --batch', () => {
  it('has the price of batches, and as many waits as levels that ask', async () => {
    const plan = async (...more: readonly string[]): Promise<JsonObject> =>
      JSON.parse((await stage.workspace.run(['plan', 'small.yaml', '--json', ...more])).stdout) as JsonObject;
    const [online, batched] = [await plan(), await plan('--batch')] as unknown as {
      total: { cost_usd: number };
    }[];
    expect(batched).toMatchObject({ batch: { models: ['first'], waits: 2 } });
    expect(online).not.toHaveProperty('batch');
    expect(batched?.total.cost_usd).toBeCloseTo((online?.total.cost_usd ?? 0) / 2, 12);
    const text = await stage.workspace.run(['plan', 'small.yaml', '--batch']);
    expect(text.stdout).toContain(
      'In batches: `first`, at the price of batches, with 2 waits of up to a day',
    );
  });
});
