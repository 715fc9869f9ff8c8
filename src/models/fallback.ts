import { err, type Result } from '../core/result.js';
import { firstRequest } from './conversation.js';
import { storedUrl } from './providers/endpoint-url.js';
import { requestKey } from './request-key.js';
import type { AnswerStore, Model, Question, Reply } from './types.js';
import { isFatal, type Attempt, type Failure } from '../core/failure.js';
import type { EventSink } from '../core/events.js';

/** What asking in turn needs beside the question. */
export interface Turns {
  /** Asks one model until it has answered or failed for good. */
  readonly converse: (question: Question, model: Model) => Promise<Result<Reply, Failure>>;
  /** Whether the store knows something that this model answered to the question. */
  readonly hasAnswer: (question: Question, model: Model) => boolean;
  readonly store: Pick<AnswerStore, 'recall' | 'remember'>;
  readonly emit: EventSink;
}

/**
 * Asks the models in their order, each when the one before has failed for good; only the end of the run ends
 * the row of them. Which one a question came to is remembered before it is asked, so that a later run finds
 * its stored answer without asking the earlier ones again.
 *
 * The failure is that of the last model that was not refused: a key or a credit that one endpoint refuses
 * stops the run only when every model of the column is refused.
 */
export async function askInTurn(
  question: Question,
  models: readonly [Model, ...Model[]],
  { converse, hasAnswer, store, emit }: Turns,
): Promise<Result<Reply, Failure>> {
  const fact = models.length > 1 ? turnName(question, models[0]) : undefined;
  const settled = fact === undefined || question.effort === 'afresh' ? undefined : store.recall(fact);
  const start = models.findIndex((model) => modelName(model) === settled && hasAnswer(question, model));
  const failures: (readonly [Model, Failure])[] = [];
  for (const [index, model] of models.entries()) {
    if (index < start) continue;
    const outcome = await converse(question, model);
    if (outcome.ok) {
      // Asked anew, the first may answer after all.
      if (fact !== undefined && index === 0 && store.recall(fact)) await store.remember(fact, '');
      return outcome;
    }
    failures.push([model, outcome.error]);
    if (outcome.error.class === 'stopped') break;
    const next = models[index + 1];
    if (fact !== undefined && (next || index > 0)) await store.remember(fact, next ? modelName(next) : '');
    if (next) emit({ kind: 'fallback', alias: model.alias, next: next.alias, failure: outcome.error });
  }
  return err(failureOf(failures));
}

/** One failure for all: the one that counts, with the attempts of every model. */
function failureOf(failures: readonly (readonly [Model, Failure])[]): Failure {
  const told = failures.findLast(([, failure]) => !isFatal(failure)) ?? failures.at(-1);
  if (!told) throw new Error('no model was asked');
  const [, failure] = told;
  const others = failures
    .filter((entry) => entry !== told)
    .map(([{ alias }, { class: kind }]) => `\`${alias}\` failed too (${kind})`);
  return {
    ...failure,
    message: [failure.message, ...others].join('; '),
    attempts: failures.flatMap(([{ alias }, { attempts }]) =>
      attempts.map((attempt): Attempt => ({ alias, ...attempt })),
    ),
  };
}

/** Where it is kept which model a question came to. */
function turnName(question: Question, first: Model): string {
  return `turn ${requestKey(firstRequest(question, first), question.sample, 0)}`;
}

/** Not the alias: renaming one must not cost a call. */
function modelName({ endpoint, model }: Model): string {
  return `${storedUrl(endpoint.url)} ${model}`;
}
