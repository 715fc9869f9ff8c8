/**
 * One server of tools: a session that all rows share, opened for the first call and again after the server has ended. It
 * is opened so often only, until a call succeeds: a server that always ends would be started without end.
 */
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { McpProviderConfig } from '../core/config.js';
import { DEFAULTS } from '../core/defaults.js';
import { isObject, nestsTooDeep, type Json, type JsonObject } from '../core/json.js';
import { onAbort } from '../core/on-abort.js';
import { oneLine } from '../core/one-line.js';
import { version } from '../core/package-folder.js';
import { err, ok, type Result } from '../core/result.js';
import type { CallError, ToolDefinition, ToolResult } from '../models/types.js';
import { hideKey } from '../models/wire/hide-keys.js';
import { programEnvironment, secretsOf, type Environment } from './environment.js';
import { loadMcpSdk, type McpSdk } from './load-sdk.js';
import { createRemoteTransport } from './remote-transport.js';
import { createStdioTransport } from './stdio-transport.js';
import { readToolResult } from './tool-result.js';

export interface ToolServer {
  /** The tools, by name. Asked once. */
  list(): Promise<Result<readonly ToolDefinition[], CallError>>;
  /** @param seconds until the call is given up, which the model is told */
  call(
    tool: string,
    given: JsonObject,
    seconds: number,
    signal: AbortSignal,
  ): Promise<Result<ToolResult, CallError>>;
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly provider: McpProviderConfig;
  /** Where programs are started, and paths in their arguments begin. */
  readonly folder: string;
  readonly env: Environment;
}

type Client = InstanceType<McpSdk['Client']>;

interface Session {
  readonly sdk: McpSdk;
  readonly client: Client;
  /** Why it ended, if the server said so. */
  readonly lastWords: () => string;
}

/** Sessions that end before a call has succeeded. */
const mostFailures = 4;

/** Calls of one server at the same time. */
const mostCalls = 8;

/** Pages of a list of tools, and tools in all of them. */
const mostPages = 50;
const mostTools = 500;

export function createToolServer({ provider, folder, env }: ServerOptions): ToolServer {
  const { name } = provider;
  const secrets = secretsOf(provider, env);
  const hide = (text: string): string => secrets.reduce(hideKey, text);
  const hidden = (result: ToolResult): ToolResult => ({ ...result, text: hide(result.text) });
  const permits = createPermits(mostCalls);
  let opening: Promise<Result<Session, CallError>> | undefined;
  let connecting: Transport | undefined;
  let listing: Promise<Result<readonly ToolDefinition[], CallError>> | undefined;
  let failures = 0;
  let isClosed = false;

  const server: ToolServer = {
    list: () => (listing ??= list()),
    async call(tool, given, seconds, signal) {
      if (!(await permits.acquire(signal))) return err(cutOff);
      try {
        return await callTwice(tool, given, seconds, signal);
      } finally {
        permits.release();
      }
    },
    async close() {
      isClosed = true;
      // A server that does not come up is not waited for.
      await connecting?.close();
      const session = await opening;
      if (session?.ok) await session.value.client.close().catch(() => undefined);
    },
  };
  return server;

  /** A call that ends the server is made once more with a new one; the second time the model is told. */
  async function callTwice(
    tool: string,
    given: JsonObject,
    seconds: number,
    signal: AbortSignal,
  ): Promise<Result<ToolResult, CallError>> {
    for (let isSecond = false; ; isSecond = true) {
      const session = await open();
      if (!session.ok) return session;
      const { sdk, client, lastWords } = session.value;
      // The SDK leaves its listener at the signal, and the run's own lasts longer than a call.
      const own = new AbortController();
      const removeListener = onAbort(signal, () => own.abort());
      if (signal.aborted) own.abort();
      try {
        const result = await client.request(
          { method: 'tools/call', params: { name: tool, arguments: given } },
          sdk.types.ResultSchema,
          { timeout: seconds * 1000, signal: own.signal },
        );
        failures = 0;
        return ok(hidden(readToolResult(result as unknown as JsonObject)));
      } catch (error) {
        if (signal.aborted) return err(cutOff);
        const told = toldToModel(error, sdk, seconds);
        if (told !== undefined) return ok(hidden({ text: `Error: ${told}`, isError: true }));
        const refused = refusedKey(error);
        if (refused) return err(refused);
        await letGo(session.value);
        if (isSecond)
          return ok({ text: 'Error: the server ended while this tool was running', isError: true });
        failures += 1;
        if (failures > mostFailures) return err(ended(lastWords() || wordsOf(error, hide)));
      } finally {
        removeListener();
      }
    }
  }

  async function list(): Promise<Result<readonly ToolDefinition[], CallError>> {
    const session = await open();
    if (!session.ok) return session;
    const { sdk, client, lastWords } = session.value;
    const found = new Map<string, ToolDefinition>();
    let cursor: string | undefined;
    try {
      for (let page = 0; page < mostPages; page += 1) {
        const listed = await client.request(
          { method: 'tools/list', params: cursor === undefined ? {} : { cursor } },
          sdk.types.ListToolsResultSchema,
          { timeout: DEFAULTS.tool_timeout * 1000 },
        );
        if (nestsTooDeep(listed.tools as unknown as Json))
          return err(ended('its list of tools is nested too deeply'));
        for (const tool of listed.tools) found.set(tool.name, definitionOf(tool));
        cursor = listed.nextCursor;
        if (cursor === undefined) break;
      }
    } catch (error) {
      return err(isClosed ? cutOff : (refusedKey(error) ?? ended(lastWords() || wordsOf(error, hide))));
    }
    if (found.size > mostTools) return err(ended(`it has ${found.size} tools, and ${mostTools} are read`));
    // In an order of its own, so that requests are the same when a server lists them in another.
    return ok([...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1)));
  }

  function open(): Promise<Result<Session, CallError>> {
    if (isClosed) return Promise.resolve(err(cutOff));
    if (failures > mostFailures) return Promise.resolve(err(ended('it was started again too often')));
    return (opening ??= connect());
  }

  async function letGo(session: Session): Promise<void> {
    const current = await opening;
    if (current?.ok && current.value === session) opening = undefined;
    await session.client.close().catch(() => undefined);
  }

  async function connect(): Promise<Result<Session, CallError>> {
    const loaded = await loadMcpSdk();
    if (!loaded.ok) return loaded;
    const sdk = loaded.value;
    const client = new sdk.Client({ name: 'dd', version: version() }, { capabilities: {} });
    const opened =
      provider.provider_type === 'stdio'
        ? programTransport(sdk)
        : await createRemoteTransport(provider, env, sdk);
    if (!opened.ok) return opened;
    const { transport, lastWords } = opened.value;
    const session: Session = { sdk, client, lastWords };
    client.onclose = () => {
      opening = undefined;
    };
    connecting = transport;
    try {
      await client.connect(transport, { timeout: DEFAULTS.tool_timeout * 1000 });
      return ok(session);
    } catch (error) {
      await client.close().catch(() => undefined);
      await transport.close().catch(() => undefined);
      opening = undefined;
      failures += 1;
      return err(isClosed ? cutOff : (refusedKey(error) ?? ended(lastWords() || wordsOf(error, hide))));
    } finally {
      connecting = undefined;
    }
  }

  function programTransport(sdk: McpSdk): Result<
    {
      readonly transport: ReturnType<typeof createStdioTransport>;
      readonly lastWords: () => string;
    },
    never
  > {
    if (provider.provider_type !== 'stdio') throw new Error('no program');
    const { command, args = [], env: own = {} } = provider;
    const options = { command, args, folder, env: programEnvironment(own, env) };
    const transport = createStdioTransport(options, sdk, secrets);
    return ok({ transport, lastWords: transport.lastWords });
  }

  function refusedKey(error: unknown): CallError | undefined {
    const code = isObject(error) ? Number(error['code']) : 0;
    if (code !== 401 && code !== 403) return undefined;
    const variable = provider.provider_type === 'stdio' ? undefined : provider.api_key;
    return {
      class: 'auth',
      message: `the tool provider \`${name}\` refused the key (${code})`,
      hint:
        variable === undefined
          ? 'name the environment variable that holds its key in `api_key`'
          : `check ${variable}`,
    };
  }

  function ended(why: string): CallError {
    return { class: 'network', message: hide(`the tool provider \`${name}\` cannot be used: ${why}`) };
  }
}

const cutOff: CallError = { class: 'stopped', message: 'the run was stopped before this tool had answered' };

/** @param hide takes keys out, before the text is cut */
function wordsOf(error: unknown, hide: (text: string) => string): string {
  if (!(error instanceof Error)) return 'it gave no answer';
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return oneLine(hide(`${error.message}${cause}`));
}

/** What the tool or the server said about the call; `undefined` where the session is lost. */
function toldToModel(error: unknown, { types }: McpSdk, seconds: number): string | undefined {
  if (!(error instanceof types.McpError)) return undefined;
  if (error.code === types.ErrorCode.ConnectionClosed) return undefined;
  if (error.code === types.ErrorCode.RequestTimeout) return `the tool did not answer within ${seconds} s`;
  return error.message;
}

function definitionOf({
  name,
  description,
  inputSchema,
}: {
  readonly name: string;
  readonly description?: string | undefined;
  readonly inputSchema: object;
}): ToolDefinition {
  return {
    name,
    ...(description === undefined ? {} : { description }),
    parameters: inputSchema as unknown as JsonObject & Json as ToolDefinition['parameters'],
  };
}

interface Permits {
  /** False where the signal came first. */
  acquire(signal: AbortSignal): Promise<boolean>;
  release(): void;
}

function createPermits(most: number): Permits {
  const waiting = new Set<(isMine: boolean) => void>();
  let used = 0;
  return {
    async acquire(signal) {
      if (signal.aborted) return false;
      if (used < most) {
        used += 1;
        return true;
      }
      return new Promise<boolean>((resolve) => {
        const settle = (isMine: boolean): void => {
          waiting.delete(settle);
          removeListener();
          resolve(isMine);
        };
        const removeListener = onAbort(signal, () => settle(false));
        waiting.add(settle);
      });
    },
    release() {
      const [next] = waiting;
      if (next) next(true);
      else used -= 1;
    },
  };
}
