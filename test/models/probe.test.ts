import { describe, expect, it } from '@jest/globals';
import { extraBody, sampling } from '../../src/models/wire/chat-body.js';
import { probe, type ProbeResult } from '../../src/models/probe.js';
import type { Answer, CallError, ChatRequest, Model } from '../../src/models/types.js';
import { err, ok, type Result } from '../../src/core/result.js';
import { modelAt } from './setup.js';
import type { SettledParameters } from '../../src/models/types.js';

interface Probed {
  readonly outcome: Result<ProbeResult, CallError>;
  readonly sent: readonly ChatRequest[];
}

/** A probe of a model that answers with these, in turn. */
async function probed(model: Model, ...answers: readonly Result<string, string>[]): Promise<Probed> {
  const sent: ChatRequest[] = [];
  const transport = {
    send: async (request: ChatRequest): Promise<Result<Answer, CallError>> => {
      const answer = answers[sent.push(request) - 1];
      if (!answer) throw new Error('one request too many');
      return answer.ok
        ? ok(answerOf(answer.value))
        : err({ class: 'invalid-request', message: answer.error });
    },
  };
  return { outcome: await probe(model, transport, true), sent };
}

function answerOf(text: string): Answer {
  return {
    text,
    finishReason: 'stop',
    usage: { input: undefined, output: undefined, cached: undefined, reasoning: undefined },
  };
}

const good = ok('{"ok": true}');

/** What limits the answer of the only request that was sent. */
async function limitsOf(parameters: SettledParameters): Promise<object> {
  const { sent } = await probed(modelAt('http://host/v1', parameters), good);
  const [request] = sent;
  if (!request) throw new Error('nothing was sent');
  const { model } = request;
  return { ...sampling(model), ...extraBody(model), timeout: model.parameters.timeout };
}

describe('a probe', () => {
  it('asks for few tokens and waits for a minute at most, whatever the recipe says', async () => {
    expect(await limitsOf({})).toEqual({ max_tokens: 64, timeout: 60 });
    expect(await limitsOf({ max_tokens: 9000, timeout: 900 })).toEqual({ max_tokens: 64, timeout: 60 });
    expect(await limitsOf({ timeout: 5, extra_body: { max_tokens: 9000 } })).toEqual({
      max_tokens: 64,
      timeout: 5,
    });
  });

  it('sets the limit under the name that the recipe has for it', async () => {
    expect(await limitsOf({ extra_body: { max_completion_tokens: 9000, seed: 1 } })).toEqual({
      max_completion_tokens: 64,
      seed: 1,
      timeout: 60,
    });
  });

  it('leaves room for the thinking that the recipe asks for', async () => {
    const thinking = { type: 'enabled', budget_tokens: 1024 };
    expect(await limitsOf({ temperature: 0.5, extra_body: { thinking } })).toEqual({
      max_tokens: 1088,
      temperature: 0.5,
      thinking,
      timeout: 60,
    });
  });

  it('takes a model that thought until its tokens were used up for one that answers', async () => {
    const words = 'Could not finish the message because max_tokens or model output limit was reached.';
    const { outcome } = await probed(modelAt('http://host/v1'), err(words));
    expect(outcome).toEqual(ok({ technique: 'json_schema', isValid: undefined, without: [] }));
  });

  it.each([
    ['in a fence', '```json\n{"ok": true}\n```', true],
    ['of another shape', '{"ok": "yes"}', false],
    ['in words', 'Certainly!', false],
  ])('tells whether an answer is as it was asked for: %s', async (_how, text, isValid) => {
    const { outcome } = await probed(modelAt('http://host/v1'), ok(text));
    expect(outcome).toMatchObject({ ok: true, value: { isValid } });
  });
});
