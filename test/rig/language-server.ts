import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isObject, type Json, type JsonObject } from '../../src/core/json.js';

const require = createRequire(import.meta.url);

export interface Position {
  /** Counted from 0, as the protocol does. */
  readonly line: number;
  readonly character: number;
}

/** The YAML language server, as an editor talks to it: LSP over stdio. It has no network. */
export interface LanguageServer {
  /** Opens a file with this text; what the server finds in it. */
  diagnose(file: string, text: string): Promise<readonly JsonObject[]>;
  /** Labels that are offered at a place of an opened file. */
  complete(file: string, position: Position): Promise<readonly string[]>;
  close(): Promise<void>;
}

const SETTINGS: JsonObject = {
  yaml: {
    validate: true,
    completion: true,
    schemaStore: { enable: false },
    kubernetesCRDStore: { enable: false },
  },
  http: {},
};

export async function startLanguageServer(folder: string): Promise<LanguageServer> {
  const program = require.resolve('yaml-language-server/bin/yaml-language-server');
  const child = spawn(process.execPath, [program, '--stdio'], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const answers = new Map<number, (result: Json) => void>();
  const published = new Map<string, (diagnostics: readonly JsonObject[]) => void>();
  let count = 0;

  const send = (message: JsonObject): void => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  };
  const request = (method: string, params: Json): Promise<Json> =>
    new Promise((resolve) => {
      count += 1;
      answers.set(count, resolve);
      send({ id: count, method, params });
    });
  const receive = ({ id, method, params, result }: JsonObject): void => {
    if (typeof method !== 'string') {
      answers.get(Number(id))?.(result ?? null);
    } else if (method === 'textDocument/publishDiagnostics' && isObject(params)) {
      const found = params['diagnostics'];
      published.get(String(params['uri']))?.(Array.isArray(found) ? found.filter(isObject) : []);
    } else if (id !== undefined) {
      send({ id, result: method === 'workspace/configuration' ? configuration(params ?? null) : null });
    }
  };
  child.stdout.on('data', messageReader(receive));

  const rootUri = pathToFileURL(folder).href;
  const capabilities = { workspace: { configuration: true }, textDocument: { publishDiagnostics: {} } };
  await request('initialize', { processId: process.pid, rootUri, capabilities });
  send({ method: 'initialized', params: {} });
  send({ method: 'workspace/didChangeConfiguration', params: { settings: SETTINGS } });

  const uriOf = (file: string): string => pathToFileURL(join(folder, file)).href;
  return {
    diagnose(file, text) {
      const uri = uriOf(file);
      const found = new Promise<readonly JsonObject[]>((resolve) => published.set(uri, resolve));
      send({
        method: 'textDocument/didOpen',
        params: { textDocument: { uri, languageId: 'yaml', version: 1, text } },
      });
      return found;
    },
    async complete(file, position) {
      const params = { textDocument: { uri: uriOf(file) }, position: { ...position } };
      const result = await request('textDocument/completion', params);
      const items = isObject(result) ? result['items'] : result;
      return Array.isArray(items) ? items.filter(isObject).map(({ label }) => String(label)) : [];
    },
    async close() {
      child.kill();
      await ended;
    },
  };
}

/** The server asks for sections by name. */
function configuration(params: Json): Json {
  const items = isObject(params) && Array.isArray(params['items']) ? params['items'].filter(isObject) : [];
  return items.map(({ section }) => SETTINGS[String(section)] ?? null);
}

/** Takes messages out of a stream: a header with the length, an empty line, and so many bytes of JSON. */
function messageReader(receive: (message: JsonObject) => void): (chunk: Buffer) => void {
  let buffer = Buffer.alloc(0);
  return (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const head = buffer.indexOf('\r\n\r\n');
      const length = Number(
        /Content-Length: (\d+)/i.exec(buffer.toString('latin1', 0, Math.max(0, head)))?.[1],
      );
      if (head < 0 || buffer.length < head + 4 + length) return;
      receive(JSON.parse(buffer.toString('utf8', head + 4, head + 4 + length)) as JsonObject);
      buffer = buffer.subarray(head + 4 + length);
    }
  };
}
