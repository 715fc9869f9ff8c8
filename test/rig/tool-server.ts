/**
 * A server of tools whose every answer the test decides. `relay` is the provider of a recipe: a program that asks this
 * server what to do (`tool-server.mjs`). Streamable HTTP is at `http`, and the older way at `sse`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Json, JsonObject } from '../../src/core/json.js';
import { projectDir } from './program.js';

/** A call that came in. Answer it once, or never. */
export interface SeenCall {
  readonly tool: string;
  readonly given: JsonObject;
  /** Of the program. */
  readonly pid: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, unknown>>;
  /** A result with this text. */
  text(text: string): void;
  /** A result as it is, or `{ crash: true }`, `{ flood: TEXT }`, `{ stderr: TEXT }` beside one. */
  result(result: JsonObject): void;
}

export interface ToolServer {
  /** As `command` and what follows, in YAML's flow style. */
  readonly relay: string;
  /** Address of the streamable HTTP server. */
  readonly http: string;
  /** Address of the server that sends its messages as events. */
  readonly sse: string;
  readonly calls: readonly SeenCall[];
  /** How often its tools were listed. */
  readonly listings: number;
  /** What it lists from now on. */
  list(tools: readonly JsonObject[]): void;
  next(): Promise<SeenCall>;
  handle(handler?: (call: SeenCall) => void): void;
  close(): Promise<void>;
}

export const ADD: JsonObject = {
  name: 'add',
  description: 'Add two numbers.',
  inputSchema: {
    type: 'object',
    properties: { a: { type: 'integer' }, b: { type: 'integer' } },
    required: ['a', 'b'],
  },
};

const RELAY = join(projectDir, 'test', 'rig', 'tool-server.mjs');

export async function startToolServer(): Promise<ToolServer> {
  const calls: SeenCall[] = [];
  const untaken: SeenCall[] = [];
  const takers: ((call: SeenCall) => void)[] = [];
  let handler: ((call: SeenCall) => void) | undefined;
  let tools: readonly JsonObject[] = [ADD];
  let listings = 0;

  const sessions = new Map<string, SSEServerTransport>();
  const offer = (
    seen: JsonObject,
    headers: SeenCall['headers'],
    answer: (result: JsonObject) => void,
  ): void => {
    const call = {
      ...(seen as unknown as SeenCall),
      headers,
      text: (text: string) => answer({ content: [{ type: 'text', text }] }),
      result: answer,
    };
    calls.push(call);
    const taker = handler ?? takers.shift();
    if (taker) taker(call);
    else untaken.push(call);
  };
  const listed = (): JsonObject => {
    listings += 1;
    return { tools };
  };

  const server = createServer((request, response) => {
    void receive(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const say = (body: Json): void => void response.end(JSON.stringify(body));
    if (request.url === '/list') return say(listed());
    if (request.url === '/call')
      return offer(JSON.parse(await textOf(request)) as JsonObject, request.headers, say);
    if (request.url === '/elsewhere')
      return void response.writeHead(307, { location: 'http://localhost:9/mcp' }).end();
    const { pathname, searchParams } = new URL(request.url ?? '', origin);
    if (pathname === '/messages')
      return sessions.get(searchParams.get('sessionId') ?? '')?.handlePostMessage(request, response);
    const mcp = new Server({ name: 'http', version: '1.0.0' }, { capabilities: { tools: {} } });
    mcp.setRequestHandler(ListToolsRequestSchema, () => listed() as never);
    mcp.setRequestHandler(
      CallToolRequestSchema,
      ({ params }) =>
        new Promise<never>((resolve) =>
          offer({ tool: params.name, given: params.arguments as JsonObject }, request.headers, (result) =>
            resolve(result as never),
          ),
        ),
    );
    if (pathname === '/sse') {
      const events = new SSEServerTransport('/messages', response);
      sessions.set(events.sessionId, events);
      return mcp.connect(events);
    }
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined as never });
    await mcp.connect(transport as Transport);
    await transport.handleRequest(request, response);
  }

  return {
    relay: `command: ${JSON.stringify(process.execPath)}, args: [${JSON.stringify(RELAY)}], env: { CONTROL_URL: "${origin}" }`,
    http: `${origin}/mcp`,
    sse: `${origin}/sse`,
    calls,
    get listings() {
      return listings;
    },
    list: (next) => (tools = next),
    next: () =>
      new Promise((resolve) => {
        const call = untaken.shift();
        if (call) resolve(call);
        else takers.push(resolve);
      }),
    handle: (next) => {
      handler = next;
      for (const call of next ? untaken.splice(0) : []) next?.(call);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
