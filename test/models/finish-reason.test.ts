import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { finishOf } from '../../src/models/finish-reason.js';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { bench, goodLabel, labelQuestion, modelAt, textQuestion } from './setup.js';

describe('finishOf', () => {
  it.each([
    [
      'whole',
      ['stop', 'STOP', 'end_turn', 'endTurn', 'eos', 'tool_calls', 'function_call', 'null', '', 'COMPLETE'],
    ],
    ['length', ['length', 'LENGTH', 'MAX_TOKENS', 'max_tokens', 'maxTokens', 'max-tokens', 'model_length']],
    [
      'length',
      ['FinishReason.MAX_TOKENS', 'max_output_tokens', 'model_context_window_exceeded', 'ERROR_LIMIT'],
    ],
    [
      'content-filter',
      ['content_filter', 'contentFilter', 'SAFETY', 'RECITATION', 'sensitive', 'BLOCKLIST', 'SPII'],
    ],
    [
      'failed',
      ['error', 'abort', 'network_error', 'insufficient_system_resource', 'MALFORMED_FUNCTION_CALL'],
    ],
    ['unknown', ['OTHER', 'because']],
  ])('is %s for %j', (finish, reasons) => {
    expect(reasons.map(finishOf)).toEqual(reasons.map(() => finish));
  });
});

let server: ModelServer;

beforeEach(async () => {
  server = await startModelServer();
});
afterEach(() => server.close());

const good = JSON.stringify(goodLabel);

describe.each([
  ['text', textQuestion, 'a cut te'],
  ['structured', labelQuestion, good],
] as const)('a %s answer', (_kind, question, text) => {
  it.each([
    ['MAX_TOKENS', 'length', 2],
    ['model_length', 'length', 2],
    ['SAFETY', 'content-filter', 1],
    ['sensitive', 'content-filter', 1],
  ] as const)('that ends with %s fails as %s', async (finishReason, failureClass, calls) => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply(text, { finishReason }));
    expect(await models.ask(question())).toMatchObject({ ok: false, error: { class: failureClass } });
    expect(server.calls).toHaveLength(calls);
  });

  it.each(['error', 'abort', 'network_error', 'insufficient_system_resource'])(
    'that ends with %s is asked again',
    async (finishReason) => {
      const { models } = bench([modelAt(server.url)]);
      server.handle((call) => call.reply(text, call.index === 0 ? { finishReason } : {}));
      expect(await models.ask(question())).toMatchObject({ ok: true });
      expect(server.calls).toHaveLength(2);
      expect(models.usage()).toMatchObject([{ calls: 2, failedCalls: 1 }]);
    },
  );

  it('that ends for an unknown reason is taken with a note', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply(text, { finishReason: 'because' }));
    expect(await models.ask(question())).toMatchObject({ ok: true });
    expect(models.usage()).toMatchObject([{ notes: { 'unknown finish reason because': 1 } }]);
  });

  it.each(['length', 'MAX_TOKENS'])('without a message that ends with %s was cut', async (reason) => {
    const { models } = bench([modelAt(server.url)]);
    const body = { choices: [{ index: 0, finish_reason: reason }], usage: { prompt_tokens: 10 } };
    server.handle((call) => call.status(200, { body }));
    expect(await models.ask(question())).toMatchObject({ ok: false, error: { class: 'length' } });
    expect(server.calls).toHaveLength(2);
  });

  it('is cut when the vendor behind a gateway says so', async () => {
    const { models } = bench([modelAt(server.url)]);
    const choice = { message: { content: text }, finish_reason: 'stop', native_finish_reason: 'MAX_TOKENS' };
    server.handle((call) => call.status(200, { body: { choices: [choice] } }));
    expect(await models.ask(question())).toMatchObject({ ok: false, error: { class: 'length' } });
  });
});
