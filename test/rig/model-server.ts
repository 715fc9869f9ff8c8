/**
 * A scripted model server: an OpenAI-compatible endpoint on 127.0.0.1 whose every answer the test decides.
 *
 * Step by step, each request answered by hand:
 *
 *     const server = await startModelServer();
 *     const answer = models.ask(question);             // or a spawned program with OPENAI_BASE_URL=server.url
 *     const call = await server.next();                // the oldest request that was not taken yet
 *     expect(call.prompt).toContain('…');
 *     call.status(429, { headers: { 'retry-after': '1' } });
 *     (await server.next()).reply({ label: 'bug' });   // objects are sent as JSON text
 *     await server.close();
 *
 * Or by rule, for runs with many requests:
 *
 *     server.handle((call) => call.index === 3 ? call.reset() : call.reply(validAnswer(call)));
 *
 * A handler may leave a call alone; it then waits for `next()`. Every request is kept in `server.calls`.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { isObject, type Json, type JsonObject, type JsonSchema } from '../../src/core/json.js';
import type { ChatMessage } from '../../src/models/types.js';
import { listenOn, listenOnFreePort } from './ports.js';

export interface ModelServer {
  /** Base URL, ending in `/v1`: an `endpoint:` of a recipe, or OPENAI_BASE_URL. */
  readonly url: string;
  /** Every chat request so far, in the order of arrival. */
  readonly calls: readonly ModelCall[];
  /** Requests that were received and not yet answered. */
  readonly inFlight: number;
  /** The most there ever were at once. */
  readonly maxInFlight: number;
  /** The oldest request that neither the handler nor an earlier `next` has taken; waits for one. */
  next(): Promise<ModelCall>;
  /** Answers from now on, waiting requests included. Without an argument: back to `next`. */
  handle(handler?: (call: ModelCall) => void | Promise<void>): void;
  /** Closes the port and cuts every connection, as when the machine goes down: who comes now is refused. */
  vanish(): Promise<void>;
  /** Opens the same port again. */
  comeBack(): Promise<void>;
  /** Cuts every connection. Pending `next()`s reject. */
  close(): Promise<void>;
}

/** One POST to `/chat/completions`, `/embeddings` or `/images/generations`. Answer it once, with one of its functions. */
export interface ModelCall {
  /** `/chat/completions`, … */
  readonly path: string;
  /** Counted from 0. */
  readonly index: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  /** The texts of all messages, in order, with blank lines between. */
  readonly prompt: string;
  /** How the request asks for JSON; `undefined` when it asks for text. */
  readonly technique: 'json_schema' | 'prompt' | undefined;
  /** The schema, from `response_format` or from the prompt. */
  readonly schema: JsonSchema | undefined;
  readonly answered: boolean;
  /** Resolves when the response is sent or the connection is gone, whichever side closed it. */
  readonly closed: Promise<void>;

  /** A completion with this text; anything else is sent as JSON text. */
  reply(content: Json, options?: ReplyOptions): void;
  /** An error status. A body that is no string is sent as JSON. */
  status(code: number, options?: { readonly headers?: Record<string, string>; readonly body?: Json }): void;
  /** Cuts the connection without an answer. */
  reset(): void;
  /** Never answers. The connection stays open until the client gives up. */
  hang(): void;
  /** A 200 with a web page, as a proxy's login screen. */
  html(): void;
  /** A 200 with exactly this body. */
  raw(body: string | Uint8Array, contentType?: string): void;
  /** The first half of a completion, then a cut connection. */
  partial(): void;
  /** A completion with this text that arrives in pieces, one after the other. */
  drip(content: Json): void;
}

export interface ReplyOptions {
  /** As OpenAI spells it; `null` leaves it out. Default: 10 prompt and 5 completion tokens. */
  readonly usage?: JsonObject | null;
  readonly finishReason?: string;
  readonly reasoning?: string;
  /** Further keys of the message, such as `refusal`. */
  readonly message?: JsonObject;
}

const PATHS = new Set(['/v1/chat/completions', '/v1/embeddings', '/v1/images/generations']);

export async function startModelServer(): Promise<ModelServer> {
  const calls: ModelCall[] = [];
  const untaken: ModelCall[] = [];
  const takers: { resolve: (call: ModelCall) => void; reject: (error: Error) => void }[] = [];
  let handler: ((call: ModelCall) => void | Promise<void>) | undefined;
  let inFlight = 0;
  let maxInFlight = 0;

  const offer = async (call: ModelCall): Promise<void> => {
    await handler?.(call);
    if (call.answered) return;
    const taker = takers.shift();
    if (taker) taker.resolve(call);
    else untaken.push(call);
  };

  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'GET' && request.url === '/v1/models') {
      return void response.setHeader('content-type', 'application/json').end('{"object":"list","data":[]}');
    }
    if (request.method !== 'POST' || !PATHS.has(request.url ?? '')) {
      return void response.writeHead(404).end('no such path');
    }
    const body = JSON.parse(await textOf(request)) as JsonObject;
    const call = createCall(calls.length, request, response, body);
    inFlight += 1;
    maxInFlight = Math.max(maxInFlight, inFlight);
    response.once('close', () => (inFlight -= 1));
    calls.push(call);
    await offer(call);
  };

  const server = createServer((request, response) => {
    receive(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  // A connection that the server drops for idleness just as the client reuses it would look like a reset.
  server.keepAliveTimeout = 0;
  const vanish = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const port = await listenOnFreePort(server);

  return {
    url: `http://127.0.0.1:${port}/v1`,
    calls,
    get inFlight() {
      return inFlight;
    },
    get maxInFlight() {
      return maxInFlight;
    },
    next: () =>
      new Promise((resolve, reject) => {
        const call = untaken.shift();
        if (call) resolve(call);
        else takers.push({ resolve, reject });
      }),
    handle: (next) => {
      handler = next;
      for (const call of next ? untaken.splice(0) : []) if (!call.answered) void offer(call);
    },
    vanish,
    comeBack: () => listenOn(server, port),
    close: () => {
      for (const taker of takers.splice(0)) taker.reject(new Error('the model server was closed'));
      return vanish();
    },
  };
}

function createCall(
  index: number,
  request: IncomingMessage,
  response: ServerResponse,
  body: JsonObject,
): ModelCall {
  const messages = (body.messages ?? []) as unknown as readonly ChatMessage[];
  const texts = [body.input ?? body.prompt ?? []].flat() as readonly Json[];
  const prompt = [...messages.map(({ content }) => wordsOf(content)), ...texts].join('\n\n');
  const wireSchema = schemaOfResponseFormat(body.response_format);
  const promptSchema = schemaOfPrompt(prompt);
  let answered = false;
  const answerWith = (act: () => void): void => {
    if (answered) throw new Error(`call ${index} was answered already`);
    answered = true;
    act();
  };
  const send = (code: number, contentType: string, payload: string | Uint8Array, headers = {}): void =>
    answerWith(() => response.writeHead(code, { 'content-type': contentType, ...headers }).end(payload));

  return {
    index,
    path: (request.url ?? '').replace(/^\/v1/, ''),
    headers: request.headers,
    body,
    model: String(body.model),
    messages,
    prompt,
    technique: wireSchema ? 'json_schema' : promptSchema ? 'prompt' : undefined,
    schema: wireSchema ?? promptSchema,
    get answered() {
      return answered;
    },
    closed: new Promise((resolve) => response.once('close', resolve)),

    reply: (content, options) =>
      send(200, 'application/json', completion(String(body.model), content, options)),
    status: (code, { headers, body: reason = { error: { message: `scripted ${code}` } } } = {}) =>
      typeof reason === 'string'
        ? send(code, 'text/plain', reason, headers)
        : send(code, 'application/json', JSON.stringify(reason), headers),
    reset: () => answerWith(() => request.socket.resetAndDestroy()),
    hang: () => answerWith(() => undefined),
    html: () => send(200, 'text/html', '<!doctype html><title>Sign in</title>'),
    raw: (payload, contentType = 'application/json') => send(200, contentType, payload),
    partial: () =>
      answerWith(() => {
        const whole = completion(String(body.model), 'an answer that never ends');
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length });
        response.write(whole.slice(0, whole.length / 2), () => request.socket.destroy());
      }),
    drip: (content) =>
      answerWith(() => {
        const whole = completion(String(body.model), content);
        const size = Math.ceil(whole.length / 16);
        response.writeHead(200, { 'content-type': 'application/json' });
        const next = (from: number): void => {
          if (from >= whole.length) return void response.end();
          response.write(whole.slice(from, from + size), () => setTimeout(next, 5, from + size));
        };
        next(0);
      }),
  };
}

function completion(model: string, content: Json, options: ReplyOptions = {}): string {
  const { usage = { prompt_tokens: 10, completion_tokens: 5 }, finishReason = 'stop', reasoning } = options;
  return JSON.stringify({
    id: 'chatcmpl-scripted',
    object: 'chat.completion',
    created: 0,
    model,
    choices: [
      {
        index: 0,
        finish_reason: finishReason,
        message: {
          role: 'assistant',
          content: typeof content === 'string' || content === null ? content : JSON.stringify(content),
          ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
          ...options.message,
        },
      },
    ],
    ...(usage === null ? {} : { usage }),
  });
}

/** The words of a content; images and the like are left out. */
function wordsOf(content: Json): string {
  if (!Array.isArray(content)) return String(content);
  return content.map((part: Json) => (isObject(part) && part.type === 'text' ? part.text : '')).join('');
}

function schemaOfResponseFormat(format: Json | undefined): JsonSchema | undefined {
  const wire = isObject(format) && isObject(format.json_schema) ? format.json_schema.schema : undefined;
  return isObject(wire) ? wire : undefined;
}

/** The last schema in the prompt, between the tags that `schemaInstructions` writes. */
function schemaOfPrompt(prompt: string): JsonSchema | undefined {
  const start = prompt.lastIndexOf('<response_schema>\n');
  const end = prompt.indexOf('\n</response_schema>', start);
  if (start < 0 || end < 0) return undefined;
  return JSON.parse(prompt.slice(start + '<response_schema>\n'.length, end)) as JsonSchema;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
