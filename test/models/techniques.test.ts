import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isObject, type Json, type JsonObject, type JsonSchema } from '../../src/core/json.js';
import { createMemoryStore } from '../../src/models/cached-requests.js';
import { schemaDigest } from '../../src/models/request-key.js';
import { techniquesFor } from '../../src/models/providers/techniques.js';
import type { Model, ModelRequest, Technique } from '../../src/models/types.js';
import type { StructuredOutputMode } from '../../src/core/config.js';
import type { SettledParameters } from '../../src/models/types.js';
import { startModelServer, type ModelCall, type ModelServer } from '../rig/model-server.js';
import {
  bench,
  definitionOf,
  goodLabel,
  labelQuestion,
  labelSchema,
  modelAt,
  outputOf,
  testKey,
} from './setup.js';

let server: ModelServer;
beforeEach(async () => {
  server = await startModelServer();
});
afterEach(() => server.close());

function modelOf(
  type: string,
  structuredOutput: StructuredOutputMode = 'auto',
  parameters: SettledParameters = {},
): Model {
  return {
    ...modelAt(server.url, parameters, { endpoint: { definition: definitionOf(type) } }),
    structuredOutput,
  };
}

/** How a call asks for JSON, by its body. */
function techniqueOf({ body, prompt }: ModelCall): Technique | undefined {
  if (body['response_format']) return 'json_schema';
  if (body['tools']) return 'tool';
  if (body['nvext'] ?? body['guided_json']) return 'guided_json';
  return prompt.includes('<response_schema>') ? 'prompt' : undefined;
}

/** Refuses every technique but these, in words that no server shares with another. */
function takeOnly(...taken: readonly Technique[]): void {
  server.handle((call) => {
    const technique = techniqueOf(call);
    if (technique && taken.includes(technique)) return call.reply(goodLabel);
    const thing =
      technique === 'tool' ? 'tools are' : technique === 'guided_json' ? 'nvext is' : 'response_format is';
    call.status(400, { body: { error: { message: `${thing} not supported` } } });
  });
}

const tried = (): readonly (Technique | undefined)[] => server.calls.map(techniqueOf);

describe('structured_output: auto', () => {
  it.each<[string, readonly Technique[]]>([
    ['openai', ['json_schema', 'tool', 'prompt']],
    ['azure', ['json_schema', 'tool', 'prompt']],
    ['openrouter', ['json_schema', 'tool', 'prompt']],
    ['nvidia', ['json_schema', 'guided_json', 'tool', 'prompt']],
    ['vllm', ['guided_json', 'json_schema', 'tool', 'prompt']],
    ['ollama', ['json_schema', 'prompt']],
    ['lmstudio', ['json_schema', 'prompt']],
  ])('goes down, at once and without losing a cell: %s', async (type, techniques) => {
    const { models, clock } = bench([modelOf(type)]);
    takeOnly('prompt');
    expect(await models.ask(labelQuestion())).toMatchObject({ ok: true, value: { value: goodLabel } });
    expect(tried()).toEqual(techniques);
    expect(clock.waits).toEqual([]);
  });

  it('stays with the first that is taken, in this run and in the next', async () => {
    const store = createMemoryStore();
    takeOnly('tool', 'prompt');
    await bench([modelOf('nvidia')], { store }).models.ask(labelQuestion('row 1'));
    await bench([modelOf('nvidia')], { store }).models.ask(labelQuestion('row 2'));
    expect(tried()).toEqual(['json_schema', 'guided_json', 'tool', 'tool']);
  });

  it('asks another schema in the first manner again', async () => {
    const { models } = bench([modelOf('ollama')]);
    const other: JsonSchema = { ...labelSchema, title: 'Other' };
    takeOnly('prompt');
    await models.ask(labelQuestion('row 1'));
    await models.ask({ ...labelQuestion('row 1'), output: outputOf(other) });
    expect(tried()).toEqual(['json_schema', 'prompt', 'json_schema', 'prompt']);
  });

  it('understands what earlier versions remembered', async () => {
    const store = createMemoryStore();
    await store.remember(`technique ${server.url} acme/writer-1 ${schemaDigest(labelSchema)}`, 'prompt');
    takeOnly('prompt');
    await bench([modelOf('openai')], { store }).models.ask(labelQuestion());
    expect(tried()).toEqual(['prompt']);
  });

  it('forgets a technique that the type does not have', async () => {
    const store = createMemoryStore();
    await store.remember(`technique ${server.url} acme/writer-1 ${schemaDigest(labelSchema)}`, 'guided_json');
    takeOnly('json_schema');
    await bench([modelOf('openai')], { store }).models.ask(labelQuestion());
    expect(tried()).toEqual(['json_schema']);
  });

  it('goes no further for an error that says nothing of the technique', async () => {
    const { models } = bench([modelOf('openai')]);
    server.handle((call) => call.status(400, { body: { error: { message: 'messages: too few' } } }));
    expect(await models.ask(labelQuestion())).toMatchObject({
      ok: false,
      error: { class: 'invalid-request' },
    });
    expect(tried()).toEqual(['json_schema']);
  });

  it('does not take a provider that is called after a technique for one that refuses it', async () => {
    const { models } = bench([modelAt(server.url, {}, { endpoint: { provider: 'our-tool-schema' } })]);
    server.handle((call) => call.status(400, { body: { error: { message: 'messages: too few' } } }));
    await models.ask(labelQuestion());
    expect(tried()).toEqual(['json_schema']);
  });

  it('leaves a forced tool out while Anthropic thinks, which does not go together', () => {
    const thinking = (type: string): readonly Technique[] =>
      techniquesFor(modelOf('anthropic', 'auto', { extra_body: { thinking: { type } } }));
    expect(techniquesFor(modelOf('anthropic'))).toEqual(['tool', 'json_schema', 'prompt']);
    expect(thinking('disabled')).toEqual(['tool', 'json_schema', 'prompt']);
    expect(thinking('enabled')).toEqual(['json_schema', 'prompt']);
    expect(thinking('adaptive')).toEqual(['json_schema', 'prompt']);
  });
});

describe('a technique that the author fixed', () => {
  it.each<[Exclude<StructuredOutputMode, 'auto'>]>([['json_schema'], ['tool'], ['guided_json'], ['prompt']])(
    'is the only one that is used: %s',
    async (technique) => {
      takeOnly(technique);
      const { models } = bench([modelOf('nvidia', technique)]);
      expect((await models.ask(labelQuestion())).ok).toBe(true);
      expect(tried()).toEqual([technique]);
    },
  );

  it('is never left: its refusal says what to type', async () => {
    takeOnly('prompt');
    const { models } = bench([modelOf('openai', 'tool')]);
    expect(await models.ask(labelQuestion())).toMatchObject({
      ok: false,
      error: {
        class: 'invalid-request',
        message: 'acme answered 400: tools are not supported',
        hint: 'acme does not take `structured_output: tool` for this; write `structured_output: auto`, or add --set model_configs.writer.structured_output=auto',
      },
    });
    expect(tried()).toEqual(['tool']);
  });
});

describe('on the wire', () => {
  async function sent(
    model: Model,
    reply: (call: ModelCall) => void,
    question?: ModelRequest,
  ): Promise<JsonObject> {
    server.handle(reply);
    const outcome = await bench([model]).models.ask(question ?? labelQuestion());
    if (!outcome.ok) throw new Error(outcome.error.message);
    return server.calls[0]?.body ?? {};
  }

  it('a forced tool has the strict schema, and what it is called with is the answer', async () => {
    const call = {
      id: 'call_1',
      type: 'function',
      function: { name: 'answer', arguments: JSON.stringify(goodLabel) },
    };
    const body = await sent(modelOf('openai', 'tool'), ({ reply }) =>
      reply(null, { message: { tool_calls: [call] } }),
    );
    expect(body['tools']).toEqual([
      {
        type: 'function',
        function: {
          name: 'answer',
          description: 'Gives the answer.',
          parameters: { ...labelSchema, additionalProperties: false },
          strict: true,
        },
      },
    ]);
    expect(body['tool_choice']).toEqual({ type: 'function', function: { name: 'answer' } });
    expect(body).not.toHaveProperty('response_format');
  });

  it.each<[string, (schema: JsonSchema) => JsonObject]>([
    ['vllm', (schema) => ({ guided_json: schema, structured_outputs: { json: schema } })],
    ['nvidia', (schema) => ({ nvext: { guided_json: schema } })],
  ])('guided_json of %s has the schema of the author unchanged', async (type, expected) => {
    const body = await sent(modelOf(type, 'guided_json'), ({ reply }) => reply(goodLabel));
    expect(body).toMatchObject(expected(labelSchema));
    expect(JSON.stringify(body)).not.toContain('additionalProperties');
  });

  it('extra_body is beside the schema where both are in one object, and wins elsewhere', async () => {
    const extra_body = { nvext: { top_k: 5 }, temperature: 0.1 };
    const model = modelOf('nvidia', 'guided_json', { extra_body, temperature: 0.9 });
    const body = await sent(model, ({ reply }) => reply(goodLabel));
    expect(body).toMatchObject({ nvext: { top_k: 5, guided_json: labelSchema }, temperature: 0.1 });
  });

  it('a list is an object around a list, and checked as the list that it is', async () => {
    const list: JsonSchema = { type: 'array', items: { type: 'string' }, minItems: 2 };
    const question = { ...labelQuestion(), output: outputOf(list) };
    server.handle(({ reply }) => reply({ answer: ['parser', 'cli'] }));
    const outcome = await bench([modelOf('openai')]).models.ask(question);
    expect(outcome).toMatchObject({
      ok: true,
      value: { value: ['parser', 'cli'], text: '["parser","cli"]' },
    });
    const format = server.calls[0]?.body['response_format'];
    expect(isObject(format) && format['json_schema']).toMatchObject({
      strict: true,
      schema: { type: 'object', properties: { answer: list }, required: ['answer'] },
    });
  });

  it('the key of azure has a header of its own', async () => {
    await sent(modelOf('azure'), ({ reply }) => reply(goodLabel));
    const headers = server.calls[0]?.headers as Readonly<Record<string, Json>>;
    expect(headers['api-key']).toBe(testKey);
    expect(headers).not.toHaveProperty('authorization');
  });
});
