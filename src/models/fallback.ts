import type { EventSink } from '../core/events.js';
import { isFatal, type Attempt, type Failure } from '../core/failure.js';
import { err, type Result } from '../core/result.js';
import { firstRequest } from './conversation.js';
import { storedUrl } from './providers/endpoint-url.js';
import { requestKey } from './request-key.js';
import type { AnswerStore, Model, ModelRequest, Reply } from './types.js';

export interface FallbackContext {
  /** Asks one model until it has answered or failed for good. */
  readonly converse: (model: Model) => Promise<Result<Reply, Failure>>;
  /** True when the store has an answer of this model to the request. */
  readonly hasAnswer: (model: Model) => boolean;
  readonly store: Pick<AnswerStore, 'recall' | 'remember'>;
  readonly emit: EventSink;
}

/**
 * Asks the models in order, each when the one before has failed for good, until the run is stopped. The model
 * that a request has reached is stored before it is asked, so a later run finds its stored answer without
 * asking the earlier models again.
 *
 * The failure is that of the last model that did not fail on its key, credit or a long limit: these stop the run only when
 * every model of the column fails on them.
 */
export async function askWithFallbacks(
  request: ModelRequest,
  models: readonly [Model, ...Model[]],
  { converse, hasAnswer, store, emit }: FallbackContext,
): Promise<Result<Reply, Failure>> {
  const fact = models.length > 1 ? reachedModelFact(request, models[0]) : undefined;
  const reached = fact === undefined || request.cachePolicy === 'refresh' ? undefined : store.recall(fact);
  const start = models.findIndex((model) => modelName(model) === reached && hasAnswer(model));
  const failures: (readonly [Model, Failure])[] = [];
  for (const [index, model] of models.entries()) {
    if (index < start) continue;
    const outcome = await converse(model);
    if (outcome.ok) {
      // After a refresh the first model may answer again.
      if (fact !== undefined && index === 0 && store.recall(fact)) await store.remember(fact, '');
      return outcome;
    }
    failures.push([model, outcome.error]);
    if (outcome.error.class === 'stopped') break;
    const next = models[index + 1];
    if (fact !== undefined && (next || index > 0)) await store.remember(fact, next ? modelName(next) : '');
    if (next) emit({ kind: 'fallback', alias: model.alias, next: next.alias, failure: outcome.error });
  }
  return err(combine(failures));
}

/** The failure of the deciding model, with the attempts of all. */
function combine(failures: readonly (readonly [Model, Failure])[]): Failure {
  const deciding =
    failures.findLast(([, failure]) => !isFatal(failure) && !failure.isLongLimit) ?? failures.at(-1);
  if (!deciding) throw new Error('no model was asked');
  const [, failure] = deciding;
  const others = failures
    .filter((entry) => entry !== deciding)
    .map(([{ alias }, { class: failureClass }]) => `\`${alias}\` failed too (${failureClass})`);
  return {
    ...failure,
    message: [failure.message, ...others].join('; '),
    attempts: failures.flatMap(([{ alias }, { attempts }]) =>
      attempts.map((attempt): Attempt => ({ alias, ...attempt })),
    ),
  };
}

/** The name under which the store keeps the model that a request has reached. */
function reachedModelFact(request: ModelRequest, first: Model): string {
  return `turn ${requestKey(firstRequest(request, first), request.rowId, 0)}`;
}

/** Not the alias: renaming one must not cost a call. */
function modelName({ endpoint, model }: Model): string {
  return `${storedUrl(endpoint.url)} ${model}`;
}
