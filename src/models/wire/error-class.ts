import type { FailureClass } from '../../core/failure.js';
import type { ErrorBody } from './error-body.js';

/**
 * The class of an error response. The rules go from the certain to the general: the server's codes, then its words,
 * then the status. The first that fits decides.
 */
export function classOf(status: number, body: ErrorBody): FailureClass {
  const says = (codes: readonly string[], words?: RegExp): boolean =>
    body.codes.some((code) => codes.includes(code)) || (words?.test(body.words) ?? false);
  if (says(generationCodes)) return 'schema';
  if (says(quotaCodes, quotaWords) || status === 402) return 'quota';
  if (says(filterCodes) || (status === 403 && moderationWords.test(body.text))) return 'content-filter';
  const isRefused = isRefusal(status);
  if (isRefused && filterWords.test(body.words)) return 'content-filter';
  // A page of a firewall or a challenge, not of the server that knows the key.
  if (status === 403 && body.isHtml) return 'invalid-request';
  if (isTooLarge(status, body)) return 'context-window';
  if ((isRefused || status === 503) && says(rateCodes, rateWords)) return 'rate';
  if ((isRefused || status === 429) && says(overloadCodes, overloadWords)) return 'overload';
  if (says(keyCodes) || status === 401 || status === 403) return 'auth';
  if (status === 400 && keyWords.test(body.words)) return 'auth';
  if (says(contextCodes) || status === 413) return 'context-window';
  if ((isRefused || status === 500) && contextWords.test(body.words)) return 'context-window';
  if (status === 429) return 'rate';
  if (status === 408) return 'timeout';
  // 409 and 425 say "not now", and OpenAI's own SDK tries a 409 again; 498 and 499 are those of Groq and proxies.
  if (status >= 500 || [409, 425, 498, 499].includes(status)) return 'overload';
  return 'invalid-request';
}

/** The request alone is larger than what the account may use in a minute: it would be refused every time. */
export function isTooLarge(status: number, { words }: ErrorBody): boolean {
  return (status === 413 || status === 429) && /request too large/i.test(words);
}

/** True for a 403 that does not say that the key is to blame. */
export function isUnclear(status: number, { codes, words }: ErrorBody): boolean {
  return status === 403 && !codes.some((code) => keyCodes.includes(code)) && !keyWords.test(words);
}

/** True at a limit that counts by the day. Without a time, there is nothing to wait for. */
export function isDailyLimit({ codes, words }: ErrorBody, waitMs: number | undefined): boolean {
  // Google names a delay of seconds beside a limit of the day.
  if (codes.some((code) => code.includes('perday'))) return true;
  return waitMs === undefined && /per[- ]day\b|\bdaily\b|\((?:RPD|TPD)\)/i.test(words);
}

function isRefusal(status: number): boolean {
  return [400, 403, 404, 413, 422, 446].includes(status);
}

const generationCodes = ['json_validate_failed', 'tool_use_failed', 'output_parse_failed'];
const quotaCodes = [
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'exceeded_current_quota_error',
  'budget_exceeded',
  'arrearage',
  '1113',
];
const filterCodes = [
  'content_filter',
  'content_policy_violation',
  'responsibleaipolicyviolation',
  'data_inspection_failed',
  'datainspectionfailed',
  'invalid_prompt',
  '1301',
];
const rateCodes = ['throttlingexception', 'throttling', 'too_many_requests', 'rate_limit_error'];
const overloadCodes = ['engine_overloaded_error', 'overloaded_error', 'server_overloaded', 'model_loading'];
const keyCodes = [
  'invalid_api_key',
  'api_key_invalid',
  'authentication_error',
  'unsupported_country_region_territory',
];
const contextCodes = [
  'context_length_exceeded',
  'exceed_context_size_error',
  'model_max_prompt_tokens_exceeded',
  'string_above_max_length',
  'tokens_limit_reached',
  '1261',
];

/** DeepSeek, Anthropic, xAI, OpenRouter, litellm, Moonshot and Zhipu. Google says "quota" for a limit of a minute. */
const quotaWords = anyOf(
  /insufficient (?:credits?|balance|quota|funds)/,
  /credit balance is too low|used all available credits|out of credits/,
  /spending limit|key limit exceeded|over budget|budget has been exceeded/,
  /余额不足|欠费/,
);
const moderationWords = /\bmoderation\b|\bflagged\b|violates|SAFETY_CHECK/i;
const filterWords = anyOf(
  /content.?policy|content management policy|content.?filter|usage (?:polic|guidelines)/,
  /content exists risk|inappropriate content|prompt was flagged|input was flagged/,
  /blocked by (?:the |a )?guardrails?|new_sensitive|不安全或敏感/,
);
const rateWords = anyOf(
  /throttlingexception|too many requests|请求频率/,
  /too many tokens, please wait|rate.?limit (?:reached|exceeded)/,
);
const overloadWords = /\boverloaded\b|model(?: \S+)? is (?:currently |still )?loading/i;
const keyWords = anyOf(
  /\b(?:api[ _-]?key|access token|credentials?|virtual key|subscription)\b/,
  /\b(?:auth(?:enticat|oriz|oris)\w*|unauth\w+)\b/,
  /user location is not supported/,
);
/** Of the vendors in `docs/models.md`, of gateways and of local servers; the last two are vLLM's and TGI's arithmetic. */
const contextWords = anyOf(
  /context (?:length|window|size|limit)|\bn_ctx\b/,
  /maximum (?:context|prompt length|model length|input length|allowed input length|supported sequence length)/,
  /(?:prompt|input) (?:is )?too long|prompt 超长|输入长度超/,
  /too many tokens|token limit|tokens limit|longer than the model's context/,
  /(?:input|prompt) token(?:s| count).*exceed|range of input length|too large for model with/,
  /reduce the length of the messages/,
  /`inputs`.*(?:must have less than|must be <=)/,
  /max_(?:completion_|new_)?tokens\W{0,3}must be (?:at least 1, got -|strictly positive)/,
);

function anyOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join('|'), 'i');
}
