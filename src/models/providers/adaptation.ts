import { schemaDigest } from '../request-key.js';
import { storedUrl } from './endpoint-url.js';
import { techniquesFor } from './techniques.js';
import type { AnswerStore, CallError, ChatRequest, Model, Technique } from '../types.js';

/**
 * How a request has to be put so that its endpoint takes it: found out by asking, then remembered in the
 * store, so that neither later cells nor later runs ask the refused way again.
 */
export interface Adaptation {
  readonly technique: Technique;
  /** Parameters that the model does not take, by name. */
  readonly without: readonly string[];
}

/** What is known so far about how to ask. The first guess is the first technique and every parameter. */
export function recallAdaptation(request: ChatRequest, store: AnswerStore): Adaptation {
  const without = store.recall(parametersName(request.model));
  const remembered = request.schema && store.recall(techniqueName(request));
  const techniques = techniquesFor(request.model);
  return {
    technique: techniques.find((technique) => technique === remembered) ?? techniques[0] ?? 'prompt',
    without: without ? without.split(' ') : [],
  };
}

export async function rememberAdaptation(
  request: ChatRequest,
  { technique, without }: Adaptation,
  store: AnswerStore,
): Promise<void> {
  if (request.schema && technique !== techniquesFor(request.model)[0])
    await rememberOnce(techniqueName(request), technique, store);
  if (without.length > 0) await rememberOnce(parametersName(request.model), without.join(' '), store);
}

/** Another way to ask after a refusal; `undefined` when the error is no refusal or nothing is left to try. */
export function adaptTo(error: CallError, request: ChatRequest, tried: Adaptation): Adaptation | undefined {
  if (error.refusesSchema && request.schema) {
    const techniques = techniquesFor(request.model);
    const next = techniques[techniques.indexOf(tried.technique) + 1];
    if (next) return { ...tried, technique: next };
  }
  const parameter = error.refusesParameter;
  if (parameter === undefined || tried.without.includes(parameter)) return undefined;
  return isSent(parameter, request.model) ? { ...tried, without: [...tried.without, parameter] } : undefined;
}

/** The request without the parameters that its model does not take. */
export function adapt(request: ChatRequest, { without }: Adaptation): ChatRequest {
  return without.length === 0 ? request : { ...request, model: without.reduce(leaveOut, request.model) };
}

const optionalParameters = ['temperature', 'top_p', 'max_tokens'] as const;

function isSent(parameter: string, { parameters }: Model): boolean {
  return optionalParameters.some((name) => name === parameter && parameters[name] !== undefined);
}

function leaveOut(model: Model, parameter: string): Model {
  const { [parameter as (typeof optionalParameters)[number]]: value, ...parameters } = model.parameters;
  // OpenAI's reasoning models know the same limit by another name.
  const extra_body =
    parameter === 'max_tokens' && value !== undefined
      ? { max_completion_tokens: value, ...parameters.extra_body }
      : parameters.extra_body;
  return { ...model, parameters: { ...parameters, ...(extra_body ? { extra_body } : {}) } };
}

/** By schema: a server that cannot enforce one schema may well enforce another. */
function techniqueName(request: ChatRequest): string {
  const { endpoint, model } = request.model;
  return `technique ${storedUrl(endpoint.url)} ${model} ${request.schema ? schemaDigest(request.schema) : ''}`;
}

function parametersName({ endpoint, model }: Model): string {
  return `refused-parameters ${storedUrl(endpoint.url)} ${model}`;
}

async function rememberOnce(name: string, value: string, store: AnswerStore): Promise<void> {
  if (store.recall(name) !== value) await store.remember(name, value);
}
