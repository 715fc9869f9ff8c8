/**
 * A stand-in for OpenAI's files and batches on 127.0.0.1. Every answer, state and order of results is the test's.
 * Chat completions of the same server are answered by the same script, so that a dataset can be made online as well.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isObject, type Json, type JsonObject } from '../../src/core/json.js';

/** What the script says to one request: a text or JSON as the answer, a response with an error, or no answer at all. */
export type Said =
  | { readonly text: Json; readonly usage?: JsonObject }
  | { readonly status: number; readonly body: Json }
  | 'unanswered';

export type Step = 'upload' | 'create' | 'list' | 'status' | 'content' | 'cancel';

export interface StandInBatch {
  readonly id: string;
  readonly body: JsonObject;
  readonly lines: readonly JsonObject[];
  /** What it says of itself, one after the other; the last for good. */
  states: string[];
  errors?: Json;
}

export interface BatchServer {
  readonly url: string;
  /** The steps so far, in order: `create`, … */
  readonly steps: readonly Step[];
  readonly batches: readonly StandInBatch[];
  /** Chat completions that were asked online. */
  readonly online: readonly JsonObject[];
  /** The headers of all requests. */
  readonly headers: readonly IncomingMessage['headers'][];
  /** What each request is answered, in a batch or online. */
  answer(script: (body: JsonObject, id: string) => Said): void;
  /** The states of the batches to come, by their number from 0. */
  states(script: (batch: number) => readonly string[]): void;
  /** `errors` of the batches to come. */
  errors(script: (batch: number) => Json | undefined): void;
  /** What becomes of the lines of results. Without an argument: the last first. */
  results(mangle?: (lines: readonly string[]) => string): void;
  /** A refusal in place of a step. */
  refuse(
    script: (step: Step, times: number) => { readonly status: number; readonly body: Json } | undefined,
  ): void;
  /**
   * Takes the next request of a step, and sends no answer, or half of one where it is `content`, until `release`.
   * Resolves when the server has done what was asked.
   */
  hold(step: Step): Promise<void>;
  release(): void;
  /** Forgets all batches and files. */
  forget(): void;
  close(): Promise<void>;
}

export async function startBatchServer(): Promise<BatchServer> {
  const files = new Map<string, string>();
  const batches: StandInBatch[] = [];
  const steps: Step[] = [];
  const online: JsonObject[] = [];
  const headers: IncomingMessage['headers'][] = [];
  let answer: (body: JsonObject, id: string) => Said = () => ({ text: 'an answer' });
  let states: (batch: number) => readonly string[] = () => ['completed'];
  let errors: (batch: number) => Json | undefined = () => undefined;
  const lastFirst = (lines: readonly string[]): string =>
    lines
      .toReversed()
      .map((line) => `${line}\n`)
      .join('');
  let mangle = lastFirst;
  let refuse: (
    step: Step,
    times: number,
  ) => { readonly status: number; readonly body: Json } | undefined = () => undefined;
  const holds: { readonly step: Step; readonly held: () => void }[] = [];
  const waiting: (() => void)[] = [];

  const send = (response: ServerResponse, status: number, body: Json): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

  /** Answers, unless the step is held. */
  const finish = (step: Step, response: ServerResponse, act: () => void, start?: () => void): void => {
    const index = holds.findIndex((hold) => hold.step === step);
    if (index < 0) return act();
    const [hold] = holds.splice(index, 1);
    start?.();
    waiting.push(() => {
      if (!response.destroyed) act();
    });
    hold?.held();
  };

  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    headers.push(request.headers);
    const body = await textOf(request);
    const path = (request.url ?? '').replace(/\?.*$/, '').replace(/^\/v1/, '');
    if (path === '/chat/completions') {
      const asked = JSON.parse(body) as JsonObject;
      online.push(asked);
      const said = responseTo(asked, answer(asked, 'online'));
      return send(response, said?.status ?? 503, said?.body ?? null);
    }
    const step = stepOf(request.method ?? '', path);
    if (!step) return send(response, 404, { error: { message: `no such path ${path}` } });
    steps.push(step);
    const refusal = refuse(step, steps.filter((each) => each === step).length);
    if (refusal) return send(response, refusal.status, refusal.body);
    const batch = batches.find(({ id }) => path.split('/').includes(id));
    switch (step) {
      case 'upload': {
        const id = `file-${files.size + 1}`;
        files.set(id, contentOf(body));
        return finish(step, response, () => send(response, 200, { id, object: 'file', purpose: 'batch' }));
      }
      case 'create': {
        const given = JSON.parse(body) as JsonObject;
        const lines = (files.get(String(given['input_file_id'])) ?? '')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as JsonObject);
        const index = batches.length;
        const said = errors(index);
        const made: StandInBatch = {
          id: `batch_${index + 1}`,
          body: given,
          lines,
          states: [...states(index)],
          ...(said !== undefined && { errors: said }),
        };
        batches.push(made);
        return finish(step, response, () => send(response, 200, describe(made)));
      }
      case 'list': {
        const data = batches.toReversed().map(describe);
        return finish(step, response, () => send(response, 200, { object: 'list', data, has_more: false }));
      }
      case 'status': {
        if (!batch) return send(response, 404, { error: { message: 'no such batch' } });
        const said = describe(batch);
        if (batch.states.length > 1) batch.states.shift();
        return finish(step, response, () => send(response, 200, said));
      }
      case 'cancel': {
        if (!batch) return send(response, 404, { error: { message: 'no such batch' } });
        batch.states = ['cancelled'];
        return finish(step, response, () => send(response, 200, describe(batch)));
      }
      case 'content': {
        const text = files.get(path.split('/')[2] ?? '') ?? '';
        const half = Math.floor(text.length / 2);
        let sent = 0;
        const start = (): void => {
          response.writeHead(200, { 'content-type': 'application/octet-stream' });
          response.write(text.slice(0, half));
          sent = half;
        };
        return finish(step, response, () => void response.end(text.slice(sent)), start);
      }
    }
  };

  /** A batch that has ended has its results in two files. */
  const describe = (batch: StandInBatch): JsonObject => {
    const [status = 'completed'] = batch.states;
    const { id, body, lines } = batch;
    const word = status.toLowerCase();
    const hasResults = ['completed', 'expired', 'cancelled'].includes(word);
    if (hasResults) writeResults(batch);
    return {
      id,
      object: 'batch',
      status,
      created_at: Math.floor(Date.now() / 1000),
      input_file_id: body['input_file_id'] ?? null,
      metadata: body['metadata'] ?? null,
      request_counts: { total: lines.length, completed: hasResults ? lines.length : 0, failed: 0 },
      ...(hasResults && { output_file_id: `${id}-output`, error_file_id: `${id}-errors` }),
      ...(batch.errors !== undefined && { errors: batch.errors }),
    };
  };

  const writeResults = ({ id, lines }: StandInBatch): void => {
    if (files.has(`${id}-output`)) return;
    const output: string[] = [];
    const failed: string[] = [];
    for (const line of lines) {
      const custom_id = String(line['custom_id']);
      const asked = isObject(line['body']) ? line['body'] : {};
      const said = responseTo(asked, answer(asked, custom_id));
      const isAnswer = said !== undefined && said.status < 300;
      const error = said ? null : { code: 'batch_expired', message: 'This request could not be executed.' };
      const response = said ? { status_code: said.status, request_id: 'r', body: said.body } : null;
      (isAnswer ? output : failed).push(JSON.stringify({ id: `r-${custom_id}`, custom_id, response, error }));
    }
    files.set(`${id}-output`, mangle(output));
    files.set(`${id}-errors`, lastFirst(failed));
  };

  const server = createServer((request, response) => {
    receive(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    steps,
    batches,
    online,
    headers,
    answer: (script) => void (answer = script),
    states: (script) => void (states = script),
    errors: (script) => void (errors = script),
    results: (next = lastFirst) => void (mangle = next),
    refuse: (script) => void (refuse = script),
    hold: (step) => new Promise((resolve) => void holds.push({ step, held: resolve })),
    release: () => {
      for (const go of waiting.splice(0)) go();
    },
    forget: () => {
      batches.length = 0;
      files.clear();
      steps.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function stepOf(method: string, path: string): Step | undefined {
  if (path === '/files') return 'upload';
  if (path === '/batches') return method === 'POST' ? 'create' : 'list';
  if (/^\/batches\/[^/]+$/.test(path)) return 'status';
  if (/^\/batches\/[^/]+\/cancel$/.test(path)) return 'cancel';
  return /^\/files\/[^/]+\/content$/.test(path) ? 'content' : undefined;
}

/** The file in a form. */
function contentOf(form: string): string {
  const start = form.indexOf('\r\n\r\n', form.indexOf('filename=')) + 4;
  return form.slice(start, form.indexOf('\r\n--', start));
}

function responseTo(
  asked: JsonObject,
  said: Said,
): { readonly status: number; readonly body: Json } | undefined {
  if (said === 'unanswered') return undefined;
  if ('status' in said) return said;
  const { text, usage = { prompt_tokens: 10, completion_tokens: 5 } } = said;
  const content = typeof text === 'string' ? text : JSON.stringify(text);
  const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }];
  return {
    status: 200,
    body: { id: 'c', object: 'chat.completion', model: asked['model'] ?? '', choices, usage },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
