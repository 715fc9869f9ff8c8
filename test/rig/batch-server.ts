/**
 * A stand-in for a provider's batches on 127.0.0.1, OpenAI's where nothing else is said. Every answer, state and order
 * of results is the test's. The same script answers what is asked online, so that a dataset can be made so as well.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isObject, type Json, type JsonObject } from '../../src/core/json.js';
import { openAi, type Dialect, type StandInBatch, type Step } from './batch-dialects.js';

export type { Step } from './batch-dialects.js';

type Response = {
  readonly status: number;
  readonly body: Json;
  readonly headers?: Readonly<Record<string, string>>;
};

/** What the script says to one request: a text or JSON as the answer, a response with an error, or no answer at all. */
export type Said =
  | { readonly text: Json; readonly usage?: JsonObject }
  | { readonly status: number; readonly body: Json }
  | 'unanswered';

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
  refuse(script: (step: Step, times: number, path: string) => Response | undefined): void;
  /** What batches say of themselves, in place of what they would. */
  describes(script: (said: JsonObject, batch: StandInBatch) => JsonObject): void;
  /**
   * Takes the next request of a step, and sends no answer, or half of one where it is `content`, until `release`.
   * Resolves when the server has done what was asked.
   */
  hold(step: Step): Promise<void>;
  release(): void;
  /** Takes the next so many requests to create a batch without an answer; `arrive` makes their batches. */
  loses(creates: number): void;
  arrive(): void;
  /** Makes one batch of requests with the same `Idempotency-Key`, as providers might. */
  honoursKeys(): void;
  /** The next so many lists lack the newest batch, as if its request were still processed. */
  listsLate(lists: number): void;
  /** Forgets all batches and files. */
  forget(): void;
  close(): Promise<void>;
}

export async function startBatchServer(dialect: Dialect = openAi): Promise<BatchServer> {
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
  let refuse: (step: Step, times: number, path: string) => Response | undefined = () => undefined;
  let describes: (said: JsonObject, batch: StandInBatch) => JsonObject = (said) => said;
  const holds: { readonly step: Step; readonly held: () => void }[] = [];
  const waiting: (() => void)[] = [];
  let lateLists = 0;
  let losses = 0;
  let honoursKeys = false;
  const late: (() => StandInBatch)[] = [];
  const byKey = new Map<string, () => StandInBatch>();

  const send = (response: ServerResponse, status: number, body: Json, more = {}): void =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...more })
      .end(JSON.stringify(body));

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
    const whole = (request.url ?? '').replace(/\?.*$/, '');
    const path = whole.startsWith(`${dialect.base}/`) ? whole.slice(dialect.base.length) : whole;
    if (path === dialect.online) {
      const asked = JSON.parse(body) as JsonObject;
      online.push(asked);
      const said = responseTo(asked, answer(asked, 'online'));
      return send(response, said?.status ?? 503, said?.body ?? null);
    }
    const before = dialect.before?.(request.url ?? '', origin());
    if (before) return void response.writeHead(200, before.headers).end();
    const step = dialect.stepOf(request.method ?? '', path);
    if (!step) return send(response, 404, { error: { message: `no such path ${path}` } });
    steps.push(step);
    const refusal = refuse(step, steps.filter((each) => each === step).length, path);
    if (refusal) return send(response, refusal.status, refusal.body, refusal.headers);
    const batch = batches.find(({ id }) => `${path}/`.includes(`/${id}/`));
    switch (step) {
      case 'upload': {
        const id = `file-${files.size + 1}`;
        files.set(id, dialect.contentOf(body));
        return finish(step, response, () => send(response, 200, dialect.uploaded(id)));
      }
      case 'create': {
        const given = JSON.parse(body) as JsonObject;
        const lines = dialect.linesOf(given, (id) => files.get(id) ?? '');
        if (typeof lines === 'string') return send(response, 400, { error: { message: lines } });
        let made: StandInBatch | undefined;
        const make = (): StandInBatch => {
          if (made) return made;
          const index = batches.length;
          const said = errors(index);
          made = {
            id: `batch_${index + 1}`,
            body: given,
            lines,
            createdAt: Date.now(),
            states: [...states(index)],
            ...(said !== undefined && { errors: said }),
          };
          batches.push(made);
          return made;
        };
        const key = String(request.headers['idempotency-key']);
        const once = (honoursKeys && byKey.get(key)) || make;
        byKey.set(key, once);
        if (losses > 0) {
          losses -= 1;
          late.push(once);
          return void response.destroy();
        }
        const batch = once();
        return finish(step, response, () => send(response, 200, describe(batch)));
      }
      case 'list': {
        const isLate = lateLists > 0;
        if (isLate) lateLists -= 1;
        const data = batches
          .toReversed()
          .slice(isLate ? 1 : 0)
          .map(describe);
        return finish(step, response, () => send(response, 200, dialect.list(data)));
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
        const text = files.get(batch ? outputOf(batch) : fileIn(path)) ?? '';
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
    const hasResults = ['completed', 'expired', 'cancelled'].includes(status.toLowerCase());
    if (hasResults) writeResults(batch, status.toLowerCase());
    const said = dialect.describe(batch, status, hasResults ? [outputOf(batch), `${batch.id}-errors`] : []);
    return describes(said, batch);
  };

  const writeResults = (batch: StandInBatch, status: string): void => {
    const { id, lines } = batch;
    if (files.has(outputOf(batch))) return;
    const output: string[] = [];
    const failed: string[] = [];
    for (const line of lines) {
      const custom_id = String(line['custom_id']);
      const asked = isObject(line['body']) ? line['body'] : {};
      const said = responseTo(asked, answer(asked, custom_id));
      const isAnswer = said !== undefined && said.status < 300;
      const result = JSON.stringify(dialect.result(custom_id, said, status));
      (isAnswer || !dialect.hasErrorFile ? output : failed).push(result);
    }
    files.set(outputOf(batch), mangle(output));
    files.set(`${id}-errors`, lastFirst(failed));
  };

  const outputOf = ({ id }: StandInBatch): string => `${id}-output`;
  const fileIn = (path: string): string =>
    [...files.keys()].find((id) => path.split(/[/:]/).includes(id)) ?? '';

  const responseTo = (asked: JsonObject, said: Said): Response | undefined => {
    if (said === 'unanswered') return undefined;
    if ('status' in said) return said;
    const { text, usage = usual } = said;
    const words = typeof text === 'string' ? text : JSON.stringify(text);
    return { status: 200, body: { ...dialect.answer(words, asked), usage } };
  };

  const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const server = createServer((request, response) => {
    receive(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${origin()}${dialect.base}`,
    steps,
    batches,
    online,
    headers,
    answer: (script) => void (answer = script),
    states: (script) => void (states = script),
    errors: (script) => void (errors = script),
    results: (next = lastFirst) => void (mangle = next),
    refuse: (script) => void (refuse = script),
    describes: (script) => void (describes = script),
    hold: (step) => new Promise((resolve) => void holds.push({ step, held: resolve })),
    release: () => {
      for (const go of waiting.splice(0)) go();
    },
    loses: (creates) => void (losses = creates),
    arrive: () => {
      for (const make of late.splice(0)) make();
    },
    honoursKeys: () => void (honoursKeys = true),
    listsLate: (lists) => void (lateLists = lists),
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

/** Both OpenAI's names and Anthropic's: each reads its own. */
const usual = { prompt_tokens: 10, completion_tokens: 5, input_tokens: 10, output_tokens: 5 };

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
