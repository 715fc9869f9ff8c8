import { estimateTokens } from '../core/estimate-tokens.js';
import { recallTechnique, rememberOnce } from './providers/adaptation.js';
import {
  askedTokens,
  contextWindow,
  estimateMargin,
  rememberWindow,
  windowedName,
} from './providers/context-window.js';
import { requestKey } from './request-key.js';
import { schemaInstructions } from './structured/prompt.js';
import type { AnswerStore, Model, ModelRequest } from './types.js';
import { estimatePrompt, promptLength } from './usage/estimate.js';
import type { WindowUse } from './wire/token-room.js';

/**
 * Prompts that are too long for the context window of their model. The window is the recipe's `context_window`, or
 * what the server said when it refused a prompt. A prompt that would leave too little of it for the answer is
 * rendered with smaller bounds of its `fit` filters, all multiplied by one scale. The scale follows from the window
 * and the estimated tokens; if the server refuses the shorter prompt as well, from the tokens that it counted. Scales
 * are remembered by request, so a later run sends the same requests and finds their stored answers.
 */
export interface FittedRequest {
  /** The request with the messages that are sent. */
  readonly request: ModelRequest;
  /** What the bounds of `fit` were multiplied by: 1 or less, and at least 0.05. */
  readonly scale: number;
  readonly window: number | undefined;
}

/** How a request filled the window. */
export interface Overflow extends WindowUse {
  /** True when the server has not stated the window: it is what prompt and answer took when the answer was cut. */
  readonly isGuess?: boolean;
}

type Facts = Pick<AnswerStore, 'recall'>;

/** The part of the window that is kept for an answer, unless `max_tokens` is less. */
const answerShare = 1 / 3;

/** Room for an answer of a model without `max_tokens`. */
const usualAnswer = 1024;

/** Scales are multiples of a twentieth. */
const steps = 20;

/** A smaller window is a misreading of the refusal. */
const leastWindow = 512;

/** @param isStored whether a request has a stored answer: it is not shortened then */
export function fitRequest(
  request: ModelRequest,
  model: Model,
  store: Facts,
  isStored: (request: ModelRequest) => boolean,
): FittedRequest {
  const window = contextWindow(model, store);
  const whole = { request, scale: 1, window };
  if (!request.shrink || (window === undefined && store.recall(shortenedName(model)) === undefined))
    return whole;
  const remembered = store.recall(scaleName(request, model));
  if (remembered !== undefined) return atScale(request, Number(remembered), window) ?? whole;
  if (window === undefined || isStored(request)) return whole;
  const scale = largestScale(request, model, { highest: steps, window, factor: estimateMargin }, store);
  return atScale(request, scale / steps, window) ?? whole;
}

/** Stores the scale of a shortened request, for later runs. */
export async function rememberFit(
  asked: ModelRequest,
  { scale, window }: FittedRequest,
  model: Model,
  store: AnswerStore,
): Promise<void> {
  if (scale === 1) return;
  await rememberOnce(scaleName(asked, model), String(scale), store);
  if (window === undefined) await rememberOnce(shortenedName(model), 'yes', store);
}

/**
 * A shorter request after its prompt was too long, or left too little room for the answer; `undefined` when that
 * would not help. Stores what the server said about its window.
 *
 * @param asked the request with its whole prompt
 */
export async function fitAfter(
  overflow: Overflow,
  asked: ModelRequest,
  fitted: FittedRequest,
  model: Model,
  store: AnswerStore,
): Promise<FittedRequest | undefined> {
  const seen = (overflow.window ?? 0) >= leastWindow ? overflow.window : undefined;
  if (seen !== undefined && !overflow.isGuess) await rememberWindow(seen, model, store);
  const window = contextWindow(model, store);
  const last = Math.round(fitted.scale * steps);
  if (!asked.shrink || last <= 1) return undefined;
  const estimated = estimatePrompt(fitted.request.messages) + schemaTokens(asked, model, store);
  const factor = Math.max(estimateMargin, (overflow.prompt ?? 0) / estimated);
  const size = seen ?? window;
  const next =
    size === undefined
      ? Math.floor(last / 2)
      : largestScale(asked, model, { highest: last - 1, window: size, factor }, store);
  const shorter = atScale(asked, next / steps, window);
  return shorter && promptLength(shorter.request.messages) < promptLength(fitted.request.messages)
    ? shorter
    : undefined;
}

/** The tokens that are kept for the answer. */
export function answerRoom(model: Model, window: number): number {
  return Math.min(askedTokens(model) ?? usualAnswer, Math.floor(window * answerShare));
}

interface Measure {
  /** In steps. */
  readonly highest: number;
  readonly window: number;
  /** Tokens by the server's count for each estimated one. */
  readonly factor: number;
}

/** The largest scale, in steps, with which the answer has its room; 1 if there is none. */
function largestScale(
  request: ModelRequest,
  model: Model,
  { highest, window, factor }: Measure,
  store: Facts,
): number {
  const most = (window - answerRoom(model, window)) / factor - schemaTokens(request, model, store);
  const fits = (scale: number): boolean => {
    const messages = scale === steps ? request.messages : request.shrink?.(scale / steps);
    return messages !== undefined && estimatePrompt(messages) <= most;
  };
  if (fits(highest)) return highest;
  let low = 1;
  for (let high = highest - 1; low < high;) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function atScale(
  request: ModelRequest,
  scale: number,
  window: number | undefined,
): FittedRequest | undefined {
  if (scale >= 1) return { request, scale: 1, window };
  const messages = request.shrink?.(scale);
  return messages && { request: { ...request, messages }, scale, window };
}

/** Tokens of the schema where it is part of the prompt. */
function schemaTokens({ output, messages }: ModelRequest, model: Model, store: Facts): number {
  if (!output) return 0;
  const technique = recallTechnique({ model, messages, schema: output.schema }, store);
  const isInPrompt = technique === 'prompt' || technique === 'json_object';
  return isInPrompt ? estimateTokens(schemaInstructions(output.schema)) : 0;
}

/** Set when prompts of a model were shortened though its window is unknown. */
const shortenedName = (model: Model): string => `shortened-prompts ${windowedName(model)}`;

function scaleName({ messages, output, rowId }: ModelRequest, model: Model): string {
  const request = { model, messages, ...(output && { schema: output.schema }) };
  return `fit ${requestKey(request, rowId, 0)} ${model.contextWindow ?? ''}`.trimEnd();
}
