/** How the batch APIs of providers differ, for the stand-in server. The states are in OpenAI's words for all of them. */
import { isObject, type Json, type JsonObject } from '../../src/core/json.js';
import { openAiModel, smallRecipe, textColumn } from './small-recipe.js';

/** A response to a request, online or in a batch. */
export interface Said {
  readonly status: number;
  readonly body: Json;
}

export type Step = 'upload' | 'create' | 'list' | 'status' | 'content' | 'cancel';

export interface StandInBatch {
  readonly id: string;
  readonly body: JsonObject;
  /** `custom_id` and `body` of each request. */
  readonly lines: readonly JsonObject[];
  readonly createdAt: number;
  /** What it says of itself, one after the other; the last for good. */
  states: string[];
  errors?: Json;
}

export interface Dialect {
  /** Two levels of columns over the sessions beside it. */
  recipe(url: string): string;
  environment(url: string, key: string): Readonly<Record<string, string>>;
  /** The path of the base URL. */
  readonly base: string;
  /** Where a request is answered online. */
  readonly online: string;
  stepOf(method: string, path: string): Step | undefined;
  /** The response to what is no step: the first half of an upload. */
  before?(path: string, origin: string): { readonly headers: Readonly<Record<string, string>> } | undefined;
  contentOf(upload: string): string;
  uploaded(id: string): JsonObject;
  /** The requests of a new batch; a text is why it is refused. */
  linesOf(body: JsonObject, file: (id: string) => string): readonly JsonObject[] | string;
  answer(text: string, asked: JsonObject): JsonObject;
  describe(batch: StandInBatch, status: string, results: readonly string[]): JsonObject;
  list(batches: readonly JsonObject[]): JsonObject;
  /** One line of results; `undefined` says that it was not asked. */
  result(custom_id: string, said: Said | undefined, status: string): JsonObject;
  /** Whether what was not answered is in a file of its own. */
  readonly hasErrorFile: boolean;
  /** Whether the requests are a file that is uploaded first. */
  readonly uploads: boolean;
}

const twoColumns = [textColumn('note', 'first'), textColumn('again', 'first', 'note')];
const contentOfForm = (form: string): string => {
  const start = form.indexOf('\r\n\r\n', form.indexOf('filename=')) + 4;
  return form.slice(start, form.indexOf('\r\n--', start));
};
const linesOfText = (text: string): readonly JsonObject[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JsonObject);

export const openAi: Dialect = {
  recipe: () =>
    smallRecipe({
      models: [openAiModel('first', ', prices: { input: 1, output: 1 }')],
      columns: twoColumns,
    }),
  environment: (url, key) => ({ OPENAI_BASE_URL: url, OPENAI_API_KEY: key }),
  base: '/v1',
  online: '/chat/completions',
  stepOf(method, path) {
    if (path === '/files') return 'upload';
    if (path === '/batches') return method === 'POST' ? 'create' : 'list';
    if (/^\/batches\/[^/]+$/.test(path)) return 'status';
    if (/^\/batches\/[^/]+\/cancel$/.test(path)) return 'cancel';
    return /^\/files\/[^/]+\/content$/.test(path) ? 'content' : undefined;
  },
  contentOf: contentOfForm,
  uploaded: (id) => ({ id, object: 'file', purpose: 'batch' }),
  linesOf: (body, file) => linesOfText(file(String(body['input_file_id']))),
  answer: (content, asked) => ({
    id: 'c',
    object: 'chat.completion',
    model: asked['model'] ?? 'gpt-first',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
  }),
  describe: ({ id, body, lines, createdAt, errors }, status, [output, failed]) => ({
    id,
    object: 'batch',
    status,
    created_at: Math.floor(createdAt / 1000),
    input_file_id: body['input_file_id'] ?? null,
    metadata: body['metadata'] ?? null,
    request_counts: { total: lines.length, completed: output === undefined ? 0 : lines.length, failed: 0 },
    ...(output !== undefined && { output_file_id: output, error_file_id: failed ?? null }),
    ...(errors !== undefined && { errors }),
  }),
  list: (data) => ({ object: 'list', data: [...data], has_more: false }),
  result(custom_id, said) {
    const error = said ? null : { code: 'batch_expired', message: 'This request could not be executed.' };
    const response = said ? { status_code: said.status, request_id: 'r', body: said.body } : null;
    return { id: `r-${custom_id}`, custom_id, response, error };
  },
  hasErrorFile: true,
  uploads: true,
};

/** @see https://platform.claude.com/docs/en/api/creating-message-batches */
export const anthropic: Dialect = {
  recipe: () =>
    smallRecipe({
      models: [
        '{ alias: first, provider: anthropic, model: claude-first, prices: { input: 1, output: 1 }, inference_parameters: { max_parallel_requests: 1 } }',
      ],
      columns: twoColumns,
    }),
  environment: (url, key) => ({ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: key }),
  base: '/v1',
  online: '/messages',
  stepOf(method, path) {
    if (path === '/messages/batches') return method === 'POST' ? 'create' : 'list';
    if (/^\/messages\/batches\/[^/]+$/.test(path)) return 'status';
    if (/^\/messages\/batches\/[^/]+\/cancel$/.test(path)) return 'cancel';
    return /^\/messages\/batches\/[^/]+\/results$/.test(path) ? 'content' : undefined;
  },
  contentOf: (upload) => upload,
  uploaded: () => ({}),
  linesOf({ requests }) {
    const given = (requests as readonly JsonObject[]).map(({ custom_id, params }) => ({
      custom_id: String(custom_id),
      body: params ?? null,
    }));
    const odd = given.find(({ custom_id, body }) => !/^[\w-]{1,64}$/.test(custom_id) || !isObject(body));
    const ids = new Set(given.map(({ custom_id }) => custom_id));
    return odd || ids.size < given.length ? `requests: invalid custom_id ${odd?.custom_id}` : given;
  },
  answer: (text, asked) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: asked['model'] ?? '',
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
  }),
  describe({ id, lines, createdAt }, status, [output]) {
    const isEnded = output !== undefined;
    const words = new Map([['validating', 'in_progress'], ['cancelling', 'canceling']]); // prettier-ignore
    const count = isEnded ? 0 : lines.length;
    const cut = { canceled: status === 'cancelled' ? 1 : 0, expired: status === 'expired' ? 1 : 0 };
    return {
      id,
      type: 'message_batch',
      processing_status: isEnded ? 'ended' : (words.get(status) ?? status),
      request_counts: {
        processing: count,
        succeeded: lines.length - count - cut.canceled - cut.expired,
        errored: 0,
        ...cut,
      },
      created_at: new Date(createdAt).toISOString(),
      results_url: isEnded ? `http://127.0.0.1:9/elsewhere/${id}` : null,
    };
  },
  list: (data) => ({ data: [...data], has_more: false, first_id: null, last_id: null }),
  result(custom_id, said, status) {
    if (!said) return { custom_id, result: { type: status === 'cancelled' ? 'canceled' : 'expired' } };
    if (said.status < 300) return { custom_id, result: { type: 'succeeded', message: said.body } };
    return { custom_id, result: { type: 'errored', error: said.body } };
  },
  hasErrorFile: false,
  uploads: false,
};

const declared = (name: string, url: string): string =>
  smallRecipe({
    providers: [`{ name: ${name}, endpoint: "${url}", api_key: OTHER_API_KEY }`],
    models: [
      `{ alias: first, provider: ${name}, model: other-first, prices: { input: 1, output: 1 }, inference_parameters: { max_parallel_requests: 1 } }`,
    ],
    columns: twoColumns,
  });

/** @see https://docs.mistral.ai/api/endpoint/batch */
export const mistral: Dialect = {
  ...openAi,
  recipe: (url) => declared('mistral', url),
  environment: (_url, key) => ({ OTHER_API_KEY: key }),
  stepOf(method, path) {
    if (path === '/batch/jobs') return method === 'POST' ? 'create' : 'list';
    if (/^\/batch\/jobs\/[^/]+$/.test(path)) return 'status';
    if (/^\/batch\/jobs\/[^/]+\/cancel$/.test(path)) return 'cancel';
    return path.startsWith('/files') ? openAi.stepOf(method, path) : undefined;
  },
  linesOf({ input_files, model, endpoint }, file) {
    const [input] = input_files as readonly string[];
    const lines = linesOfText(file(String(input)));
    const isOdd = model !== 'other-first' || endpoint !== '/v1/chat/completions';
    return isOdd ? 'a batch needs its model and endpoint' : lines;
  },
  answer: (content, asked) => openAi.answer(content, { ...asked, model: 'other-first' }),
  describe({ id, body, lines, createdAt }, status, [output, failed]) {
    const words = new Map([
      ['validating', 'QUEUED'],
      ['in_progress', 'RUNNING'],
      ['completed', 'SUCCESS'],
      ['expired', 'TIMEOUT_EXCEEDED'],
      ['cancelling', 'CANCELLATION_REQUESTED'],
      ['cancelled', 'CANCELLED'],
    ]);
    return {
      id,
      object: 'batch',
      status: words.get(status) ?? status.toUpperCase(),
      created_at: Math.floor(createdAt / 1000),
      input_files: body['input_files'] ?? [],
      metadata: body['metadata'] ?? null,
      total_requests: lines.length,
      succeeded_requests: output === undefined ? 0 : lines.length,
      failed_requests: 0,
      errors: [],
      output_file: output ?? null,
      error_file: failed ?? null,
    };
  },
  list: (data) => ({ object: 'list', data: [...data], total: data.length }),
  /** What was not asked has no line; an error is JSON in a text. */
  result(custom_id, said) {
    if (!said) return {};
    const body = said.status < 300 ? said.body : JSON.stringify(said.body);
    return { id: `b-${custom_id}`, custom_id, response: { status_code: said.status, body }, error: null };
  },
};

/** @see https://ai.google.dev/gemini-api/docs/openai#batch */
export const gemini: Dialect = {
  ...openAi,
  recipe: (url) => declared('gemini', url),
  environment: (_url, key) => ({ OTHER_API_KEY: key }),
  base: '/v1beta/openai',
  stepOf(method, path) {
    if (path === '/upload/session') return 'upload';
    if (/^\/download\/v1beta\/files\/[\w-]+:download$/.test(path)) return 'content';
    return path.startsWith('/batches') ? openAi.stepOf(method, path) : undefined;
  },
  before: (path, origin) =>
    path === '/upload/v1beta/files'
      ? { headers: { 'x-goog-upload-url': `${origin}/upload/session` } }
      : undefined,
  contentOf: (upload) => upload,
  uploaded: (id) => ({ file: { name: `files/${id}` } }),
  linesOf: ({ input_file_id }, file) => linesOfText(file(String(input_file_id).replace('files/', ''))),
  describe(batch, status, results) {
    const words = new Map([
      ['validating', 'JOB_STATE_PENDING'],
      ['in_progress', 'JOB_STATE_RUNNING'],
      ['completed', 'JOB_STATE_PARTIALLY_SUCCEEDED'],
      ['expired', 'JOB_STATE_EXPIRED'],
      ['cancelled', 'JOB_STATE_CANCELLED'],
    ]);
    const files = results.map((name) => `files/${name}`);
    return openAi.describe(batch, words.get(status) ?? status, files);
  },
};
