import { describe, expect, it } from '@jest/globals';
import { errorOfResponse, missingKey } from '../../src/models/wire/call-errors.js';
import { errorOfConnection } from '../../src/models/wire/connection-errors.js';
import type { CallError } from '../../src/models/types.js';
import { modelAt } from './setup.js';

const model = modelAt('http://host/v1');

function errorOf(status: number, body: unknown, headers: Record<string, string> = {}): CallError {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return errorOfResponse({ status, headers: new Headers(headers), body: text }, model);
}

function openAi(code: string | null, message = 'no', rest: object = {}): object {
  return { error: { message, type: 'invalid_request_error', code, param: null, ...rest } };
}

describe('the class of an error response', () => {
  it.each([
    ['auth', 401, openAi('invalid_api_key')],
    ['auth', 403, openAi(null, 'You may not use this model')],
    ['auth', 400, { error: { code: 400, message: 'bad key', details: [{ reason: 'API_KEY_INVALID' }] } }],
    ['quota', 429, openAi('insufficient_quota')],
    ['quota', 402, { error: { message: 'Insufficient credits', code: 402 } }],
    ['rate', 429, openAi('rate_limit_exceeded')],
    ['rate', 429, ''],
    ['timeout', 408, ''],
    ['overload', 500, '<html>oops</html>'],
    ['overload', 503, openAi(null, 'busy')],
    ['overload', 529, ''],
    ['overload', 409, ''],
    ['context-window', 400, openAi('context_length_exceeded')],
    ['context-window', 413, ''],
    ['context-window', 400, { message: "This model's maximum context length is 8192 tokens." }],
    ['context-window', 422, { detail: 'prompt is too long' }],
    ['content-filter', 400, openAi('content_filter')],
    ['content-filter', 400, openAi(null, 'no', { innererror: { code: 'ResponsibleAIPolicyViolation' } })],
    ['content-filter', 403, { error: { code: 403, message: 'requires moderation: your input was flagged' } }],
    ['invalid-request', 400, openAi(null, 'temperature must be at most 2')],
    ['invalid-request', 404, 'no such model'],
  ])('%s: %i %j', (failureClass, status, body) => {
    expect(errorOf(status, body)).toMatchObject({ class: failureClass, status });
  });

  it('follows the code where the words say something else', () => {
    expect(errorOf(429, openAi('insufficient_quota', 'rate limit reached')).class).toBe('quota');
    expect(errorOf(429, openAi('rate_limit_exceeded', 'over your current quota')).class).toBe('rate');
  });
});

describe('the message of an error response', () => {
  it.each([
    [openAi(null, 'slow down'), 'slow down'],
    [{ message: 'slow down' }, 'slow down'],
    [{ error: 'slow down' }, 'slow down'],
    [{ detail: [{ loc: ['body', 'top_p'], msg: 'too large' }] }, 'body.top_p: too large'],
    ['plain words', 'plain words'],
    ['<!DOCTYPE html><html>…', 'an HTML page'],
    ['', 'no reason given'],
    ['two\nlines\u001b[31m red', 'two lines [31m red'],
  ])('of %j says %j', (body, reason) => {
    expect(errorOf(418, body).message).toBe(`acme answered 418: ${reason}`);
  });

  it('stays short however long the body is', () => {
    expect(errorOf(400, 'x'.repeat(5_000_000)).message.length).toBeLessThan(400);
  });
});

describe('the hint of an error response', () => {
  it('names the variable to set when the key is wrong', () => {
    expect(errorOf(401, '').hint).toBe('set TEST_KEY to a key of acme that may use acme/writer-1');
  });

  it('asks for the name of a variable when the endpoint has none', () => {
    const open = modelAt('http://host/v1', {}, { endpoint: { keyVariable: undefined } });
    const error = errorOfResponse({ status: 401, headers: new Headers(), body: '' }, open);
    expect(error.hint).toContain('give the provider acme an api_key');
  });

  it('tells which variable is missing, before any call', () => {
    expect(missingKey(model.endpoint)).toEqual({
      class: 'auth',
      message: 'no key for the provider acme: TEST_KEY is not set',
      hint: 'set TEST_KEY to your key of acme',
    });
  });
});

describe('a refusal', () => {
  it.each([
    [400, openAi(null, "'response_format' of type json_schema is not supported"), true],
    [422, { detail: [{ loc: ['body', 'response_format'], msg: 'Extra inputs are not permitted' }] }, true],
    [400, 'guided decoding is not enabled', true],
    [400, openAi(null, 'temperature must be at most 2'), undefined],
    [429, 'json_schema calls are limited', undefined],
    [500, 'response_format crashed', undefined],
  ])('of response_format is recognised: %i %j', (status, body, expected) => {
    expect(errorOf(status, body).refusesSchema).toBe(expected);
  });

  it('of a parameter is recognised by its code', () => {
    const body = openAi('unsupported_parameter', 'Use max_completion_tokens', { param: 'max_tokens' });
    expect(errorOf(400, body).refusesParameter).toBe('max_tokens');
    expect(errorOf(400, openAi(null, 'no', { param: 'max_tokens' })).refusesParameter).toBeUndefined();
  });
});

describe('a connection that failed', () => {
  it('says that no server is listening when it was refused', () => {
    expect(failed('ECONNREFUSED')).toEqual({
      class: 'network',
      message: 'acme could not be reached at http://host/v1: ECONNREFUSED',
      hint: "no server is listening at http://host/v1; start it, or correct the provider's endpoint",
    });
  });

  it.each(['ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT'])(
    '%s is a matter of the network',
    (code) => expect(failed(code).class).toBe('network'),
  );

  it('finds the code inside the tries of a dual-stack connection', () => {
    const tries = [Object.assign(new Error('x'), { code: 'ECONNREFUSED' })];
    expect(errorOfConnection(new Error('x', { cause: new AggregateError(tries) }), model).message).toMatch(
      /ECONNREFUSED$/,
    );
  });

  it('does not try again what cannot be sent', () => {
    expect(failed('UND_ERR_INVALID_ARG').class).toBe('invalid-request');
  });

  it.each(['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'ERR_BUFFER_TOO_LARGE'])(
    '%s means that the answer is too long, and the next one would be',
    (code) =>
      expect(failed(code)).toMatchObject({
        class: 'invalid-request',
        message: 'acme sent more than 64 MiB in one answer',
      }),
  );

  it('says that the answer had begun', () => {
    const error = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
    expect(errorOfConnection(error, model, true)).toEqual({
      class: 'network',
      message: 'acme sent an answer that cannot be read to its end: UND_ERR_SOCKET',
    });
  });

  it('bears with anything that was thrown', () => {
    expect(errorOfConnection('odd', model).message).toMatch(/: odd$/);
  });
});

function failed(code: string): CallError {
  const cause = Object.assign(new Error(code), { code });
  return errorOfConnection(
    new Error('Connection error.', { cause: new TypeError('fetch failed', { cause }) }),
    model,
  );
}
