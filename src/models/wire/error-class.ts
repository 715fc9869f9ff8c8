import type { FailureClass } from '../../core/failure.js';
import type { ErrorBody } from './error-body.js';

/** What an error response is about: by the server's codes first, by status next, by its words last. */
export function classOf(status: number, body: ErrorBody): FailureClass {
  const says = (names: readonly string[]): boolean => body.codes.some((code) => names.includes(code));
  const { words } = body;
  if (says(generationCodes)) return 'schema';
  if (says(quotaCodes) || status === 402 || quotaWords.test(words)) return 'quota';
  if (says(filterCodes) || (status === 403 && moderationWords.test(body.text))) return 'content-filter';
  if (isRefusal(status) && filterWords.test(words)) return 'content-filter';
  // A page of a firewall or a challenge, not of the server that knows the key.
  if (status === 403 && body.isHtml) return 'invalid-request';
  if (says(keyCodes) || status === 401 || status === 403) return 'auth';
  if (status === 400 && keyWords.test(words)) return 'auth';
  if (isTooLarge(status, body) || says(contextCodes) || status === 413) return 'context-window';
  if ((isRefusal(status) || status === 500) && contextWords.test(words)) return 'context-window';
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
  return status === 400 || status === 403 || status === 404 || status === 413 || status === 422;
}

const generationCodes = ['json_validate_failed', 'tool_use_failed', 'output_parse_failed'];
const quotaCodes = [
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'exceeded_current_quota_error',
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
];
const keyCodes = [
  'invalid_api_key',
  'api_key_invalid',
  'authentication_error',
  'unsupported_country_region_territory',
];
const contextCodes = ['context_length_exceeded', 'exceed_context_size_error', 'string_above_max_length'];

const quotaWords = /insufficient (?:credits?|balance|quota|funds)|余额不足/i;
const moderationWords = /\bmoderation\b|\bflagged\b|violates|SAFETY_CHECK/i;
const filterWords =
  /content.?policy|content management policy|content.?filter|usage (?:polic|guidelines)|content exists risk|inappropriate content|prompt was flagged|input was flagged/i;
const keyWords =
  /\b(?:api[ _-]?key|access token|credentials?|auth(?:enticat|oriz|oris)\w*|unauth\w+|virtual key|subscription)\b/i;
const contextWords = new RegExp(
  [
    'context (?:length|window|size)',
    'maximum (?:context|prompt length)',
    'prompt (?:is )?too long',
    'too many tokens',
    'input (?:is too long|token count)',
    'input tokens exceed',
    'range of input length',
    '`inputs`.*(?:must have less than|must be <=)',
    'too large for model with',
    "longer than the model's context",
  ].join('|'),
  'i',
);
