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
    ['auth', 400, [{ error: { code: 400, message: 'API key not valid', status: 'INVALID_ARGUMENT' } }]],
    ['schema', 400, openAi('json_validate_failed', 'Failed to generate JSON', { failed_generation: '{' })],
    ['schema', 400, openAi('tool_use_failed')],
    ['content-filter', 400, openAi('data_inspection_failed')],
    ['content-filter', 400, openAi('invalid_request_error', 'Content Exists Risk')],
    ['content-filter', 400, openAi('invalid_prompt')],
    ['content-filter', 400, openAi('400', 'litellm.ContentPolicyViolationError: AzureException')],
    [
      'content-filter',
      403,
      { code: 'no permission', error: 'Content violates usage guidelines. API key ID: x' },
    ],
    ['content-filter', 403, { error: { message: 'Input was flagged', metadata: { reasons: ['violence'] } } }],
    ['invalid-request', 403, '<html><title>403 Forbidden</title></html>'],
    ['invalid-request', 403, '<!DOCTYPE html><title>Just a moment...</title>'],
    ['quota', 429, { error: { code: '1113', message: '余额不足或无可用资源包,请充值。' } }],
    ['rate', 429, [{ error: { message: 'You exceeded your current quota. Please retry in 3.1s.' } }]],
    ['overload', 498, openAi('flex_capacity_exceeded')],
    ['overload', 499, openAi(null, 'Client closed request')],
    ['context-window', 500, openAi(null, 'the input length exceeds the context length')],
    ['context-window', 400, [{ error: { message: 'The input token count (1200) exceeds the maximum' } }]],
    ['context-window', 400, { code: 'x', error: "This model's maximum prompt length is 131072" }],
    ['context-window', 422, { error: '`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000' }],
    ['context-window', 400, { message: 'Input is too long for requested model.' }],
    ['context-window', 422, openAi(null, '`inputs` must have less than 8193 tokens. Given: 9000')],
    ['context-window', 400, openAi('x', '<400> Range of input length should be [1, 129024]')],
    [
      'context-window',
      429,
      openAi('rate_limit_exceeded', 'Request too large for gpt-4o: Limit 3, Requested 4'),
    ],
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

describe('a limit that lasts', () => {
  it.each([408, 429, 503])('is no pause of a day for anybody: %d', (status) => {
    expect(errorOf(status, openAi(null, 'slow'), { 'retry-after': '86400' }).isLongLimit).toBe(true);
  });

  const gemini = (details: object): object => [
    { error: { code: 429, message: 'over your quota', details: [details] } },
  ];

  it.each([
    ['a day in Retry-After', {}, { 'retry-after': '86400' }],
    ['a time of day in Retry-After', {}, { 'retry-after': String(Math.floor(Date.now() / 1000) + 7200) }],
    ['the reset of OpenRouter', {}, { 'x-ratelimit-reset': String(Date.now() + 7_200_000) }],
    [
      'a reset as RFC 3339',
      {},
      { 'x-ratelimit-reset-tokens': new Date(Date.now() + 7_200_000).toISOString() },
    ],
    ['a quota of the day', gemini({ violations: [{ quotaId: 'GenerateRequestsPerDay-Free' }] }), {}],
    ['words', openAi(null, 'Rate limit exceeded: free-models-per-day. Add 10 credits'), {}],
    ['a long time in words', openAi(null, 'tokens per day (TPD): Limit 5. Please try again in 47m12s.'), {}],
  ])('is recognised by %s', (_name, body, headers) => {
    expect(errorOf(429, body, headers)).toMatchObject({ class: 'rate', isLongLimit: true });
  });

  it.each([
    ['Retry-After', {}, { 'retry-after': '60' }, 60_000],
    ['a list of details', gemini({ retryDelay: '3s' }), {}, 3000],
    ['words', openAi(null, 'tokens per min (TPM): Limit 3. Please try again in 1.2s.'), {}, 1200],
    ['words of a daily limit', openAi(null, 'tokens per day (TPD). Please try again in 7m12s.'), {}, 432_000],
    ['words with a unit', openAi(null, 'Please retry after 2 seconds.'), {}, 2000],
    [
      'headers in the body',
      openAi(null, 'slow', { metadata: { headers: { 'Retry-After': '4' } } }),
      {},
      4000,
    ],
  ])('is another than the wait of a minute in %s', (_name, body, headers, wait) => {
    const error = errorOf(429, body, headers);
    expect(error.isLongLimit).toBeUndefined();
    expect(error.retryAfterMs).toBe(wait);
  });

  it('says until when', () => {
    const at = new Date(Date.now() + 86_400_000).toISOString();
    expect(errorOf(429, openAi(null, 'slow'), { 'retry-after': '86400' }).message).toContain(
      `it wants no request before ${at.slice(0, 10)}`,
    );
  });
});

describe('the parameter that is refused', () => {
  it.each([
    [
      'temperature',
      { error: { message: "gpt-5 models don't support temperature=0.6.", code: '400', param: null } },
    ],
    ['temperature', { error: { message: 'invalid temperature: only 1 is allowed for this model' } }],
    ['top_p', { error: { message: 'BedrockException: `temperature` and `top_p` cannot both be specified' } }],
    [
      'max_tokens',
      { error: { message: "'max_tokens' is not supported. Use 'max_completion_tokens'", code: null } },
    ],
    [
      'temperature',
      {
        error: {
          message: 'Provider returned error',
          metadata: {
            raw: '{"error":{"message":"no","param":"temperature","code":"unsupported_parameter"}}',
          },
        },
      },
    ],
    [undefined, { error: { message: 'temperature must be at most 2' } }],
  ])('is %s', (parameter, body) => {
    expect(errorOf(400, body).refusesParameter).toBe(parameter);
  });
});

describe('a refusal of the technique with a 500', () => {
  it.each([
    ["body.response_format.type: Input should be 'text' or 'json_object'", true],
    ['Grammar error: Unimplemented keys: ["format"]', true],
    ['out of memory', undefined],
  ])('%s', (message, expected) => {
    expect(errorOf(500, openAi(null, message)).refusesSchema).toBe(expected);
  });
});
