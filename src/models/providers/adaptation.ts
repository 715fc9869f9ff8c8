import { schemaDigest } from '../request-key.js';
import { askedTokens, estimatedRoom, rememberWindow } from './context-window.js';
import { storedUrl } from './endpoint-url.js';
import { sendsLengths } from '../wire/chat-body.js';
import { techniquesFor } from './techniques.js';
import type { Json } from '../../core/json.js';
import type { AnswerStore, CallError, ChatMessage, ChatRequest, Model, Technique } from '../types.js';

/**
 * How a request has to be put so that its endpoint takes it: found out by asking, then remembered in the
 * store, so that neither later cells nor later runs ask the refused way again.
 */
export interface Adaptation {
  readonly technique: Technique;
  /**
   * What the model does not take, by name: parameters, `system` for messages of that role, `maxLength` for the lengths
   * of strings in a schema, or `whole-answers` where it only streams. `max_tokens` and `max_completion_tokens` replace
   * one another until both are refused.
   */
  readonly without: readonly string[];
  /** The most tokens that the model may be asked for. */
  readonly maxTokens?: number | undefined;
  /** The same for this prompt only, which fills part of the context window. Not remembered. */
  readonly room?: number | undefined;
  /** The context window, where the server stated it. */
  readonly window?: number | undefined;
}

/** What is known so far about how to ask. The first guess is the first technique and every parameter. */
export function recallAdaptation(request: ChatRequest, store: Pick<AnswerStore, 'recall'>): Adaptation {
  const names = namesOf(request.model);
  const without = store.recall(names.parameters);
  const maxTokens = store.recall(names.maxTokens);
  return {
    technique: recallTechnique(request, store),
    without: without ? without.split(' ') : [],
    maxTokens: maxTokens ? Number(maxTokens) : undefined,
    room: estimatedRoom(request, store),
  };
}

/** The technique alone: the rest takes an estimate of the prompt's tokens. */
export function recallTechnique(request: ChatRequest, store: Pick<AnswerStore, 'recall'>): Technique {
  const remembered = request.schema && store.recall(techniqueName(request));
  const techniques = techniquesFor(request.model, request.tools !== undefined);
  if (request.tools) return techniques[0] ?? 'prompt';
  const known =
    remembered === 'json_object' && request.model.structuredOutput === 'auto'
      ? remembered
      : techniques.find((technique) => technique === remembered);
  return known ?? techniques[0] ?? 'prompt';
}

export async function rememberAdaptation(
  request: ChatRequest,
  { technique, without, maxTokens, window }: Adaptation,
  store: AnswerStore,
): Promise<void> {
  if (request.schema && !request.tools && technique !== techniquesFor(request.model)[0])
    await rememberOnce(techniqueName(request), technique, store);
  if (without.length > 0) await rememberOnce(namesOf(request.model).parameters, without.join(' '), store);
  if (window !== undefined) await rememberWindow(window, request.model, store);
  if (maxTokens !== undefined) await rememberOnce(namesOf(request.model).maxTokens, String(maxTokens), store);
}

/** Another way to ask after a refusal; `undefined` when the error is no refusal or nothing is left to try. */
export function adaptTo(error: CallError, request: ChatRequest, tried: Adaptation): Adaptation | undefined {
  const room = error.tokenRoom;
  const asked = askedTokens(adapt(request, tried).model);
  if (room && (asked === undefined || asked > room.max))
    return room.isOfModel
      ? { ...tried, maxTokens: room.max }
      : { ...tried, room: room.max, window: error.windowUse?.window };
  const parameter = error.refusesParameter;
  if (error.refusesSchema && request.schema && !request.tools && parameter !== 'maxLength') {
    const next = nextTechnique(error, request.model, tried.technique);
    if (next) return { ...tried, technique: next };
  }
  if (parameter === undefined || tried.without.includes(parameter)) return undefined;
  return isSent(parameter, adapt(request, tried))
    ? { ...tried, without: [...tried.without, parameter] }
    : undefined;
}

function nextTechnique(error: CallError, model: Model, tried: Technique): Technique | undefined {
  const techniques = techniquesFor(model);
  const isListed = techniques.includes('json_object');
  if (model.structuredOutput === 'auto' && !isListed) {
    if (tried === 'json_object') return 'prompt';
    // llama.cpp's server in Python: "Input should be 'text' or 'json_object'".
    if (tried === 'json_schema' && error.message.includes("'json_object'")) return 'json_object';
  }
  return techniques[techniques.indexOf(tried) + 1];
}

/** The request without what its model does not take. */
export function adapt(request: ChatRequest, { without, maxTokens, room }: Adaptation): ChatRequest {
  if (without.length === 0 && maxTokens === undefined && room === undefined) return request;
  const max = Math.min(maxTokens ?? Infinity, room ?? Infinity);
  const limited = max === Infinity ? request.model : withAtMost(request.model, max);
  const parameters = without.filter((name) => name !== 'system' && name !== 'maxLength');
  return {
    ...request,
    ...(without.includes('stream_options') && { leavesOutUsage: true }),
    messages: without.includes('system') ? withoutSystem(request.messages) : request.messages,
    model: leaveOut(without.includes('maxLength') ? withoutLengths(limited) : limited, parameters),
  };
}

const sentBeside = ['temperature', 'top_p'] as const;
const tokenNames = ['max_tokens', 'max_completion_tokens'] as const;

function isSent(name: string, { model, messages, schema }: ChatRequest): boolean {
  const { parameters } = model;
  if (name === 'maxLength') return schema !== undefined && sendsLengths(model.endpoint);
  if (name === 'whole-answers') return parameters.stream !== true;
  if (name === 'stream_options') return parameters.stream === true;
  if (name === 'system') return messages.some(({ role }) => role === 'system');
  if (name === 'max_completion_tokens') return parameters.extra_body?.[name] !== undefined;
  return [...sentBeside, 'max_tokens' as const].some(
    (sent) => sent === name && parameters[sent] !== undefined,
  );
}

function withoutLengths(model: Model): Model {
  const { endpoint } = model;
  return { ...model, endpoint: { ...endpoint, definition: { ...endpoint.definition, sendsLengths: false } } };
}

/** The model with a smaller limit of tokens, under the name that is in use. */
function withAtMost(model: Model, max: number): Model {
  const { parameters } = model;
  const extra = parameters.extra_body;
  return extra?.['max_completion_tokens'] === undefined
    ? { ...model, parameters: { ...parameters, max_tokens: Math.min(max, parameters.max_tokens ?? max) } }
    : { ...model, parameters: { ...parameters, extra_body: { ...extra, max_completion_tokens: max } } };
}

function leaveOut(model: Model, without: readonly string[]): Model {
  if (without.length === 0) return model;
  const { max_tokens, ...parameters } = model.parameters;
  const { max_completion_tokens, ...extra } = parameters.extra_body ?? {};
  const kept = Object.fromEntries(Object.entries(parameters).filter(([name]) => !without.includes(name)));
  // Under its own name where that is taken, else under the other.
  const name = max_completion_tokens === undefined ? tokenNames : tokenNames.toReversed();
  const taken = name.find((candidate) => !without.includes(candidate));
  const limit = max_completion_tokens ?? max_tokens;
  const tokens = taken === undefined || limit === undefined ? {} : { [taken]: limit };
  const { max_completion_tokens: other, ...own } = tokens as Record<string, Json>;
  const extra_body = other === undefined ? extra : { max_completion_tokens: other, ...extra };
  return {
    ...model,
    parameters: {
      ...kept,
      ...own,
      ...(without.includes('whole-answers') && { stream: true }),
      ...(Object.keys(extra_body).length > 0 ? { extra_body } : {}),
    },
  };
}

/** What the system messages say, at the beginning of the first message of the user. */
function withoutSystem(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  const others = messages.filter(({ role }) => role !== 'system');
  const [first, ...rest] = others;
  if (!first) return [{ role: 'user', content: system.join('\n\n') }];
  return [{ ...first, content: [...system, first.content].join('\n\n') }, ...rest];
}

/** By schema: a server that cannot enforce one schema may well enforce another. */
function techniqueName(request: ChatRequest): string {
  const { endpoint, model } = request.model;
  return `technique ${storedUrl(endpoint.url)} ${model} ${request.schema ? schemaDigest(request.schema) : ''}`;
}

/** The names under which the store keeps what a model does not take. Looked up for every call, put together once. */
interface FactNames {
  readonly parameters: string;
  readonly maxTokens: string;
}

const knownNames = new WeakMap<Model, FactNames>();

function namesOf(model: Model): FactNames {
  const known = knownNames.get(model);
  if (known) return known;
  const name = `${storedUrl(model.endpoint.url)} ${model.model}`;
  const names = { parameters: `refused-parameters ${name}`, maxTokens: `max-tokens ${name}` };
  knownNames.set(model, names);
  return names;
}

/** Stores a fact that is new or has changed: the store grows with each that it is given. */
export async function rememberOnce(name: string, value: string, store: AnswerStore): Promise<void> {
  if (store.recall(name) !== value) await store.remember(name, value);
}
