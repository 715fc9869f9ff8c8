import { recallAdaptation } from './providers/adaptation.js';
import { askedTokens, contextWindow } from './providers/context-window.js';
import { oneLine } from '../core/one-line.js';
import type { Answer, AnswerStore, ChatRequest } from './types.js';
import { answerRoom, type Overflow } from './fit-prompt.js';

/** Why an answer was cut off, and what helps. */
export interface CutAnswer {
  readonly message: string;
  readonly hint: string;
  /** Present when a shorter prompt would leave more room. */
  readonly overflow?: Overflow;
}

/** An answer that has a finish reason such as `length`. */
export function explainCut(
  answer: Answer,
  request: ChatRequest,
  store: Pick<AnswerStore, 'recall'>,
): CutAnswer {
  const { model } = request;
  const { alias } = model;
  const { input = 0, output = 0 } = answer.usage;
  const used = input + output;
  const asked = askedTokens(model);
  const most = Math.min(asked ?? Infinity, recallAdaptation(request, store).maxTokens ?? Infinity);
  const stated = contextWindow(model, store);
  const isFull = stated === undefined ? endsEarly(input, output, most) : used >= stated * 0.98;
  const window = stated ?? used;
  const repeated = repeatedEnd(answer.text);
  if (repeated !== undefined)
    return {
      message: `the answer was cut off: the model repeats "${oneLine(repeated, 60)}" without an end`,
      hint: `raising max_tokens does not help; set maxLength and maxItems in the schema, a penalty such as extra_body: { frequency_penalty: 0.5 } for ${alias}, or use a larger model`,
    };
  if (!isFull)
    return {
      message: 'the answer was cut off at max_tokens',
      hint:
        asked === undefined
          ? `set max_tokens of ${alias}: the server's default is too small for this answer`
          : `raise max_tokens of ${alias} (now ${asked})`,
    };
  const isGuess = stated === undefined;
  const size = `${isGuess ? 'about ' : ''}${window.toLocaleString('en-US')} tokens`;
  const overflow = { window, prompt: input, ...(isGuess && { isGuess }) };
  return {
    message: `the answer was cut off: the prompt (${input} tokens) and the answer (${output}) fill the context window of ${size}`,
    hint: `shorten the prompt, or give ${model.model} a larger context window; raising max_tokens does not help`,
    ...(output < answerRoom(model, window) && { overflow }),
  };
}

/** Without a known window: a long prompt, and an answer that ends well before its limit. */
function endsEarly(input: number, output: number, most: number): boolean {
  return most < Infinity && output < most * 0.9 && input > output && input + output >= leastGuess;
}

/** Tokens. No model in use has a smaller window. */
const leastGuess = 1024;

/** Characters: at the end, this much or four times the repeated part has to be nothing else. */
const leastRepeated = 160;

const longestPeriod = 240;

/** The text that fills the end of an answer over and over; numbers may differ. */
function repeatedEnd(text: string): string | undefined {
  const end = text.slice(-longestPeriod * 4).replace(/\d/g, '0');
  for (let period = 1; period <= longestPeriod; period += 1) {
    const length = Math.max(leastRepeated, period * 4);
    if (length > end.length) return undefined;
    if (isPeriodic(end.slice(-length), period)) return wholeWords(text, period) || 'blanks';
  }
  return undefined;
}

/** One repetition, from the beginning of a word. */
function wholeWords(text: string, period: number): string {
  const twice = text.slice(-2 * period);
  const start = twice.search(/\s\S/) + 1;
  return twice.slice(start, start + period).trim();
}

function isPeriodic(text: string, period: number): boolean {
  return text.slice(period) === text.slice(0, text.length - period);
}
