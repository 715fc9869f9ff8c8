import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/models/cached-requests.js';
import type { AnswerStore, Model, ModelRequest } from '../../src/models/types.js';
import { startModelServer, type ModelCall, type ModelServer } from '../rig/model-server.js';
import { bench, modelAt, textQuestion } from './setup.js';

let server: ModelServer;
beforeEach(async () => {
  server = await startModelServer();
});
afterEach(() => server.close());

/** A prompt of this many words of five characters, which `shrink` cuts in proportion. */
function longQuestion(words: number, rowId = 'row 1'): ModelRequest {
  const messages = (count: number): ModelRequest['messages'] => [
    { role: 'user', content: 'word '.repeat(count) },
  ];
  return {
    ...textQuestion(rowId),
    messages: messages(words),
    shrink: (scale) => messages(Math.floor(words * scale)),
  };
}

const tokensOf = ({ prompt }: ModelCall): number => Math.ceil(prompt.length / 4) + 4;

/** A server with a window, in the words of llama.cpp. */
function windowOf(window: number): (call: ModelCall) => void {
  return (call) => {
    if (tokensOf(call) < window) return call.reply('fine');
    const message = `request (${tokensOf(call)} tokens) exceeds the available context size (${window} tokens), try increasing it`;
    call.status(400, { body: { error: { code: 400, type: 'exceed_context_size_error', message } } });
  };
}

async function askIn(store: AnswerStore, model: Model, question: ModelRequest): Promise<unknown> {
  const { models } = bench([model], { store });
  const outcome = await models.ask(question);
  return { ...outcome, notes: models.usage()[0]?.notes };
}

const fine = { ok: true, value: { value: 'fine' } };
const shortened = { 'prompt shortened to fit into the context window': 1 };

describe('a prompt that is longer than the context window', () => {
  it('is shortened after the refusal; later ones at once; a second run asks nothing', async () => {
    const store = createMemoryStore();
    const model = modelAt(server.url, { max_tokens: 8192 });
    server.handle(windowOf(4096));
    expect(await askIn(store, model, longQuestion(8000))).toMatchObject({ ...fine, notes: shortened });
    expect(server.calls.map(({ prompt }) => prompt.length)).toEqual([40_000, 8000]);
    // The answer may have what is left of the window.
    expect(server.calls[1]?.body['max_tokens']).toBe(4096 - Math.ceil(2004 * 1.25));

    expect(await askIn(store, model, longQuestion(8000, 'row 2'))).toMatchObject(fine);
    expect(server.calls).toHaveLength(3);
    expect(await askIn(store, model, longQuestion(100, 'row 3'))).toMatchObject({
      ...fine,
      notes: undefined,
    });

    for (const row of ['row 1', 'row 2', 'row 3'])
      expect(await askIn(store, model, longQuestion(row === 'row 3' ? 100 : 8000, row))).toMatchObject(fine);
    expect(server.calls).toHaveLength(4);
  });

  it('is shortened before the first request, if the recipe tells the window', async () => {
    const model = { ...modelAt(server.url, { max_tokens: 500 }), contextWindow: 8192 };
    server.handle(windowOf(8192));
    expect(await askIn(createMemoryStore(), model, longQuestion(8000))).toMatchObject(fine);
    expect(server.calls.map(({ prompt }) => prompt.length)).toEqual([24_000]);
  });

  it('is sent again in full once the recipe tells a larger window', async () => {
    const store = createMemoryStore();
    const model = modelAt(server.url);
    server.handle(windowOf(4096));
    await askIn(store, model, longQuestion(8000));
    server.handle(windowOf(32_768));
    await askIn(store, { ...model, contextWindow: 32_768 }, longQuestion(8000));
    expect(server.calls.at(-1)?.prompt).toHaveLength(40_000);
  });

  it('is shortened again where the server counts more tokens than the estimate', async () => {
    server.handle((call) => {
      const count = tokensOf(call) * 2;
      if (count < 4096) return call.reply('fine');
      const message = `This model's maximum context length is 4096 tokens. However, your request has ${count} input tokens.`;
      call.status(400, { body: { error: { message } } });
    });
    const store = createMemoryStore();
    expect(await askIn(store, modelAt(server.url), longQuestion(8000))).toMatchObject(fine);
    expect(server.calls).toHaveLength(2);
    await askIn(store, modelAt(server.url), longQuestion(8000));
    expect(server.calls).toHaveLength(2);
  });

  it('is halved until it fits, where the server tells no numbers', async () => {
    server.handle((call) =>
      call.prompt.length < 12_000
        ? call.reply('fine')
        : call.status(400, { body: { error: { message: 'the input exceeds the context length' } } }),
    );
    const store = createMemoryStore();
    const model = modelAt(server.url);
    expect(await askIn(store, model, longQuestion(8000))).toMatchObject({ ...fine, notes: shortened });
    expect(server.calls.map(({ prompt }) => prompt.length)).toEqual([40_000, 20_000, 10_000]);
    await askIn(store, model, longQuestion(8000));
    expect(server.calls).toHaveLength(3);
  });

  it('is shortened when it leaves so little room that the answer is cut off', async () => {
    server.handle((call) => {
      const room = 4096 - tokensOf(call);
      const usage = { prompt_tokens: tokensOf(call), completion_tokens: Math.min(room, 900) };
      if (room < 900) call.reply('an answer that', { finishReason: 'length', usage });
      else call.reply('fine', { usage });
    });
    const store = createMemoryStore();
    const model = modelAt(server.url, { max_tokens: 2000 });
    expect(await askIn(store, model, longQuestion(3000))).toMatchObject(fine);
    expect(server.calls.map(({ prompt }) => prompt.length)).toEqual([15_000, 8250]);
    expect(await askIn(store, model, longQuestion(3000))).toMatchObject(fine);
    expect(server.calls).toHaveLength(2);
  });

  it('fails with advice that fits, if nothing of it can be shortened', async () => {
    server.handle(windowOf(4096));
    const { shrink: _none, ...question } = longQuestion(8000);
    expect(await askIn(createMemoryStore(), modelAt(server.url), question)).toMatchObject({
      ok: false,
      error: {
        class: 'context-window',
        hint: 'shorten the prompt, bound its long parts with `| fit(BYTES)`, or use a model with a larger context window than acme/writer-1',
      },
    });
    expect(server.calls).toHaveLength(1);
  });
});

describe('an answer that is cut off', () => {
  const cut = async (
    text: string,
    usage: { prompt_tokens: number; completion_tokens: number },
  ): Promise<unknown> => {
    server.handle((call) => call.reply(text, { finishReason: 'length', usage }));
    const model = { ...modelAt(server.url, { max_tokens: 2000 }), contextWindow: 4096 };
    return askIn(createMemoryStore(), model, textQuestion());
  };

  it.each([
    [
      'at max_tokens',
      'Once upon a time',
      [10, 2000],
      'the answer was cut off at max_tokens',
      'raise max_tokens of writer (now 2000)',
    ],
    [
      'by the window',
      'Once upon a time',
      [3000, 1096],
      'the prompt (3000 tokens) and the answer (1096) fill the context window of 4,096 tokens',
      'shorten the prompt, or give acme/writer-1 a larger context window; raising max_tokens does not help',
    ],
    [
      'while it repeats itself',
      `{"a":"It is good. ${'The user asked for a fix. '.repeat(40)}The us`,
      [10, 2000],
      'the model repeats "asked for a fix. The user" without an end',
      'raising max_tokens does not help; set maxLength',
    ],
    [
      'while it counts',
      Array.from({ length: 90 }, (_, index) => `${index + 10}. Look at it\n`).join(''),
      [10, 2000],
      'Look at it',
      'raising max_tokens does not help; set maxLength',
    ],
    ['while it writes blanks', `{"a": 1${'\n'.repeat(300)}`, [10, 2000], '"blanks"', 'set maxLength'],
  ])(
    '%s: the reason and what helps are said',
    async (_name, text, [input = 0, output = 0], message, hint) => {
      expect(await cut(text, { prompt_tokens: input, completion_tokens: output })).toMatchObject({
        ok: false,
        error: {
          class: 'length',
          message: expect.stringContaining(message),
          hint: expect.stringContaining(hint),
        },
      });
    },
  );
});
