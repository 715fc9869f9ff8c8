import { DEFAULTS } from '../core/defaults.js';
import type { Json } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import type { Answers, Asker, Found } from './cached-requests.js';
import type { GivenUp } from './send-request.js';
import type { CellTime } from './cell-timeout.js';
import { correctionRequest } from './structured/prompt.js';
import { splitThinking } from './structured/thinking.js';
import type {
  Answer,
  ChatMessage,
  ChatRequest,
  Effort,
  Model,
  Question,
  Reply,
  StructuredOutput,
} from './types.js';
import type { UsageLog } from './usage/usage.js';
import { readAnswer, type ReadValue } from './structured/read-answer.js';
import type { Attempt, Failure, FailureClass } from '../core/failure.js';
import type { RunConfig } from '../core/config.js';

/** An answer cut at max_tokens is long and dear, and the next one is mostly cut as well: one more try. */
const restartsAfterCut = 1;

/** What a conversation needs beside the question. */
export interface ConversationContext {
  readonly model: Model;
  readonly answers: Answers;
  readonly usage: UsageLog;
  readonly runConfig: RunConfig;
  /** For questions that do not say. */
  readonly effort: Effort;
  readonly time: CellTime;
}

/**
 * The talk about one cell: asks; shows the model what is wrong with its answer and asks again; then asks
 * afresh. Goes the same way again when its answers come from the store.
 */
export async function converse(
  question: Question,
  context: ConversationContext,
): Promise<Result<Reply, Failure>> {
  const { model, answers, runConfig } = context;
  const effort = question.effort ?? context.effort;
  const restarts = runConfig.max_conversation_restarts ?? DEFAULTS.max_conversation_restarts;
  const attempts: Attempt[] = [];
  let fresh = 0;
  for (let restart = 0; ; restart += 1) {
    const asker = askerOf(question, restart, effort);
    const found = answers.find(firstRequest(question, model), asker);
    const isStored = found.answer !== undefined;
    const isDue = restart <= restarts || (effort === 'afresh' && fresh <= restarts);
    // Beyond the usual number there may be one that an earlier retry has asked for.
    if (!isStored && !isDue) break;
    if (!isStored) fresh += 1;
    const outcome = await talk(question, asker, found, context, attempts);
    if (outcome) return outcome;
    const last = attempts.at(-1)?.class;
    if (effort === 'afresh' && isStored) continue;
    if (last === 'content-filter') break;
    if (last === 'length' && restart >= restartsAfterCut) break;
  }
  return err(noUsableAnswer(attempts, model));
}

/** Whether the store knows something that the model answered to the question. */
export function hasAnswer(question: Question, model: Model, answers: Answers): boolean {
  const { answer } = answers.find(firstRequest(question, model), askerOf(question, 0, 'stored'));
  return answer !== undefined;
}

/** One conversation from its start; `undefined` when it led nowhere. */
async function talk(
  question: Question,
  asker: Asker,
  first: Found,
  { model, answers, usage, runConfig, time }: ConversationContext,
  attempts: Attempt[],
): Promise<Result<Reply, Failure> | undefined> {
  const { output } = question;
  const corrections = output
    ? (runConfig.max_conversation_correction_steps ?? DEFAULTS.max_conversation_correction_steps)
    : 0;
  let messages = question.messages;
  for (let step = 0; step <= corrections; step += 1) {
    const request = { ...firstRequest(question, model), messages };
    const found = step === 0 ? first : answers.find(request, asker);
    const answered = await answers.ask(request, asker, found, time);
    if (!answered.ok) return err(noAnswer(answered.error, attempts));

    const answer = answered.value;
    const verdict = judgeAnswer(answer, output);
    if (verdict.ok) {
      if (verdict.value.repaired) usage.repaired(model.alias);
      usage.answered(model.alias);
      return ok(reply(answer, verdict.value.value, messages));
    }
    const rejection = verdict.error;
    attempts.push(rejection.attempt);
    if (!output || rejection.corrections.length === 0) return undefined;
    messages = [
      ...messages,
      { role: 'assistant', content: splitThinking(answer.text).answer || answer.text },
      { role: 'user', content: correctionRequest(rejection.corrections, output.schema) },
    ];
  }
  return undefined;
}

/** What a conversation begins with. */
export function firstRequest({ messages, output }: Question, model: Model): ChatRequest {
  return { model, messages, ...(output ? { schema: output.schema } : {}) };
}

function askerOf({ column, sample, turn }: Question, restart: number, effort: Effort): Asker {
  return { column, sample, turn, restart, storedOnly: effort === 'stored' };
}

function reply(answer: Answer, value: Json, messages: readonly ChatMessage[]): Reply {
  const reasoning = answer.reasoning ?? splitThinking(answer.text).thinking;
  return {
    value,
    text: answer.text,
    ...(reasoning === undefined ? {} : { reasoning }),
    conversation: [...messages, { role: 'assistant', content: answer.text }],
  };
}

function noAnswer({ last, earlier }: GivenUp, attempts: readonly Attempt[]): Failure {
  const tries = [...earlier, last].map((error): Attempt => ({ class: error.class, message: error.message }));
  return {
    class: last.class,
    message: last.message,
    ...(last.hint === undefined ? {} : { hint: last.hint }),
    attempts: [...attempts, ...tries],
  };
}

function noUsableAnswer(attempts: readonly Attempt[], model: Model): Failure {
  const last = attempts.at(-1);
  const failureClass = last?.class ?? 'schema';
  const hint = hintFor(failureClass, model);
  const tries = attempts.length === 1 ? '1 answer' : `${attempts.length} answers`;
  return {
    class: failureClass,
    message: `no usable answer of ${model.alias} (${tries}); the last one: ${last?.message ?? 'none'}`,
    ...(hint === undefined ? {} : { hint }),
    attempts,
  };
}

function hintFor(failureClass: Failure['class'], { alias, parameters }: Model): string | undefined {
  switch (failureClass) {
    case 'length':
      return parameters.max_tokens === undefined
        ? `set max_tokens of ${alias}: the server's own limit is too small for this answer`
        : `raise max_tokens of ${alias} (now ${parameters.max_tokens})`;
    case 'schema':
      return 'a simpler schema or a clearer prompt helps most; --retry-failed asks afresh';
    default:
      return undefined;
  }
}

/** An answer that cannot be used. */
interface Rejection {
  readonly attempt: Attempt;
  /** What to tell the model about it; empty where telling would not help. */
  readonly corrections: readonly string[];
}

/** The value that an answer holds: checked against the output's shape, or the text when none was asked for. */
function judgeAnswer(answer: Answer, output: StructuredOutput | undefined): Result<ReadValue, Rejection> {
  if (answer.finishReason === 'length') return reject('length', 'the answer was cut off at max_tokens');
  if (answer.finishReason === 'content_filter') return reject('content-filter', 'the answer was withheld');
  const text = splitThinking(answer.text).answer;
  // JSON may still stand in thinking that was never closed; a text does not.
  const isEmpty = (output ? answer.text : text).trim() === '';
  if (isEmpty) return reject('schema', 'the answer is empty');
  if (!output) return ok({ value: text, repaired: false });
  const read = readAnswer(answer.text, output);
  return read.ok ? read : reject('schema', read.error.join('; '), read.error);

  function reject(
    failureClass: FailureClass,
    message: string,
    corrections: readonly string[] = [],
  ): Result<never, Rejection> {
    return err({ attempt: { class: failureClass, message, answer: answer.text }, corrections });
  }
}
