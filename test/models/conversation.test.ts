import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/models/cached-requests.js';
import type { AnswerStore } from '../../src/models/types.js';
import { startModelServer, type ModelCall, type ModelServer } from '../rig/model-server.js';
import { validAnswer } from '../rig/valid-answer.js';
import { bench, goodLabel, labelQuestion, labelSchema, modelAt, textQuestion } from './setup.js';

let server: ModelServer;

beforeEach(async () => {
  server = await startModelServer();
});
afterEach(() => server.close());

const good = JSON.stringify(goodLabel);

describe('a structured answer', () => {
  it.each([
    ['bare', good],
    ['fenced', `\`\`\`json\n${good}\n\`\`\``],
    ['with chatter around', `Sure!\n${good}\nAnything else?`],
    ['after thinking', `<think>is it a {"label":"feature"}?</think>${good}`],
    ['slightly broken', "{'label': 'bug', 'tags': ['parser'],}"],
  ])('is taken %s', async (_how, text) => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply(text));
    expect(await models.ask(labelQuestion())).toMatchObject({ ok: true, value: { value: goodLabel, text } });
    expect(server.calls).toHaveLength(1);
  });

  it('holds no half characters, and neither does a request that quotes it', async () => {
    const { models } = bench([modelAt(server.url)]);
    const half = String.raw`{"label":"bug","tags":["x\ud83d"]}`;
    server.handle((call) => call.reply(call.index === 0 ? 'none \ud83d' : half, { reasoning: 'hm \ud83d' }));
    expect(await models.ask(labelQuestion())).toMatchObject({
      ok: true,
      value: { value: { label: 'bug', tags: ['x\uFFFD'] }, reasoning: 'hm \uFFFD' },
    });
    expect(server.calls[1]?.messages[1]?.content).toBe('none \uFFFD');
  });

  it('is asked for with the schema, which the rig can answer by itself', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply(validAnswer(call)));
    expect((await models.ask(labelQuestion())).ok).toBe(true);
    expect(server.calls[0]).toMatchObject({
      technique: 'json_schema',
      schema: { required: ['label', 'tags'] },
    });
  });

  it('comes with the conversation and the reasoning', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply(good, { reasoning: 'hm' }));
    expect(await models.ask(labelQuestion())).toMatchObject({
      value: {
        reasoning: 'hm',
        conversation: [
          { role: 'user', content: 'Label this issue.' },
          { role: 'assistant', content: good },
        ],
      },
    });
  });

  it('has a conversation without thinking, which is the reasoning', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply('<think>Let me see.</think>All good.'));
    expect(await models.ask(textQuestion())).toMatchObject({
      value: {
        value: 'All good.',
        reasoning: 'Let me see.',
        conversation: [{ role: 'user' }, { role: 'assistant', content: 'All good.' }],
      },
    });
  });

  it('is corrected when the model is shown what is wrong', async () => {
    const { models } = bench([modelAt(server.url)]);
    const reply = models.ask(labelQuestion());
    (await server.next()).reply({ label: 'bugs', tags: [] });
    const second = await server.next();
    expect(second.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(second.messages[1]?.content).toBe('{"label":"bugs","tags":[]}');
    expect(second.messages[2]?.content).toContain('- /label must be one of "bug", "feature"\n');
    expect(second.messages[2]?.content).toContain('- /tags must have at least 1 item\n');
    expect(second.messages[2]?.content).toContain(JSON.stringify(labelSchema));
    second.reply(goodLabel);
    expect(await reply).toMatchObject({ ok: true, value: { value: goodLabel } });
  });

  it('restarts when corrections do not help, and fails with every raw answer', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply(`no ${call.index}`));
    const reply = await models.ask(labelQuestion());
    const turns = server.calls.map(({ messages }) => messages.length);
    expect(turns).toEqual([1, 3, 1, 3, 1, 3]);
    expect(reply).toMatchObject({
      ok: false,
      error: {
        class: 'schema',
        message:
          'no usable answer from writer (6 answers); the last error: ' +
          'the answer must be JSON, but none was found in: no 5',
      },
    });
    expect(reply.ok ? [] : reply.error.attempts.map(({ answer }) => answer)).toEqual([
      'no 0',
      'no 1',
      'no 2',
      'no 3',
      'no 4',
      'no 5',
    ]);
  });

  it('is corrected and restarted as often as the recipe says', async () => {
    const runConfig = { max_conversation_correction_steps: 2, max_conversation_restarts: 1 };
    const { models } = bench([modelAt(server.url)], { runConfig });
    server.handle((call) => call.reply('no'));
    await models.ask(labelQuestion());
    expect(server.calls.map(({ messages }) => messages.length)).toEqual([1, 3, 5, 1, 3, 5]);
  });

  it('that was cut off restarts once, and is never corrected or repaired', async () => {
    const { models } = bench([modelAt(server.url, { max_tokens: 50 })]);
    server.handle((call) => call.reply(good, { finishReason: 'length' }));
    expect(await models.ask(labelQuestion())).toMatchObject({
      ok: false,
      error: {
        class: 'length',
        hint: 'raise max_tokens of writer (now 50)',
        attempts: [{}, { answer: good }],
      },
    });
    expect(server.calls.map(({ messages }) => messages.length)).toEqual([1, 1]);
  });

  it('that was withheld is not asked again', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply(null, { message: { refusal: 'I will not.' } }));
    expect(await models.ask(labelQuestion())).toMatchObject({
      ok: false,
      error: { class: 'content-filter', attempts: [{ answer: 'I will not.' }] },
    });
    expect(server.calls).toHaveLength(1);
  });
});

describe('a text answer', () => {
  it('is taken as it is, without the thinking before it', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply('<think>hm</think>\nA text with {"json": 1}.'));
    expect(await models.ask(textQuestion())).toMatchObject({
      ok: true,
      value: { value: 'A text with {"json": 1}.', reasoning: 'hm' },
    });
  });

  it.each(['', ' \n', '<think>hm'])('that is empty (%j) restarts the conversation', async (empty) => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply(call.index === 0 ? empty : 'done'));
    expect(await models.ask(textQuestion())).toMatchObject({ ok: true, value: { value: 'done' } });
    expect(server.calls.map(({ messages }) => messages.length)).toEqual([1, 1]);
  });

  it('holds no half characters', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply('cut 😀 here \ud83d'));
    expect(await models.ask(textQuestion())).toMatchObject({
      ok: true,
      value: { value: 'cut 😀 here \uFFFD' },
    });
  });

  it('that is always empty fails', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply(''));
    expect(await models.ask(textQuestion())).toMatchObject({ ok: false, error: { class: 'schema' } });
    expect(server.calls).toHaveLength(3);
  });

  it('that was cut off is a failure, not a shorter text', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply('The begin', { finishReason: 'length' }));
    expect(await models.ask(textQuestion())).toMatchObject({ ok: false, error: { class: 'length' } });
  });
});

describe('an endpoint that refuses response_format', () => {
  it('is asked with the schema in the prompt, at once and without losing a cell', async () => {
    const { models, clock } = bench([modelAt(server.url, { max_parallel_requests: 4 })]);
    server.handle(refuse);
    const rows = Array.from({ length: 20 }, (_, index) => models.ask(labelQuestion(`row ${index}`)));
    expect((await Promise.all(rows)).every(({ ok }) => ok)).toBe(true);
    expect(clock.waits).toEqual([]);
    const refused = server.calls.filter(({ technique }) => technique !== 'prompt').length;
    // By both other techniques, and by those only that were let in before the first answer came back.
    expect(refused).toBeLessThanOrEqual(16);
    expect(server.calls).toHaveLength(20 + refused);
  });

  it('is remembered by the store, for the next run', async () => {
    const store = createMemoryStore();
    server.handle(refuse);
    await bench([modelAt(server.url)], { store }).models.ask(labelQuestion('row 1'));
    await bench([modelAt(server.url)], { store }).models.ask(labelQuestion('row 2'));
    expect(server.calls.map(({ technique }) => technique)).toEqual([
      'json_schema',
      undefined,
      'prompt',
      'prompt',
    ]);
  });

  it('is not remembered as such when the prompt is refused as well', async () => {
    const store = createMemoryStore();
    server.handle((call) => call.status(400, { body: 'guided decoding crashed' }));
    const { models } = bench([modelAt(server.url)], { store });
    expect(await models.ask(labelQuestion('row 1'))).toMatchObject({
      ok: false,
      error: { class: 'invalid-request', attempts: [{}, {}, {}] },
    });
    server.handle((call) => call.reply(goodLabel));
    await models.ask(labelQuestion('row 2'));
    expect(server.calls.map(({ technique }) => technique)).toEqual([
      'json_schema',
      undefined,
      'prompt',
      'json_schema',
    ]);
  });
});

describe('the store', () => {
  it('has the raw answer before it is read', async () => {
    const steps: string[] = [];
    const memory = createMemoryStore();
    const store: AnswerStore = {
      ...memory,
      put: async (key, answer) => {
        await new Promise(setImmediate);
        await memory.put(key, answer);
        steps.push(`stored ${answer.text}`);
      },
    };
    const question = labelQuestion();
    const check = (): string[] => {
      steps.push('checked');
      return [];
    };
    server.handle((call) => call.reply(good));
    const output = { schema: labelSchema, check };
    await bench([modelAt(server.url)], { store }).models.ask({ ...question, output });
    expect(steps).toEqual([`stored ${good}`, 'checked']);
  });

  it('answers a whole conversation again without a call', async () => {
    const store = createMemoryStore();
    server.handle((call) => call.reply(call.index < 3 ? 'no' : good));
    const first = await bench([modelAt(server.url)], { store }).models.ask(labelQuestion());
    expect(server.calls).toHaveLength(4);
    const again = bench([modelAt(server.url)], { store });
    expect(await again.models.ask(labelQuestion())).toEqual(first);
    expect(server.calls).toHaveLength(4);
    expect(again.events).toEqual([]);
  });

  it('tells equal requests of different rows apart', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply(`text ${call.index}`));
    const replies = [];
    for (const row of ['row 1', 'row 2', 'row 1']) replies.push(await models.ask(textQuestion(row)));
    expect(replies.map((reply) => reply.ok && reply.value.value)).toEqual(['text 0', 'text 1', 'text 0']);
  });

  it('gives equal requests of one row one answer, at the same time as well', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply(`text ${call.index}`));
    const replies = await Promise.all([models.ask(textQuestion()), models.ask(textQuestion())]);
    expect(replies.map((reply) => reply.ok && reply.value.value)).toEqual(['text 0', 'text 0']);
  });
});

describe('usage', () => {
  it('is counted by alias and column, reused answers apart', async () => {
    const models = [modelAt(server.url), modelAt(server.url, {}, { alias: 'judge' })];
    const store = createMemoryStore();
    server.handle((call) =>
      call.index === 0
        ? call.status(500)
        : call.reply("{'label': 'bug', 'tags': ['x']}", call.index === 1 ? {} : { usage: null }),
    );
    const first = bench(models, { store });
    await first.models.ask(labelQuestion('row 1'));
    await first.models.ask({ ...labelQuestion('row 2'), alias: 'judge' });
    const none = { input: 0, output: 0, cached: 0, reasoning: 0, unknown: 0 };
    expect(first.models.usage()).toEqual([
      {
        alias: 'writer',
        column: 'text',
        calls: 2,
        failedCalls: 1,
        reusedAnswers: 0,
        repairedAnswers: 1,
        cells: 1,
        tokens: { ...none, input: 10, output: 5 },
        reusedTokens: none,
      },
      {
        alias: 'judge',
        column: 'text',
        calls: 1,
        failedCalls: 0,
        reusedAnswers: 0,
        repairedAnswers: 1,
        cells: 1,
        tokens: { ...none, unknown: 1 },
        reusedTokens: none,
      },
    ]);

    const second = bench(models, { store });
    await second.models.ask(labelQuestion('row 1'));
    await second.models.ask({ ...labelQuestion('row 1'), column: 'again' });
    expect(second.models.usage()).toMatchObject(
      ['text', 'again'].map((column) => ({
        alias: 'writer',
        column,
        calls: 0,
        reusedAnswers: 1,
        cells: 1,
        tokens: none,
        reusedTokens: { input: 10, output: 5 },
      })),
    );
  });
});

function refuse(call: ModelCall): void {
  if (call.technique === 'prompt') return call.reply(validAnswer(call));
  call.status(400, { body: { error: { message: 'response_format json_schema is not supported' } } });
}
