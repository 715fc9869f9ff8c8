import { isObject, type Json, type JsonSchema } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import { adapt, adaptTo, recallAdaptation } from './providers/adaptation.js';
import { thinkingBudget } from './wire/anthropic-body.js';
import { extraBody } from './wire/chat-body.js';
import { createMemoryStore } from './cached-requests.js';
import { readAnswer } from './structured/read-answer.js';
import type { Answer, CallError, ChatRequest, ChatTransport, Model, Technique } from './types.js';

/** What a model that answered was found to be like. */
export interface ProbeResult {
  /** The technique that its endpoint took; `undefined` when no JSON was asked for. */
  readonly technique: Technique | undefined;
  /** Whether the answer was as it was asked for; `undefined` when it was cut off before that could be told. */
  readonly isValid: boolean | undefined;
  /** Parameters of the recipe that it does not take, by name. */
  readonly without: readonly string[];
}

/** Enough to say `{"ok": true}` through a tool. */
const fewTokens = 64;

/** Seconds: a server may have to load the model first. */
const longestWait = 60;

/**
 * Asks a model for next to nothing, once, in the manner of a run: what is refused is left out or asked for
 * differently. No queue, no retry, no store.
 *
 * @param wantsJson whether to ask for JSON of a schema, to find out by which technique it can be had
 */
export async function probe(
  model: Model,
  transport: ChatTransport,
  wantsJson: boolean,
): Promise<Result<ProbeResult, CallError>> {
  const request: ChatRequest = {
    model: withFewTokens(model),
    messages: [{ role: 'user', content: wantsJson ? 'Answer with `ok` set to true.' : 'Answer with: ok' }],
    ...(wantsJson ? { schema: okSchema } : {}),
  };
  for (let manner = recallAdaptation(request, createMemoryStore()); ;) {
    const outcome = await transport.send(
      adapt(request, manner),
      manner.technique,
      new AbortController().signal,
    );
    const other = outcome.ok ? undefined : adaptTo(outcome.error, request, manner);
    if (other) {
      manner = other;
      continue;
    }
    if (!outcome.ok && !ranOutOfTokens(outcome.error)) return err(outcome.error);
    return ok({
      technique: wantsJson ? manner.technique : undefined,
      isValid: outcome.ok ? isAsAsked(outcome.value, wantsJson) : undefined,
      without: manner.without,
    });
  }
}

const okSchema: JsonSchema = {
  type: 'object',
  properties: { ok: { type: 'boolean' } },
  required: ['ok'],
  additionalProperties: false,
};

const checkOk = (value: Json): readonly string[] =>
  isObject(value) && typeof value['ok'] === 'boolean' ? [] : ['must be {"ok": true}'];

function isAsAsked({ text, finishReason }: Answer, wantsJson: boolean): boolean | undefined {
  if (finishReason === 'length') return undefined;
  return !wantsJson || readAnswer(text, { schema: okSchema, check: checkOk }).ok;
}

/** OpenAI's reasoning models say so with a 400. */
function ranOutOfTokens({ message }: CallError): boolean {
  return /max_tokens or model output limit was reached/.test(message);
}

/** The model with a limit of its own, wherever the author has put theirs. */
function withFewTokens(model: Model): Model {
  const { max_completion_tokens, max_tokens: _, ...extra } = extraBody(model);
  const most = fewTokens + thinkingBudget(extra);
  const { max_tokens: _author, timeout = longestWait, ...parameters } = model.parameters;
  const limit = { timeout: Math.min(timeout, longestWait) };
  return {
    ...model,
    endpoint: { ...model.endpoint, extraBody: {} },
    parameters:
      max_completion_tokens === undefined
        ? { ...parameters, ...limit, max_tokens: most, extra_body: extra }
        : { ...parameters, ...limit, extra_body: { ...extra, max_completion_tokens: most } },
  };
}
