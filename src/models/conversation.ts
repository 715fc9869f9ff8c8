import type { RunConfig } from '../core/config.js';
import { DEFAULTS } from '../core/defaults.js';
import type { Attempt, Failure, FailureClass } from '../core/failure.js';
import type { Json } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import { explainCut, type CutAnswer } from './cut-answer.js';
import { fitAfter, fitRequest, rememberFit, type FittedRequest, type Overflow } from './fit-prompt.js';
import type { CachedRequests, CacheLookup, RequestOrigin } from './cached-requests.js';
import type { CellTimer } from './cell-timeout.js';
import type { RequestFailed } from './send-request.js';
import { correctionRequest, schemaInstructions } from './structured/prompt.js';
import { finishOf } from './finish-reason.js';
import { oneLine } from '../core/one-line.js';
import { readAnswer, type ReadValue } from './structured/read-answer.js';
import { splitThinking } from './structured/thinking.js';
import { readTaskAnswer } from './task-answer.js';
import type { ToolCalls } from './tool-calls.js';
import type {
  Answer,
  AnswerStore,
  CachePolicy,
  CallError,
  ChatRequest,
  Model,
  ModelRequest,
  Reply,
  SpokenMessage,
  ToolCall,
} from './types.js';
import type { UsageLog } from './usage/usage.js';

/** An answer cut off at max_tokens is long and expensive, and the next one is usually cut off too. */
const restartsAfterCutOff = 1;

export interface ConversationContext {
  readonly model: Model;
  readonly store: AnswerStore;
  readonly cachedRequests: CachedRequests;
  readonly usage: UsageLog;
  readonly runConfig: RunConfig;
  /** For requests without a policy of their own. */
  readonly cachePolicy: CachePolicy;
  readonly timer: CellTimer;
  readonly toolCalls: ToolCalls;
  /** Once aborted, calls of tools in flight are given up. */
  readonly abort: AbortSignal;
}

/**
 * The conversation with one model about one cell, with a shorter prompt where the whole one does not fit into the
 * context window.
 */
export async function converse(
  request: ModelRequest,
  context: ConversationContext,
): Promise<Result<Reply, Failure>> {
  const { model, store, usage } = context;
  const isLookup = (request.cachePolicy ?? context.cachePolicy) === 'cache-only';
  const progress: Progress = { attempts: [], hint: undefined, overflow: undefined, tools: undefined };
  for (let fitted = fitCached(request, context); ;) {
    if (!isLookup) await rememberFit(request, fitted, model, store);
    const outcome = await converseFitted(fitted.request, context, progress);
    if (outcome.ok && fitted.scale < 1) usage.noted(model.alias, shortenedNote);
    const { overflow } = progress;
    if (outcome.ok || isLookup || !overflow) return outcome;
    const shorter = await fitAfter(overflow, request, fitted, model, store);
    if (!shorter) return outcome;
    progress.attempts.splice(0, Infinity, ...outcome.error.attempts);
    progress.tools = undefined;
    fitted = shorter;
  }
}

const shortenedNote = 'prompt shortened to fit into the context window';

/** What has been seen so far. Mutable, since it lasts over restarts. */
interface Progress {
  readonly attempts: Attempt[];
  /** What helps against the last invalid answer. */
  hint: string | undefined;
  /** Present when a shorter prompt may help. */
  overflow: Overflow | undefined;
  /** The conversation up to the last results of tools: a restart begins there, and calls none of them again. */
  tools: { readonly messages: readonly SpokenMessage[]; readonly turns: number } | undefined;
}

/**
 * The conversation with a prompt that may fit. An answer that is not valid is shown to the model with its
 * errors, for a correction; when the corrections are used up, the conversation restarts from the first request.
 * Each answer comes from the cache or the server, so a conversation with stored answers takes the same course.
 */
async function converseFitted(
  request: ModelRequest,
  context: ConversationContext,
  progress: Progress,
): Promise<Result<Reply, Failure>> {
  const { model, cachedRequests, runConfig } = context;
  const { attempts } = progress;
  const cachePolicy = request.cachePolicy ?? context.cachePolicy;
  const maxRestarts = runConfig.max_conversation_restarts ?? DEFAULTS.max_conversation_restarts;
  let sent = 0;
  for (let restart = 0; ; restart += 1) {
    const origin = originOf(request, restart, cachePolicy);
    const begun = progress.tools ? { ...request, messages: progress.tools.messages } : request;
    const lookup = cachedRequests.lookUp(firstRequest(begun, model), origin);
    const isStored = lookup.answer !== undefined;
    const maySend = restart <= maxRestarts || (cachePolicy === 'refresh' && sent <= maxRestarts);
    // Stored restarts beyond the limit come from an earlier `refresh`: they are read as well.
    if (!isStored && !maySend) break;
    if (!isStored) sent += 1;
    const outcome = await converseOnce(begun, origin, lookup, context, progress);
    if (outcome) return outcome;
    if (progress.overflow && request.shrink) break;
    const last = attempts.at(-1)?.class;
    if (cachePolicy === 'refresh' && isStored) continue;
    if (last === 'content-filter') break;
    if (last === 'length' && restart >= restartsAfterCutOff) break;
  }
  return err(noUsableAnswer(progress, request, model));
}

/** True when the store has an answer to the request's first message. */
export function hasAnswer(request: ModelRequest, context: CacheContext): boolean {
  return isStored(fitCached(request, context).request, context);
}

type CacheContext = Pick<ConversationContext, 'model' | 'store' | 'cachedRequests'>;

function fitCached(request: ModelRequest, context: CacheContext): FittedRequest {
  return fitRequest(request, context.model, context.store, (whole) => isStored(whole, context));
}

function isStored(request: ModelRequest, { model, cachedRequests }: CacheContext): boolean {
  const origin = originOf(request, 0, 'cache-only');
  return cachedRequests.lookUp(firstRequest(request, model), origin).answer !== undefined;
}

/** One conversation with its corrections; `undefined` when it ended without a valid answer. */
async function converseOnce(
  request: ModelRequest,
  origin: RequestOrigin,
  firstLookup: CacheLookup,
  context: ConversationContext,
  progress: Progress,
): Promise<Result<Reply, Failure> | undefined> {
  const { model, store, cachedRequests, usage, runConfig, timer } = context;
  const { output, form } = request;
  const instructions = output ? schemaInstructions(output.schema) : form?.instructions;
  const corrections = instructions
    ? (runConfig.max_conversation_correction_steps ?? DEFAULTS.max_conversation_correction_steps)
    : 0;
  let messages: readonly SpokenMessage[] = request.messages;
  let isFirst = true;
  for (let step = 0; step <= corrections;) {
    const chatRequest = { ...firstRequest(request, model), messages };
    const lookup = isFirst ? firstLookup : cachedRequests.lookUp(chatRequest, origin);
    // Asked before, and too long.
    if (!isFirst && store.recall(tooLongName(lookup))) return undefined;
    progress.overflow = undefined;
    const sent = step === 0 ? origin : { ...origin, isCorrection: true };
    const answered = await cachedRequests.send(chatRequest, sent, lookup, timer);
    if (!answered.ok) {
      const failure = noAnswer(answered.error, progress.attempts);
      if (failure.class !== 'context-window') return err(failure);
      if (isFirst) {
        progress.overflow = answered.error.last.windowUse ?? { window: undefined, prompt: undefined };
        return err(failure);
      }
      // The first question was short enough: a restart may do without a correction.
      await store.remember(tooLongName(lookup), 'yes');
      return undefined;
    }

    isFirst = false;
    const answer = wellFormedAnswer(answered.value);
    if (answer.toolCalls && isWhole(answer)) {
      const turns = (progress.tools?.turns ?? 0) + 1;
      if (turns > (request.tools?.maxTurns ?? 0) + mostRefusals) {
        progress.attempts.push({ class: 'schema', message: onlyCalls, answer: answer.text });
        return undefined;
      }
      const results = await runTools(answer.toolCalls, turns, { request, lookup, origin, context });
      if (!results.ok)
        return err(noAnswer({ last: timer.expired ?? results.error, earlier: [] }, progress.attempts));
      messages = [...messages, callingMessage(answer), ...results.value];
      progress.tools = { messages, turns };
      continue;
    }
    const response = validateResponse(answer, request, () => explainCut(answer, chatRequest, store));
    if (response.ok) {
      if (response.value.repaired) usage.repaired(model.alias);
      if (response.value.note !== undefined) usage.noted(model.alias, response.value.note);
      usage.answered(model.alias);
      return ok(reply(answer, response.value.value, messages, request));
    }
    const invalid = response.error;
    progress.attempts.push(invalid.attempt);
    progress.hint = invalid.cut?.hint;
    progress.overflow = invalid.cut?.overflow;
    if (instructions === undefined || invalid.corrections.length === 0) return undefined;
    messages = [
      ...messages,
      spoken(answer),
      { role: 'user', content: correctionRequest(invalid.corrections, instructions) },
    ];
    step += 1;
  }
  return undefined;
}

/** Turns that are refused; a model that then calls a tool again does not answer at all. */
const mostRefusals = 2;

const onlyCalls = 'the model went on to call tools, and gave no answer';

const isWhole = ({ finishReason }: Answer): boolean => ['whole', 'unknown'].includes(finishOf(finishReason));

/** Calls the tools that an answer asks for. They count as the cell's time. */
function runTools(
  calls: readonly ToolCall[],
  turn: number,
  {
    request: { tools: kit },
    lookup,
    origin,
    context: { timer, toolCalls, abort, usage, model },
  }: {
    readonly request: ModelRequest;
    readonly lookup: CacheLookup;
    readonly origin: RequestOrigin;
    readonly context: ConversationContext;
  },
): Promise<Result<readonly SpokenMessage[], CallError>> {
  if (!kit) throw new Error('a model called tools that it was not offered');
  return timer.run(abort, (signal) =>
    toolCalls({
      kit,
      calls,
      requestKey: lookup.key,
      isRefused: turn > kit.maxTurns,
      cacheOnly: origin.cacheOnly,
      signal,
      onCall: (tool, isStored) => usage.toolCalled(model.alias, tool, isStored),
    }),
  );
}

function callingMessage(answer: Answer): SpokenMessage {
  const { toolCalls = [], thoughts = [] } = answer;
  return { ...spoken(answer), toolCalls, ...(thoughts.length > 0 && { thoughts }) };
}

/** The store keeps an answer as it came; what is made of it holds no half characters. */
function wellFormedAnswer(answer: Answer): Answer {
  const { text, reasoning } = answer;
  if (text.isWellFormed() && (reasoning?.isWellFormed() ?? true)) return answer;
  return {
    ...answer,
    text: text.toWellFormed(),
    ...(reasoning === undefined ? {} : { reasoning: reasoning.toWellFormed() }),
  };
}

/** The first request of a conversation. */
export function firstRequest(
  { messages, task, output, form, tools }: ModelRequest,
  model: Model,
): ChatRequest {
  return {
    model,
    messages,
    ...(task ? { task } : {}),
    ...(output ? { schema: output.schema } : {}),
    ...(form ? { example: form.example } : {}),
    ...(tools ? { tools: tools.definitions } : {}),
  };
}

function originOf(
  { column, rowId, priority }: ModelRequest,
  restart: number,
  cachePolicy: CachePolicy,
): RequestOrigin {
  return { column, rowId, priority, restart, cacheOnly: cachePolicy === 'cache-only' };
}

function reply(
  answer: Answer,
  value: Json,
  messages: readonly SpokenMessage[],
  { task, tools }: ModelRequest,
): Reply {
  const last = task ? { role: 'assistant' as const, content: '' } : spoken(answer);
  return {
    value,
    text: answer.text,
    ...(last.reasoning === undefined ? {} : { reasoning: last.reasoning }),
    conversation: [...messages, last],
    ...(tools && { tools: tools.definitions }),
  };
}

/** An answer as a message, its thinking apart. */
function spoken({ text, reasoning }: Answer): SpokenMessage {
  // A server may separate one part of the thinking and leave another in the text.
  const split = splitThinking(text);
  const thoughts = [reasoning, split.thinking].filter((part) => part !== undefined);
  return {
    role: 'assistant',
    content: split.answer || text,
    ...(thoughts.length === 0 ? {} : { reasoning: [...new Set(thoughts)].join('\n\n') }),
  };
}

function noAnswer({ last, earlier }: RequestFailed, attempts: readonly Attempt[]): Failure {
  const tries = [...earlier, last].map(({ class: failureClass, message, answer }): Attempt => ({
    class: failureClass,
    message,
    ...(answer === undefined ? {} : { answer }),
  }));
  return {
    class: last.class,
    message: last.message.toWellFormed(),
    ...(last.hint === undefined ? {} : { hint: last.hint }),
    ...(last.isLongLimit ? { isLongLimit: true } : {}),
    attempts: [...attempts, ...tries],
  };
}

function noUsableAnswer(
  { attempts, hint: hintOfLast }: Progress,
  { output }: ModelRequest,
  model: Model,
): Failure {
  const last = attempts.at(-1);
  const failureClass = last?.class ?? 'schema';
  const hint = failureClass !== 'schema' ? hintOfLast : output ? schemaHint : textHint;
  const count = attempts.length === 1 ? '1 answer' : `${attempts.length} answers`;
  return {
    class: failureClass,
    message: `no usable answer from ${model.alias} (${count}); the last error: ${last?.message ?? 'none'}`,
    ...(hint === undefined ? {} : { hint }),
    attempts: [...attempts],
  };
}

const schemaHint = 'simplify the schema or clarify the prompt; --retry-failed asks again';
const textHint = 'clarify the prompt; --retry-failed asks again';

/** Names a correction that the server refused as too long. */
const tooLongName = ({ key }: CacheLookup): string => `too-long ${key}`;

/** The answer may be cut, in words that nothing here knows. */
const unknownReason = (reason: string): string => `unknown finish reason ${oneLine(reason, 40)}`;

interface InvalidResponse {
  readonly attempt: Attempt;
  /** The errors to show to the model; empty where a correction would not help. */
  readonly corrections: readonly string[];
  readonly cut?: CutAnswer | undefined;
}

/** The value of an answer, checked against the output's schema or read from its form; else the text itself. */
function validateResponse(
  answer: Answer,
  { task, output, form }: Pick<ModelRequest, 'task' | 'output' | 'form'>,
  explain: () => CutAnswer,
): Result<ReadValue, InvalidResponse> {
  const finish = finishOf(answer.finishReason);
  if (finish === 'length') return cutOff(explain());
  if (finish === 'content-filter') return invalid('content-filter', 'the answer was withheld');
  if (finish === 'failed')
    return invalid('overload', `the server ended the answer early (${answer.finishReason})`);
  if (task) {
    const made = readTaskAnswer(answer.text, task);
    return made.ok ? ok({ value: made.value, repaired: false }) : invalid('schema', made.error);
  }
  const doubt = finish === 'unknown' ? { note: unknownReason(answer.finishReason) } : {};
  const text = splitThinking(answer.text).answer;
  // Thinking that was never closed may contain the JSON, but a text answer cannot be distinguished from it.
  const isEmpty = (output ? answer.text : text).trim() === '';
  if (isEmpty) return invalid('schema', 'the answer is empty');
  if (!output) {
    const read = form ? form.read(text) : ok(text);
    return read.ok
      ? ok({ value: read.value, repaired: false, ...doubt })
      : invalid('schema', read.error.join('; '), read.error);
  }
  const read = readAnswer(answer.text, output);
  return read.ok ? ok({ ...doubt, ...read.value }) : invalid('schema', read.error.join('; '), read.error);

  function cutOff(cut: CutAnswer): Result<never, InvalidResponse> {
    const attempt = { class: 'length', message: cut.message, answer: answer.text } as const;
    return err({ attempt, corrections: [], cut });
  }

  function invalid(
    failureClass: FailureClass,
    message: string,
    corrections: readonly string[] = [],
  ): Result<never, InvalidResponse> {
    return err({ attempt: { class: failureClass, message, answer: answer.text }, corrections });
  }
}
