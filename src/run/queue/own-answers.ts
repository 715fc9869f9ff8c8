/** What the coordinator's own store has for a row: all it needs, or a part that the worker then need not ask for. */
import { mediaInMemory, mediaPlaces } from '../../dataset/media.js';
import type { Answer, AnswerStore, Models } from '../../models/types.js';
import { makeAttempts } from '../../engine/attempts.js';
import { makeRow } from '../../engine/row.js';
import type { IdentifiedRow } from '../../engine/row-identity.js';
import type { Plan } from '../../engine/types.js';

export interface OwnAnswers {
  /** True when every cell of the row can be made without a request. */
  readonly isWhole: boolean;
  readonly answers: ReadonlyMap<string, Answer>;
  readonly facts: ReadonlyMap<string, string>;
}

/**
 * @param modelsOver models that return the answers of a store and send nothing
 * @param retryFailed a cell without a valid answer is to be asked for again
 */
export function createOwnAnswers(
  plan: Plan,
  store: AnswerStore,
  modelsOver: (store: AnswerStore) => Models,
  retryFailed: boolean,
): (row: IdentifiedRow) => Promise<OwnAnswers> {
  let answers = new Map<string, Answer>();
  let facts = new Map<string, string>();
  const media = mediaInMemory(mediaPlaces(plan));
  // One row at a time is looked at.
  const models = modelsOver({
    ...store,
    get: (key) => noted(key, store.get(key), answers),
    recall: (name) => noted(name, store.recall(name), facts),
  });
  return async (row) => {
    [answers, facts] = [new Map(), new Map()];
    const make = (each: IdentifiedRow) => makeRow(plan, each, { models, media, emit: () => undefined });
    const made = plan.accept ? await makeAttempts(row, plan.accept, make) : await make(row);
    const failures = [
      ...made.failures,
      ...made.nulled,
      ...(made.earlier ?? []).flatMap((each) => each.failures),
    ];
    const isWhole = failures.every(({ failure }) => failure.class !== 'stopped' && !retryFailed);
    return { isWhole, answers, facts };
  };
}

function noted<T>(name: string, value: T | undefined, into: Map<string, T>): T | undefined {
  if (value !== undefined) into.set(name, value);
  return value;
}
