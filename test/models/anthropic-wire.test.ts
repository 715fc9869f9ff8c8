import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject, JsonSchema } from '../../src/core/json.js';
import { createTransports } from '../../src/models/wire/transports.js';
import type {
  Answer,
  CallError,
  ChatMessage,
  ChatRequest,
  Model,
  Technique,
} from '../../src/models/types.js';
import type { Result } from '../../src/core/result.js';
import { definitionOf, labelSchema, modelAt, testKey } from './setup.js';
import type { SettledParameters } from '../../src/models/types.js';

/** What the server does with a request; it answers on `/v1/messages` only. */
let serve: (request: IncomingMessage, response: ServerResponse) => void;
const server = createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/v1/messages') serve(request, response);
  else response.writeHead(404).end();
});
let host: string;

const fixtures = new URL('fixtures/anthropic/', import.meta.url);

/** One exchange as Anthropic documents it. */
interface Recording {
  readonly title: string;
  readonly parameters?: SettledParameters;
  readonly messages: readonly ChatMessage[];
  readonly schema?: JsonSchema;
  readonly technique?: Technique;
  /** The body of the request, whole. */
  readonly sends?: JsonObject;
  readonly response: Response;
  readonly answer: JsonObject;
}

interface Response {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: Json;
}

interface RecordedError extends Response {
  readonly title: string;
  readonly error: JsonObject;
}

const recordings = readdirSync(fixtures)
  .filter((file) => file !== 'errors.json')
  .map((file) => read<Recording>(file));
const errors = read<readonly RecordedError[]>('errors.json');

function read<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, fixtures), 'utf8')) as T;
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  serve = (_request, response) => response.destroy();
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

interface Exchange {
  readonly body: JsonObject;
  readonly headers: Record<string, string>;
  readonly outcome: Result<Answer, CallError>;
}

function claude(parameters: SettledParameters = {}, endpoint: Partial<Model['endpoint']> = {}): Model {
  return modelAt(host, parameters, {
    model: 'claude-sonnet-4-5',
    endpoint: { definition: definitionOf('anthropic'), ...endpoint },
  });
}

/** Sends one request through the transport of a run, to a server that answers once. */
async function exchange(
  { status, headers, body }: Response,
  request: Partial<ChatRequest> = {},
  technique: Technique = 'tool',
  env: Record<string, string> = { TEST_KEY: testKey },
): Promise<Exchange> {
  const model = request.model ?? claude();
  let sent: Pick<Exchange, 'body' | 'headers'> = { body: {}, headers: {} };
  serve = async (request, response) => {
    const requestBody = JSON.parse(await text(request)) as JsonObject;
    sent = { body: requestBody, headers: request.headers as Record<string, string> };
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  const outcome = await createTransports(env)(model).send(
    { model, messages: [{ role: 'user', content: 'Label this issue.' }], ...request },
    technique,
    new AbortController().signal,
  );
  return { ...sent, outcome };
}

describe('an exchange with Anthropic', () => {
  it.each(recordings.map((recording) => [recording.title, recording] as const))(
    '%s',
    async (_title, { parameters, messages, schema, technique, sends, response, answer }) => {
      const request = { model: claude(parameters), messages, ...(schema ? { schema } : {}) };
      const { body, outcome } = await exchange(response, request, technique);
      expect(outcome).toEqual({ ok: true, value: answer });
      if (sends) expect(body).toEqual(sends);
    },
  );
});

describe('what is sent', () => {
  const fine: Response = { status: 200, body: { content: [{ type: 'text', text: 'ok' }] } };

  it('has the key in its own header, the version, and the headers of the provider', async () => {
    const model = claude({}, { headers: { 'anthropic-beta': 'context-1m-2025-08-07' } });
    const { headers } = await exchange(fine, { model });
    expect(headers).toMatchObject({
      'x-api-key': testKey,
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'context-1m-2025-08-07',
    });
    expect(headers).not.toHaveProperty('authorization');
  });

  it('says who it is, and nothing about the machine', async () => {
    const { headers } = await exchange(fine);
    expect(headers['user-agent']).toBe('dd-recipes');
    expect(Object.keys(headers).filter((name) => name.startsWith('x-'))).toEqual(['x-api-key']);
  });

  it('has nothing of the environment but the key that the provider names', async () => {
    const foreign = {
      ANTHROPIC_API_KEY: 'not for you',
      ANTHROPIC_AUTH_TOKEN: 'not for you either',
      ANTHROPIC_BASE_URL: 'https://elsewhere.example',
    };
    Object.assign(process.env, foreign);
    try {
      const { headers, outcome } = await exchange(fine, { model: claude({}, { keyVariable: undefined }) });
      expect(outcome.ok).toBe(true);
      expect(JSON.stringify(headers)).not.toContain('not for you');
    } finally {
      for (const name of Object.keys(foreign)) delete process.env[name];
    }
  });

  it('says the schema in the prompt where that is the technique', async () => {
    const { body } = await exchange(fine, { schema: labelSchema }, 'prompt');
    expect(Object.keys(body).toSorted()).toEqual(['max_tokens', 'messages', 'model']);
    expect(JSON.stringify(body['messages'])).toContain('<response_schema>');
  });

  it('never streams', async () => {
    const { body } = await exchange(fine, { model: claude({ extra_body: { stream: true } }) });
    expect(body).not.toHaveProperty('stream');
  });

  it.each([
    ['is not set', {}, 'no key for the provider acme: TEST_KEY is not set'],
    ['cannot be sent', { TEST_KEY: 'sk-test\u2028secret' }, 'TEST_KEY holds characters that no key has'],
  ])('is nothing at all when the key %s', async (_why, env, message) => {
    let calls = 0;
    serve = (_request, response) => {
      calls += 1;
      response.end('{}');
    };
    const model = claude({}, { url: 'http://models.example' });
    const outcome = await createTransports(env)(model).send(
      { model, messages: [] },
      'tool',
      new AbortController().signal,
    );
    expect(outcome).toMatchObject({ ok: false, error: { class: 'auth' } });
    expect(JSON.stringify(outcome)).toContain(message);
    expect(JSON.stringify(outcome)).not.toContain('secret');
    expect(calls).toBe(0);
  });
});

describe('an error', () => {
  it.each(errors.map((recorded) => [recorded.title, recorded] as const))('%s', async (_title, recorded) => {
    const { outcome } = await exchange(recorded);
    if (outcome.ok) throw new Error('expected an error');
    const expected = JSON.stringify(recorded.error).replace('https://api.anthropic.example', host);
    expect(outcome.error).toMatchObject(JSON.parse(expected) as JsonObject);
    for (const mark of ['refusesParameter', 'refusesSchema'] as const)
      expect(outcome.error[mark]).toBe(recorded.error[mark]);
  });

  it.each<[Technique, string]>([
    ['tool', 'Thinking may not be enabled when tool_choice forces tool use.'],
    [
      'tool',
      'tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level',
    ],
    ['json_schema', "'claude-3-haiku-20240307' does not support output format."],
    ['json_schema', 'output_config: Extra inputs are not permitted'],
    [
      'json_schema',
      'output_config.format.schema: For "object" type, "additionalProperties" must be set to false',
    ],
  ])('says that %s is to blame: %s', async (technique, message) => {
    const body = { type: 'error', error: { type: 'invalid_request_error', message } };
    const { outcome } = await exchange({ status: 400, body }, { schema: labelSchema }, technique);
    expect(outcome).toMatchObject({ ok: false, error: { class: 'invalid-request', refusesSchema: true } });
  });

  it('never shows the key, even if the server does', async () => {
    const body = { type: 'error', error: { type: 'authentication_error', message: `bad key ${testKey}` } };
    const { outcome } = await exchange({ status: 401, body });
    expect(outcome).toMatchObject({ error: { message: 'acme answered 401: bad key [key]' } });
  });

  it('of the address is found without a call', async () => {
    const model = claude({}, { url: 'nonsense' });
    const outcome = await createTransports({ TEST_KEY: testKey })(model).send(
      { model, messages: [] },
      'tool',
      new AbortController().signal,
    );
    expect(outcome).toMatchObject({
      ok: false,
      error: { class: 'invalid-request', message: expect.stringContaining('its endpoint is not a URL') },
    });
  });

  it('of the connection says that the server could not be reached', async () => {
    serve = (request) => request.socket.resetAndDestroy();
    const model = claude();
    const outcome = await createTransports({ TEST_KEY: testKey })(model).send(
      { model, messages: [] },
      'tool',
      new AbortController().signal,
    );
    expect(outcome).toMatchObject({ ok: false, error: { class: 'network' } });
  });
});

describe('a server that does not answer', () => {
  function hang(parameters: SettledParameters, signal: AbortSignal): Promise<Result<Answer, CallError>> {
    serve = () => undefined;
    const model = claude(parameters);
    return createTransports({ TEST_KEY: testKey })(model).send({ model, messages: [] }, 'tool', signal);
  }
  afterEach(() => server.closeAllConnections());

  it('is given up after the timeout of the model', async () => {
    expect(await hang({ timeout: 0.02 }, new AbortController().signal)).toMatchObject({
      ok: false,
      error: { class: 'timeout', message: 'acme did not answer within 0.02 s' },
    });
  });

  it('is cut off with the run', async () => {
    const stop = new AbortController();
    const outcome = hang({}, stop.signal);
    stop.abort();
    expect(await outcome).toMatchObject({ ok: false, error: { class: 'stopped' } });
  });
});
