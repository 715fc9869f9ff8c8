import { estimatePrompt } from '../usage/estimate.js';
import { storedUrl } from './endpoint-url.js';
import type { AnswerStore, ChatRequest, Model } from '../types.js';

type Facts = Pick<AnswerStore, 'recall'>;

/** The estimate of tokens may be this much too low: identifiers, numbers, small vocabularies. */
export const estimateMargin = 1.25;

/** Room for less than this is not asked for on an estimate: the server knows better. */
const leastRoom = 256;

/** Tokens of prompt and answer together, as the server or else the recipe says; `undefined` when unknown. */
export function contextWindow(model: Model, store: Facts): number | undefined {
  const learned = store.recall(windowName(model));
  return learned === undefined ? model.contextWindow : Number(learned);
}

export async function rememberWindow(window: number, model: Model, store: AnswerStore): Promise<void> {
  if (contextWindow(model, store) !== window) await store.remember(windowName(model), String(window));
}

/** The limit of tokens for an answer that the author sets, under either name. */
export function askedTokens({ parameters }: Model): number | undefined {
  const other = parameters.extra_body?.['max_completion_tokens'];
  return parameters.max_tokens ?? (typeof other === 'number' ? other : undefined);
}

/** What a prompt leaves of the window for the answer, by estimate, if that is less than the author's limit. */
export function estimatedRoom({ model, messages }: ChatRequest, store: Facts): number | undefined {
  const asked = askedTokens(model);
  const window = asked === undefined ? undefined : contextWindow(model, store);
  if (asked === undefined || window === undefined) return undefined;
  const room = window - Math.ceil(estimatePrompt(messages) * estimateMargin);
  return room < asked && room >= leastRoom ? room : undefined;
}

/** Names a model in the store, with the recipe's own window: who changes that one starts with nothing learned. */
export function windowedName({ endpoint, model, contextWindow: declared }: Model): string {
  return `${storedUrl(endpoint.url)} ${model} ${declared ?? ''}`.trimEnd();
}

const windowName = (model: Model): string => `context-window ${windowedName(model)}`;
