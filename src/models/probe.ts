import { isObject, type Json, type JsonSchema } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import { adapt, adaptTo, recallAdaptation } from './providers/adaptation.js';
import { thinkingBudget } from './wire/anthropic-body.js';
import { extraBody } from './wire/chat-body.js';
import { finishOf } from './finish-reason.js';
import { createMemoryStore } from './cached-requests.js';
import { readAnswer } from './structured/read-answer.js';
import type { Answer, CallError, ChatRequest, ChatTransport, Model, Task, Technique } from './types.js';

/** The capabilities of a model that answered. */
export interface ProbeResult {
  /** The technique that its endpoint accepted; `undefined` when no JSON was asked for. */
  readonly technique: Technique | undefined;
  /** True when the answer was valid; `undefined` when it was cut off too early to know. */
  readonly isValid: boolean | undefined;
  /** Parameters of the recipe that it rejects, by name. */
  readonly without: readonly string[];
}

/** Enough for `{"ok": true}` as a tool call. */
const fewTokens = 64;

/** Seconds: a server may have to load the model first. */
const longestWait = 60;

/**
 * Sends one small request to a model, adapted as in a run: rejected parameters are left out, rejected techniques
 * replaced. No queue, no retry, no store.
 *
 * @param wantsJson true to ask for JSON of a schema, and so to find the technique that works
 */
export async function probe(
  model: Model,
  transport: ChatTransport,
  wantsJson: boolean,
  task?: Task,
): Promise<Result<ProbeResult, CallError>> {
  const request: ChatRequest = {
    model: withFewTokens(model),
    messages: [{ role: 'user', content: wantsJson ? 'Answer with `ok` set to true.' : 'Answer with: ok' }],
    ...(wantsJson ? { schema: okSchema } : {}),
    ...(task ? { task } : {}),
  };
  for (let adaptation = recallAdaptation(request, createMemoryStore()); ;) {
    const outcome = await transport.send(
      adapt(request, adaptation),
      adaptation.technique,
      new AbortController().signal,
    );
    const next = outcome.ok ? undefined : adaptTo(outcome.error, request, adaptation);
    if (next) {
      adaptation = next;
      continue;
    }
    if (!outcome.ok && !ranOutOfTokens(outcome.error)) return err(outcome.error);
    return ok({
      technique: wantsJson ? adaptation.technique : undefined,
      isValid: outcome.ok ? isValidAnswer(outcome.value, wantsJson) : undefined,
      without: adaptation.without,
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

function isValidAnswer({ text, finishReason }: Answer, wantsJson: boolean): boolean | undefined {
  if (finishOf(finishReason) === 'length') return undefined;
  return !wantsJson || readAnswer(text, { schema: okSchema, check: checkOk }).ok;
}

/** OpenAI's reasoning models answer 400 in this case. */
function ranOutOfTokens({ message }: CallError): boolean {
  return /max_tokens or model output limit was reached/.test(message);
}

/** The model with a small token limit in place of the author's, wherever that is set. */
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
