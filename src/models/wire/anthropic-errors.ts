import { errorOfResponse, notAnAnswer } from './call-errors.js';
import { shownUrl } from '../providers/endpoint-url.js';
import type { CallError, Model } from '../types.js';
import type { WireResponse } from './http-fetch.js';
import type { FailureClass } from '../../core/failure.js';

/**
 * What an error response of Anthropic means. Most is said by its status and `error.type`; what comes as a plain
 * 400 `invalid_request_error` is classified by its words.
 *
 * @see https://platform.claude.com/docs/en/api/errors
 */
export function errorOfAnthropic(response: WireResponse, model: Model): CallError {
  const error = errorOfResponse(response, model);
  if (error.class !== 'invalid-request') return error;
  const meant = meanings.find(({ words }) => words.test(error.message));
  if (meant) {
    const { class: failureClass, hint } = meant;
    return { ...error, class: failureClass, ...(hint ? { hint: hint(model) } : {}) };
  }
  const refused = refusedParameter.exec(error.message);
  return refused ? { ...error, refusesParameter: refused[1] ?? refused[2] ?? '' } : error;
}

/** A 200 that holds no message. */
export function noMessage(model: Model, what: string, body: string): CallError {
  const hint = `check that ${shownUrl(model.endpoint.url)} is the base URL of Anthropic's API, without /v1`;
  return { ...notAnAnswer(model, what, body), hint };
}

interface Meaning {
  readonly words: RegExp;
  readonly class: FailureClass;
  readonly hint?: (model: Model) => string;
}

const meanings: readonly Meaning[] = [
  {
    words: /credit balance is too low|reached your specified .*usage limit/i,
    class: 'quota',
    hint: ({ endpoint }) =>
      `add credit to your account at ${endpoint.provider}, or raise its limit, then run the same command again`,
  },
  {
    words: /exceed context limit/i,
    class: 'context-window',
    hint: ({ alias }) => `shorten the prompt, or lower max_tokens of ${alias}`,
  },
  { words: /blocked by content filtering/i, class: 'content-filter' },
  {
    words: /max_tokens: \d+ > \d+/,
    class: 'invalid-request',
    hint: ({ alias }) => `lower max_tokens of ${alias} to what the model can answer with`,
  },
];

/** Newer models, and every model while it thinks, take no `temperature` of one's own, or only one of the two. */
const refusedParameter =
  /`temperature` and `(top_p)` cannot both|`(temperature|top_p)` (?:is deprecated|is not supported|.* when thinking is enabled)/i;
