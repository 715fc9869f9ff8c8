/**
 * Responses as the servers' documentation has them, by hand. Each goes two ways: through our wire from a local
 * server, and through nock into the openai SDK with its own fetch, which is what ours is held against.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import nock from 'nock';
import { APIError, OpenAI } from 'openai';
import type { ChatCompletion, ChatCompletionCreateParamsNonStreaming } from 'openai/resources';
import { isObject, type Json, type JsonObject } from '../../src/core/json.js';
import { chatBody } from '../../src/models/wire/chat-body.js';
import type { Answer, CallError, ChatRequest } from '../../src/models/types.js';
import type { Result } from '../../src/core/result.js';
import { startModelServer, type ModelCall, type ModelServer } from '../rig/model-server.js';
import { labelSchema, modelAt, testKey, bareTransport } from './setup.js';

interface Fixture {
  readonly about: string;
  /** Where the shape is documented. */
  readonly source: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is a string. */
  readonly body: Json;
  readonly expected: { readonly answer: Answer } | { readonly error: Partial<CallError> };
  /** The class that the SDK throws; absent where it takes the response for an answer. */
  readonly sdkError?: string;
}

const folder = new URL('fixtures/openai/', import.meta.url);
const fixtures = readdirSync(folder).map((file): [string, Fixture] => [
  file.replace('.json', ''),
  JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture,
]);

const recorded = 'https://models.example';

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
  nock.disableNetConnect();
});
afterAll(async () => {
  nock.restore();
  await server.close();
});

function requestTo(url: string): ChatRequest {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Label this issue: ünïcode 🚀' },
  ] as const;
  return { model: modelAt(url, { temperature: 0.6, max_tokens: 64 }), messages, schema: labelSchema };
}

async function throughOurWire({
  status,
  headers,
  body,
}: Fixture): Promise<{ readonly sent: ModelCall; readonly outcome: Result<Answer, CallError> }> {
  const request = requestTo(server.url);
  const transport = bareTransport(request.model.endpoint, { TEST_KEY: testKey });
  const sending = transport.send(request, 'json_schema', new AbortController().signal);
  const sent = await server.next();
  sent.status(status, { headers, body });
  return { sent, outcome: await sending };
}

async function throughTheSdk({
  status,
  headers,
  body,
}: Fixture): Promise<{ readonly sent: JsonObject; readonly key: string; readonly outcome: unknown }> {
  let sent: JsonObject = {};
  let key = '';
  nock(recorded)
    .post('/v1/chat/completions')
    .reply(function reply(_path, requestBody) {
      sent = requestBody as JsonObject;
      key = String(this.req.headers['authorization']);
      return [status, typeof body === 'string' ? body : JSON.stringify(body), headers];
    });
  const client = new OpenAI({ baseURL: `${recorded}/v1`, apiKey: testKey, maxRetries: 0, logLevel: 'off' });
  const given = chatBody(requestTo(recorded), 'json_schema') as unknown;
  const outcome = await client.chat.completions
    .create(given as ChatCompletionCreateParamsNonStreaming)
    .catch((error: unknown) => error);
  return { sent, key, outcome };
}

describe.each(fixtures)('%s', (_name, fixture) => {
  const { expected } = fixture;

  it('is read by our wire as what it is', async () => {
    const { outcome } = await throughOurWire(fixture);
    if ('answer' in expected) expect(outcome).toEqual({ ok: true, value: expected.answer });
    else expect(outcome).toMatchObject({ ok: false, error: expected.error });
    expect(JSON.stringify(outcome)).not.toContain(testKey);
  });

  it('is read by the SDK alike', async () => {
    const { outcome } = await throughTheSdk(fixture);
    if (fixture.sdkError !== undefined) {
      expect(outcome).toBeInstanceOf(APIError);
      expect([(outcome as APIError).constructor.name, (outcome as APIError).status]).toEqual([
        fixture.sdkError,
        fixture.status,
      ]);
    } else if ('answer' in expected) {
      expect(answerOf(outcome as ChatCompletion)).toEqual(sharedPart(expected.answer));
    } else {
      // The SDK takes any 200 for an answer: this is what the wire looks into it for.
      expect(isObject(outcome)).toBe(true);
    }
  });

  it('answers the same request, whichever of the two sent it', async () => {
    const [ours, theirs] = await Promise.all([throughOurWire(fixture), throughTheSdk(fixture)]);
    expect(ours.sent.body).toEqual(theirs.sent);
    expect(ours.sent.headers.authorization).toBe(theirs.key);
  });
});

it('there is a fixture for each status that the SDK has a class for, and that a chat completion can have', () => {
  const { BadRequestError, AuthenticationError, PermissionDeniedError, NotFoundError } = OpenAI;
  const { RateLimitError, InternalServerError } = OpenAI;
  const covered = fixtures.map(([, { sdkError }]) => sdkError);
  expect(covered).toEqual(
    expect.arrayContaining(
      [
        BadRequestError,
        AuthenticationError,
        PermissionDeniedError,
        NotFoundError,
        RateLimitError,
        InternalServerError,
      ].map(({ name }) => name),
    ),
  );
});

/** What the SDK's types know of an answer. */
function answerOf({ model, choices, usage }: ChatCompletion): JsonObject {
  const message = choices[0]?.message;
  const call = message?.tool_calls?.[0];
  return {
    text: message?.content ?? message?.refusal ?? (call?.type === 'function' ? call.function.arguments : ''),
    model,
    input: usage?.prompt_tokens ?? null,
    output: usage?.completion_tokens ?? null,
    cached: usage?.prompt_tokens_details?.cached_tokens ?? null,
    reasoning: usage?.completion_tokens_details?.reasoning_tokens ?? null,
  };
}

function sharedPart({ text, model, usage }: Answer): JsonObject {
  const { input, output, cached, reasoning } = usage;
  return {
    text,
    model: model ?? '',
    input: input ?? null,
    output: output ?? null,
    cached: cached ?? null,
    reasoning: reasoning ?? null,
  };
}
