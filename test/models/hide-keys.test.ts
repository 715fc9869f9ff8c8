import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { createMemoryStore } from '../../src/models/cached-requests.js';
import type { Answer, AnswerStore, CallError, Model, Reply } from '../../src/models/types.js';
import { hideKey } from '../../src/models/wire/hide-keys.js';
import { createTransports } from '../../src/models/wire/transports.js';
import type { Result } from '../../src/core/result.js';
import { definitionOf, bench, labelQuestion, labelSchema, modelAt, textQuestion } from './setup.js';
import type { Failure } from '../../src/core/failure.js';

const key = 'k-Abc/Def+Ghi=Jkl9876SUPER';
/** What all spellings have in common, but those that escape every character. */
const part = 'Jkl9876SUPER';

const escaped = [...key].map((char) => `\\u00${char.charCodeAt(0).toString(16)}`).join('');
const spellings: readonly (readonly [string, string])[] = [
  ['as it is', key],
  ['with every character escaped', escaped],
  ['with every character escaped in capitals', escaped.replace(/(?<=\\u).{4}/g, (hex) => hex.toUpperCase())],
  ['as PHP escapes it', key.replaceAll('/', String.raw`\/`)],
  ['in JSON within JSON', JSON.stringify(key.replaceAll('/', String.raw`\/`)).slice(1, -1)],
  ['percent-encoded', encodeURIComponent(key)],
  ['percent-encoded in small letters', encodeURIComponent(key).replace(/%../g, (byte) => byte.toLowerCase())],
];

/** What the server answers to every request, byte for byte. */
let status: number;
let body: string;
let server: Server;
let host: string;
beforeEach(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const openAi = (): Model => modelAt(`${host}/v1`);
const anthropic = (): Model => modelAt(host, {}, { endpoint: { definition: definitionOf('anthropic') } });
const protocols = [
  ['openai', openAi],
  ['anthropic', anthropic],
] as const;

function send(model: Model, env = { TEST_KEY: key }): Promise<Result<Answer, CallError>> {
  return createTransports(env)(model).send({ model, messages: [] }, 'prompt', new AbortController().signal);
}

describe('a key that a text repeats', () => {
  it.each(spellings)('is hidden %s', (_how, spelling) => {
    expect(hideKey(`bad key ${spelling}, sorry`, key)).toBe('bad key [key], sorry');
  });

  it('is hidden beyond ASCII, and where it has signs of its own in a pattern', () => {
    expect(hideKey(`${encodeURIComponent('ü(x)*')} \\u00FC(x)* ü(x)*`, 'ü(x)*')).toBe('[key] [key] [key]');
  });

  it('is hidden where it is as long as a certificate', () => {
    const long = 'abc+/'.repeat(4000);
    expect(hideKey(`a ${long} b ${JSON.stringify(long)} ${encodeURIComponent(long)}`, long)).not.toMatch(
      /c\W/,
    );
  });

  it('leaves the text around it, and what only resembles it', () => {
    const text = String.raw`k-Abc/Def+Ghi=Jkl9876SUPE\nk-abc \\ 100% \u006b`;
    expect(hideKey(text, key)).toBe(text);
  });

  it('is looked for in no time, however many backslashes there are', () => {
    const text = '\\'.repeat(1_000_000);
    expect(hideKey(text, key)).toBe(text);
  });
});

describe.each(protocols)('an error of a server that speaks %s', (_protocol, model) => {
  it.each(spellings)('does not hold the key %s', async (_how, spelling) => {
    for (const [code, reason] of [
      [401, `Incorrect API key provided: ${spelling}`],
      [400, `${'x'.repeat(280)}${spelling}`],
    ] as const) {
      status = code;
      body = `{"error":{"message":"${reason}"}}`;
      const outcome = await send(model());
      expect(outcome).toMatchObject({ ok: false, error: { status: code } });
      expect(JSON.stringify(outcome)).toContain('[key]');
      expect(JSON.stringify(outcome)).not.toContain(key.slice(0, 5));
      expect(JSON.stringify(outcome)).not.toContain(part);
    }
  });

  it('does not hold what only spells the key once it is decoded', async () => {
    status = 400;
    body = `{"error":{"message":"no ${encodeURIComponent(key).replaceAll('%', String.raw`\u0025`)}"}}`;
    expect(await send(model())).toMatchObject({ error: { message: 'acme answered 400: no [key]' } });
  });
});

describe('an error', () => {
  it('does not hold a key of the address, which servers repeat with the path', async () => {
    status = 404;
    body = 'Cannot POST /v1/chat/completions?key=PASSW0RDxyz&api-version=2024-10-21';
    const outcome = await send(modelAt(`${host}/v1?key=PASSW0RDxyz&api-version=2024-10-21`));
    expect(JSON.stringify(outcome)).not.toContain('PASSW0RD');
    expect(outcome).toMatchObject({ error: { message: expect.stringContaining('api-version=2024-10-21') } });
  });

  it('keeps its own words where the key is one of them', async () => {
    status = 500;
    body = '{"error":"ollama is loading"}';
    const model = modelAt(`${host}/v1`, {}, { endpoint: { provider: 'ollama' } });
    expect(await send(model, { TEST_KEY: 'ollama' })).toMatchObject({
      error: { message: 'ollama answered 500: [key] is loading' },
    });
  });
});

/** A store that shows what was put into it. */
function openStore(): AnswerStore & { readonly kept: unknown[] } {
  const kept: unknown[] = [];
  const store = createMemoryStore();
  return {
    ...store,
    kept,
    put: (name, answer) => {
      kept.push(answer);
      return store.put(name, answer);
    },
  };
}

async function asked(
  model: Model,
  question = textQuestion(),
): Promise<{ reply: Result<Reply, Failure>; all: string }> {
  status = 200;
  const store = openStore();
  const transportFor = createTransports({ TEST_KEY: key });
  const { models, events } = bench([model], { store, transportFor });
  const reply = await models.ask(question);
  return { reply, all: JSON.stringify([reply, store.kept, events]) };
}

const completion = (finish_reason: string, message: JsonObject): string =>
  JSON.stringify({ model: `m ${key}`, choices: [{ finish_reason, message }] });

describe('an answer', () => {
  it('without use is shown, and stored, without the key', async () => {
    body = completion(`stop ${key}`, { content: null, refusal: `not with ${key}` });
    const { reply, all } = await asked(openAi());
    expect(reply).toMatchObject({ ok: false, error: { attempts: [{ answer: 'not with [key]' }] } });
    expect(all).not.toContain(part);
  });

  it('that is good is stored without the key, and so is what was thought before it', async () => {
    body = completion('stop', { content: `it is ${key}.`, reasoning: `hm, ${encodeURIComponent(key)}` });
    const { reply, all } = await asked(openAi());
    expect(reply).toMatchObject({ ok: true, value: { text: 'it is [key].', reasoning: 'hm, [key]' } });
    expect(all).not.toContain(part);
  });

  it('of Anthropic as well', async () => {
    body = JSON.stringify({
      model: key,
      stop_reason: key,
      content: [
        { type: 'thinking', thinking: `hm, ${key}` },
        { type: 'text', text: `it is ${key}.` },
      ],
    });
    const { reply, all } = await asked(anthropic());
    expect(reply).toMatchObject({ ok: true, value: { text: 'it is [key].', reasoning: 'hm, [key]' } });
    expect(all).not.toContain(part);
  });

  it('in JSON does not spell the key once it is read', async () => {
    body = completion('stop', { content: `{"label": "bug", "tags": ["${escaped}"]}` });
    const { reply } = await asked(openAi(), labelQuestion());
    expect(reply).toMatchObject({ ok: true, value: { value: { tags: ['[key]'] } } });
  });

  it('that had an object put around it does not spell the key either', async () => {
    status = 200;
    body = completion('stop', { content: `{"answer": ["${escaped}"]}` });
    const model = openAi();
    const request = { model, messages: [], schema: { type: 'array', items: labelSchema } };
    const transport = createTransports({ TEST_KEY: key })(model);
    const outcome = await transport.send(request, 'json_schema', new AbortController().signal);
    expect(outcome).toMatchObject({ ok: true, value: { text: '["[key]"]' } });
  });

  it.each(['EMPTY', 'ollama', 'not-needed', 'sk-no-key-required', '1'])(
    'keeps the word %s, which is no key',
    async (word) => {
      status = 200;
      body = completion('stop', { content: `say ${word}` });
      expect(await send(openAi(), { TEST_KEY: word })).toMatchObject({ value: { text: `say ${word}` } });
    },
  );
});
