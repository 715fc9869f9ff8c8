/**
 * Errors as vendors, gateways and local servers word them, from their documentation and public bug reports: each
 * must get the class that decides what dd does next.
 */
import { expect, it } from '@jest/globals';
import { errorOfResponse } from '../../src/models/wire/call-errors.js';
import { modelAt } from './setup.js';

const model = modelAt('http://host/v1');

const e = (message: string, more: object = {}): string =>
  JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code: null, ...more } });

const cases: readonly (readonly [string, number, string])[] = [
  ['context-window', 400, e('prompt is too long: 213462 tokens > 200000 maximum')],
  [
    'context-window',
    400,
    e(
      'input length and `max_tokens` exceed context limit: 197000 + 21333 > 200000, decrease input length or `max_tokens` and try again',
    ),
  ],
  ['context-window', 400, e('Your input exceeds the context window of this model')],
  [
    'context-window',
    400,
    e(
      "Requested token count exceeds the model's maximum context length of 131072 tokens. You requested a total of 2 tokens",
    ),
  ],
  ['context-window', 400, e("Input length (265330) exceeds model's maximum context length (262144).")],
  [
    'context-window',
    400,
    e('Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192'),
  ],
  [
    'context-window',
    422,
    e("The input (300 tokens) is longer than the model's context length (200 tokens)."),
  ],
  [
    'context-window',
    400,
    e('prompt token count of 5000 exceeds the limit of 4096', { code: 'model_max_prompt_tokens_exceeded' }),
  ],
  ['context-window', 400, e('invalid params, context window exceeds limit (2013)')],
  [
    'context-window',
    400,
    e('Invalid request: Your request exceeded model token limit: 128000 (requested: 200000)'),
  ],
  ['context-window', 400, e('Prompt has 5000 tokens, but the configured context size is 4096 tokens')],
  ['context-window', 400, e('Prompt 超长', { code: '1261' })],
  ['context-window', 400, e('prompt too long; exceeded max context length by 20 tokens')],
  [
    'context-window',
    400,
    e(
      'Requested generation length 5000 is not possible! The provided prompt is 3400 tokens long, so generating 5000 tokens requires a sequence length of 8400, but the maximum supported sequence length is just 8192.',
    ),
  ],
  ['context-window', 400, e('Requested input length 40000 exceeds maximum input length 32767')],
  ['context-window', 400, e('Input length 300 exceeds the maximum allowed input length of 200 tokens')],
  [
    'context-window',
    400,
    e('the number of input tokens 5000 cannot exceed the total tokens limit 4096 for this model'),
  ],
  [
    'context-window',
    400,
    e(
      'The decoder prompt (length 4567) is longer than the maximum model length of 4096. Make sure that `max_model_len` is no smaller than the number of text tokens.',
    ),
  ],
  ['context-window', 400, e('max_tokens must be at least 1, got -123.')],
  [
    'context-window',
    400,
    e(
      "This model's maximum context length is 4096 tokens. However, you requested 5000 output tokens and your prompt contains at least 1 input tokens",
    ),
  ],
  [
    'context-window',
    400,
    e(
      'too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000. Try using a shorter prompt',
    ),
  ],
  ['context-window', 400, e('Request too large: token limit exceeded for this model')],
  ['context-window', 400, e('Input validation error: `max_new_tokens` must be strictly positive')],
  ['context-window', 400, e('tokens_limit_reached', { code: 'tokens_limit_reached' })],
  ['context-window', 400, e('The prompt tokens (8500) exceed the n_ctx (4096)')],
  ['context-window', 400, e('Requested tokens (5096) exceed context window of 4096')],
  ['rate', 400, e('ThrottlingException: Too many tokens, please wait before trying again.')],
  ['rate', 429, e('Too many tokens, please wait before trying again.')],
  [
    'rate',
    429,
    e(
      'Rate limit reached for model in organization on tokens per min (TPM): Limit 6000, Used 5000, Requested 2000. Please try again in 10.5s',
    ),
  ],
  ['rate', 503, e('Too many requests. Please slow down', { code: 'ThrottlingException' })],
  ['rate', 429, e('Service tier capacity exceeded for this model.', { code: '3505' })],
  [
    'overload',
    400,
    e('The engine is currently overloaded, please try again later', { type: 'engine_overloaded_error' }),
  ],
  [
    'overload',
    429,
    e('The engine is currently overloaded, please try again later', { type: 'engine_overloaded_error' }),
  ],
  ['overload', 503, e('The model is overloaded. Please try again later.', { status: 'UNAVAILABLE' })],
  ['overload', 500, e('An internal error has occurred. Please retry')],
  ['overload', 404, e('Model is loading, try later')],
  [
    'overload',
    503,
    JSON.stringify({ error: 'Model HuggingFace/x is currently loading', estimated_time: 20 }),
  ],
  ['overload', 530, 'error code: 1033'],
  ['overload', 520, '<!DOCTYPE html><title>520: Web server is returning an unknown error</title>'],
  ['auth', 400, e('API key not valid. Please pass a valid API key.')],
  ['auth', 401, JSON.stringify({ message: 'Unauthorized', request_id: 'x' })],
  ['auth', 400, e('Incorrect API key provided: sk-*** ')],
  ['auth', 403, e("The API key doesn't exist", { code: 'invalid_iam' })],
  ['auth', 400, e('User location is not supported for the API use.', { status: 'FAILED_PRECONDITION' })],
  [
    'auth',
    403,
    e('Country, region, or territory not supported', { code: 'unsupported_country_region_territory' }),
  ],
  ['auth', 401, e('The security token included in the request is expired')],
  [
    'quota',
    400,
    e(
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
    ),
  ],
  ['quota', 402, e('Insufficient Balance')],
  ['quota', 403, e('Your team has either used all available credits or reached its monthly spending limit.')],
  [
    'quota',
    429,
    e('You exceeded your current quota, please check your plan and billing details.', {
      code: 'insufficient_quota',
      type: 'insufficient_quota',
    }),
  ],
  ['quota', 403, e('Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys')],
  ['quota', 400, e('ExceededBudget: User over budget. Spend=0.2 Budget=0.1', { type: 'budget_exceeded' })],
  ['quota', 400, e('Budget has been exceeded! Current cost: 0.2, Max budget: 0.1')],
  [
    'quota',
    429,
    e('Your account is suspended due to insufficient balance, please recharge', {
      type: 'exceeded_current_quota_error',
    }),
  ],
  ['quota', 403, e('账户余额不足，请充值')],
  [
    'quota',
    400,
    e('Access denied, please make sure your account is in good standing.', { code: 'Arrearage' }),
  ],
  [
    'content-filter',
    400,
    e('Output data may contain inappropriate content.', { code: 'data_inspection_failed' }),
  ],
  ['content-filter', 400, e('系统检测到输入或生成内容可能包含不安全或敏感内容', { code: '1301' })],
  [
    'content-filter',
    400,
    e("The response was filtered due to the prompt triggering Azure OpenAI's content management policy."),
  ],
  [
    'content-filter',
    400,
    e('The request was rejected because it was considered high risk', { type: 'content_filter' }),
  ],
  [
    'content-filter',
    400,
    e('Invalid prompt: your prompt was flagged as potentially violating our usage policy', {
      code: 'invalid_prompt',
    }),
  ],
  ['content-filter', 422, e('input new_sensitive (1026)')],
  ['content-filter', 400, e('Output blocked by content filtering policy')],
  ['content-filter', 446, e('The request was blocked by guardrails')],
  ['content-filter', 400, e('Request was blocked by the guardrail: hooks failed')],
  [
    'invalid-request',
    404,
    e('The model `x` does not exist or you do not have access to it.', { code: 'model_not_found' }),
  ],
  ['invalid-request', 400, e('Unrecognized request argument supplied: foo')],
  [
    'invalid-request',
    400,
    e('max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens for x'),
  ],
];

it.each(cases)('%s: %i %s', (failureClass, status, body) => {
  expect(errorOfResponse({ status, headers: new Headers(), body }, model).class).toBe(failureClass);
});
