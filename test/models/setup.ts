import type { RunEvent } from '../../src/core/events.js';
import type { JsonSchema } from '../../src/core/json.js';
import type { Clock } from '../../src/core/clock.js';
import { createMemoryStore } from '../../src/models/cached-requests.js';
import { createModels, type ModelsOptions, type RunModels } from '../../src/models/models.js';
import { compileOutput } from '../../src/json-schema/compile.js';
import { providers as builtIn } from '../../src/models/providers/registry.js';
import { createRoutes } from '../../src/models/wire/proxies.js';
import { createTransports } from '../../src/models/wire/transports.js';
import type {
  AnswerStore,
  ChatTransport,
  Endpoint,
  Model,
  ModelRequest,
  ProviderDefinition,
  SettledParameters,
  StructuredOutput,
} from '../../src/models/types.js';

export const testKey = 'sk-test-0123456789';

/** Kinds of providers by name, as a run has them. */
export const providers: ReadonlyMap<string, ProviderDefinition> = new Map(
  builtIn.map((provider) => [provider.name, provider]),
);

export function definitionOf(name: string): ProviderDefinition {
  const definition = providers.get(name);
  if (!definition) throw new Error(`there is no provider ${name}`);
  return definition;
}

/** The transport of a protocol by itself, with nothing around it. */
export function bareTransport(
  endpoint: Endpoint,
  env: Readonly<Record<string, string>> = { TEST_KEY: testKey },
): ChatTransport {
  const route = createRoutes(env)(endpoint);
  if (!route.ok) throw new Error(route.error.message);
  return endpoint.definition.protocol.open(endpoint, env, route.value);
}

/** A model behind an endpoint that wants the key in TEST_KEY. */
export function modelAt(
  url: string,
  parameters: SettledParameters = {},
  rest: { readonly alias?: string; readonly model?: string; readonly endpoint?: Partial<Endpoint> } = {},
): Model {
  return {
    alias: rest.alias ?? 'writer',
    model: rest.model ?? 'acme/writer-1',
    endpoint: {
      provider: 'acme',
      definition: definitionOf('openai'),
      url,
      keyVariable: 'TEST_KEY',
      headers: {},
      extraBody: {},
      ...rest.endpoint,
    },
    parameters,
    structuredOutput: 'auto',
    prices: undefined,
  };
}

export interface InstantClock extends Clock {
  /** Every wait so far, in milliseconds. */
  readonly waits: readonly number[];
}

/** A clock on which waiting takes no time, without jitter. */
export function instantClock(): InstantClock {
  const waits: number[] = [];
  let now = 0;
  return {
    waits,
    now: () => now,
    random: () => 1,
    sleep: async (ms) => {
      waits.push(ms);
      now += ms;
    },
  };
}

export interface Bench {
  readonly models: RunModels;
  readonly store: AnswerStore;
  readonly clock: InstantClock;
  readonly events: readonly RunEvent[];
  readonly stop: AbortController;
  readonly abort: AbortController;
}

/** Models as a run has them, on an instant clock and with a store in memory. */
export function bench(models: readonly Model[], options: Partial<ModelsOptions> = {}): Bench {
  const store = options.store ?? createMemoryStore();
  const clock = instantClock();
  const events: RunEvent[] = [];
  const stop = new AbortController();
  const abort = new AbortController();
  return {
    store,
    clock,
    events,
    stop,
    abort,
    models: createModels({
      models: new Map(models.map((model) => [model.alias, model])),
      transportFor: createTransports({ TEST_KEY: testKey }),
      store,
      runConfig: {},
      emit: (event) => events.push(event),
      stop: stop.signal,
      abort: abort.signal,
      clock,
      ...options,
    }),
  };
}

export const labelSchema: JsonSchema = {
  type: 'object',
  properties: {
    label: { type: 'string', enum: ['bug', 'feature'] },
    tags: { type: 'array', items: { type: 'string' }, minItems: 1 },
  },
  required: ['label', 'tags'],
};

export const goodLabel = { label: 'bug', tags: ['parser'] };

export function outputOf(schema: JsonSchema): StructuredOutput {
  const compiled = compileOutput(schema);
  if (!compiled.ok) throw new Error(compiled.error);
  return { schema, check: compiled.value.check };
}

export function textQuestion(sample = 'row 1', prompt = 'Say something.'): ModelRequest {
  return {
    alias: 'writer',
    column: 'text',
    messages: [{ role: 'user', content: prompt }],
    rowId: sample,
    priority: 0,
  };
}

export function labelQuestion(sample = 'row 1'): ModelRequest {
  return { ...textQuestion(sample, 'Label this issue.'), output: outputOf(labelSchema) };
}
