/**
 * A model server whose answers depend on the prompt alone, so that two programs that word their own additions
 * differently get the same answers. The recordings of `test/parity` were made against the same rules.
 *
 * The key of an answer is what stands in `KEY<…>` of the first user message, else its first 300 characters. Words in a
 * prompt: `FAIL400` (refused), `FENCED` (JSON inside a fence with text around it), `NOREASON` (no reasoning).
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isObject, type Json, type JsonObject } from '../../src/core/json.js';

export interface PromptServer {
  /** Without a path: chat and embeddings are below `/v1`, the remote validator is `/validate`. */
  readonly origin: string;
  close(): Promise<void>;
}

export async function startPromptServer(): Promise<PromptServer> {
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const { status = 200, body } = answerTo(request.url ?? '', await bodyOf(request));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    answer().catch((error: unknown) => response.destroy(error as Error));
  });
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly status?: number;
  readonly body: Json;
}

function answerTo(url: string, body: JsonObject): Answer {
  if (url.endsWith('/validate')) return { body: { data: list(body.data).map(validated) } };
  if (url.endsWith('/embeddings')) return { body: embeddings(body) };
  if (url.endsWith('/images/generations')) return { body: { created: 1, data: [{ b64_json: PNG }] } };
  if (url.endsWith('/chat/completions')) return chat(body);
  return { body: { object: 'list', data: [{ id: 'ok', object: 'model' }] } };
}

function chat(body: JsonObject): Answer {
  const messages = list(body.messages).filter(isObject);
  const text = messages.map(textOf).join('\n');
  const first = messages.filter(({ role }) => role === 'user').map(textOf)[0] ?? '';
  const key = /KEY<(.*?)>/s.exec(first)?.[1] ?? first.slice(0, 300);
  if (text.includes('FAIL400')) {
    return {
      status: 400,
      body: { error: { message: 'refused by policy', type: 'invalid_request_error' } },
    };
  }
  const calledTool = messages.some(({ role }) => role === 'tool');
  const tool = list(body.tools).find(isObject);
  const schema = schemaOf(body) ?? schemaIn(text);
  const says = (content: string): JsonObject => ({ content });
  const message =
    tool && !schema && !calledTool
      ? { content: null, tool_calls: [toolCall(tool, key)] }
      : says(schema ? structured(schema, key, text) : isCodeWanted(text) ? code(key, text) : words(8, key));
  const promptTokens = Math.floor(text.length / 4);
  return {
    body: {
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model: body.model ?? null,
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls' in message ? 'tool_calls' : 'stop',
          message: {
            role: 'assistant',
            ...message,
            ...(text.includes('NOREASON') ? {} : { reasoning_content: `thought of ${key}` }),
          },
        },
      ],
      usage: { prompt_tokens: promptTokens, completion_tokens: 9, total_tokens: promptTokens + 9 },
    },
  };
}

const WORDS = 'amber basin cedar delta ember fjord grove heath inlet jetty'.split(' ');
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

/** 48 bits of the SHA-256 of the parts. */
const hash = (...parts: readonly (string | number)[]): number =>
  createHash('sha256').update(parts.join('\0')).digest().readUIntBE(0, 6);

const words = (count: number, ...parts: readonly string[]): string =>
  Array.from({ length: count }, (_, index) => WORDS[hash(...parts, index) % WORDS.length]).join(' ');

const isCodeWanted = (text: string): boolean =>
  /code block/i.test(text) || (/code/i.test(text) && /fence/i.test(text));

function code(key: string, text: string): string {
  const number = hash(key) % 9;
  if (/sql/i.test(text)) return `\`\`\`sql\nSELECT ${number} FROM t\n\`\`\``;
  if (/typescript/i.test(text)) return `\`\`\`typescript\nconst a = ${number};\n\`\`\``;
  return `Sure.\n\`\`\`python\nimport os\n\n\ndef f():\n    return ${number}\n\`\`\`\n`;
}

function structured(schema: JsonObject, key: string, text: string): string {
  const said = spaced(valueOf(schema, key, schema));
  return text.includes('FENCED') ? `Here:\n\`\`\`json\n${said}\n\`\`\`\nDone.` : said;
}

/** A value that fits the schema. Depends on the key and the path alone, so two wordings of a schema give one answer. */
function valueOf(schema: Json | undefined, key: string, root: JsonObject, path = '', depth = 0): Json {
  if (!isObject(schema) || depth > 12) return 'x';
  const below = (inner: Json | undefined, at = ''): Json => valueOf(inner, key, root, path + at, depth + 1);
  const size = hash(key, path);
  if (typeof schema.$ref === 'string') return below(resolve(root, schema.$ref));
  if (schema.const !== undefined) return schema.const;
  const choices = list(schema.enum).toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
  if (choices.length > 0) return choices[size % choices.length] ?? null;
  for (const branches of [list(schema.anyOf), list(schema.oneOf)]) {
    const branch = branches.find((some) => isObject(some) && some.type !== 'null') ?? branches[0];
    if (branch !== undefined) return below(branch);
  }
  if (list(schema.allOf).length > 0) return below(list(schema.allOf)[0]);
  const type = Array.isArray(schema.type) ? schema.type.find((some) => some !== 'null') : schema.type;
  if (type === 'object' || schema.properties !== undefined) {
    const properties = Object.entries(isObject(schema.properties) ? schema.properties : {});
    if (properties.length === 0 && isObject(schema.additionalProperties))
      return { extra: below(schema.additionalProperties, '/extra') };
    return Object.fromEntries(properties.map(([name, inner]) => [name, below(inner, `/${name}`)]));
  }
  const limit = (name: string, otherwise: number): number => Number(schema[name] ?? otherwise);
  if (type === 'array') {
    const length = Math.min(limit('maxItems', 2), Math.max(limit('minItems', 1), 2));
    const items = schema.items ?? { type: 'string' };
    return Array.from({ length }, (_, index) => below(items, `/${index}`));
  }
  const low = limit('minimum', 0);
  const high = limit('maximum', 10);
  if (type === 'integer') return Math.trunc(low + (size % Math.max(1, Math.trunc(high - low) + 1)));
  if (type === 'number') return Number((low + ((size % 1000) / 1000) * (high - low)).toFixed(3));
  if (type === 'boolean') return size % 2 === 0;
  if (type === 'null') return null;
  let text = words(4, key, path);
  while (text.length < limit('minLength', 0)) text += ' more';
  return text.slice(0, limit('maxLength', text.length));
}

const resolve = (root: JsonObject, pointer: string): Json =>
  pointer
    .replace(/^[#/]+/, '')
    .split('/')
    .reduce<Json>((at, part) => (isObject(at) ? (at[part] ?? {}) : {}), root);

function toolCall(tool: JsonObject, key: string): JsonObject {
  const { name = '', parameters = {} } = isObject(tool.function) ? tool.function : {};
  const schema = isObject(parameters) ? parameters : {};
  const args = spaced(valueOf(schema, key, schema));
  return { id: 'call_1', type: 'function', function: { name, arguments: args } };
}

function validated(row: Json): Json {
  const [value = ''] = isObject(row) ? Object.values(row) : [];
  const { length } = String(value);
  return { is_valid: length > 3, length };
}

function embeddings({ input, dimensions, model = null }: JsonObject): JsonObject {
  const texts = Array.isArray(input) ? input : [input];
  const vector = (text: string): number[] =>
    Array.from({ length: Number(dimensions ?? 4) }, (_, at) => (hash(text, at) % 1000) / 1000);
  const data = texts.map((text, index) => ({
    object: 'embedding',
    index,
    embedding: vector(String(text)),
  }));
  return { object: 'list', model, usage: { prompt_tokens: 1, total_tokens: 1 }, data };
}

function schemaOf({ response_format: format }: JsonObject): JsonObject | undefined {
  const wire = isObject(format) && isObject(format.json_schema) ? format.json_schema.schema : undefined;
  return isObject(wire) ? wire : undefined;
}

/** Of a model that is asked for JSON by its prompt, as beside tools. */
function schemaIn(text: string): JsonObject | undefined {
  const written = /<response_schema>(?:(?!<response_schema>).)*?(?=<\/response_schema>)/s.exec(text)?.[0];
  return written === undefined
    ? undefined
    : (JSON.parse(written.slice(written.indexOf('>') + 1)) as JsonObject);
}

const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

const textOf = ({ content }: JsonObject): string =>
  typeof content === 'string'
    ? content
    : list(content)
        .map((block) => (isObject(block) ? String(block.text ?? '') : ''))
        .join('\n');

/** JSON text as Python writes it: traces of the recordings hold it. */
function spaced(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}: ${spaced(inner)}`);
  return `{${entries.join(', ')}}`;
}

async function bodyOf(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as JsonObject;
}
