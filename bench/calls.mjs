/**
 * What one call costs, beside a bare undici loop and a bare openai-SDK loop. See bench/README.md.
 *
 *     node bench/calls.mjs [--in-flight 1,16,64,256] [--rounds N] [--calls N] [--only NAME]
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startModelServer } from './model-server.mjs';

const MESSAGES = [
  { role: 'system', content: 'You write short, correct answers.' },
  { role: 'user', content: `Summarise what follows. ${'Some words of a prompt. '.repeat(15)}` },
];
const PARAMETERS = { temperature: 0.6, max_tokens: 512 };
const BODY = { model: 'bench', messages: MESSAGES, ...PARAMETERS };

/** What is compared: each makes a function that makes one call, in a process of its own. */
const CONTENDERS = {
  undici: ({ url }) => bareUndici(url),
  'openai SDK': async ({ url }) => {
    const { OpenAI } = await import('openai');
    const client = new OpenAI({ baseURL: url, apiKey: 'bench', maxRetries: 0, logLevel: 'off' });
    return () => client.chat.completions.create(BODY);
  },
  "dd's wire": async ({ url }) => {
    const { createTransports } = await import('../dist/models/wire/transports.js');
    const model = await modelAt(url);
    const transport = createTransports({ BENCH_KEY: 'bench' })(model);
    const { signal } = new AbortController();
    setMaxListeners(0, signal);
    return () => answered(transport.send({ model, messages: MESSAGES }, 'prompt', signal));
  },
  "dd's models": async ({ url, inFlight }) => {
    const { createMemoryStore } = await import('../dist/models/cached-requests.js');
    return modelsWith(createMemoryStore(), url, inFlight);
  },
  'undici, answers stored': async ({ url, folder }) => {
    const [call, store] = [await bareUndici(url), await openStore(folder)];
    return async (index) => {
      const { choices, usage } = await call();
      const key = createHash('sha256').update(`row ${index}`).digest('hex');
      await store.put(key, { text: choices[0].message.content, finishReason: 'stop', usage });
    };
  },
  "dd's models, answers stored": async ({ url, inFlight, folder }) =>
    modelsWith(await openStore(folder), url, inFlight),
};

/** What each is a share of. */
const BASELINES = { "dd's models, answers stored": 'undici, answers stored' };

const { values } = parseArgs({
  options: {
    'in-flight': { type: 'string', default: '1,16,64,256' },
    rounds: { type: 'string', default: '3' },
    calls: { type: 'string', default: '5000' },
    only: { type: 'string' },
    /** Used by the bench itself, for its child processes. */
    measure: { type: 'string' },
    url: { type: 'string' },
  },
});
const calls = Number(values.calls);
let made = 0;

if (values.measure) await measureInFolder(values.measure);
else await compare();

/** Runs all contenders in turn, several rounds, so that what else the machine does hits them alike. */
async function compare() {
  const names = Object.keys(CONTENDERS).filter((name) => !values.only || name === values.only);
  const server = await startModelServer();
  try {
    for (const inFlight of values['in-flight'].split(',')) {
      const rounds = Array.from({ length: Number(values.rounds) }, () =>
        Object.fromEntries(names.map((name) => [name, measureApart(name, inFlight, server.url)])),
      );
      print(inFlight, names, rounds);
    }
  } finally {
    server.stop();
  }
}

function measureApart(name, inFlight, url) {
  const args = [`--measure=${name}`, `--in-flight=${inFlight}`, `--calls=${calls}`, `--url=${url}`];
  return JSON.parse(execFileSync(process.execPath, [...process.execArgv, import.meta.filename, ...args]));
}

function print(inFlight, names, rounds) {
  console.log(row(`${inFlight} in flight`, 'calls/s', 'CPU ms', 'of bare'));
  for (const name of names) {
    const baseline = BASELINES[name] ?? 'undici';
    const ratios = rounds.map((round) => (round[baseline]?.cpuMs ?? NaN) / round[name].cpuMs);
    const rate = median(rounds.map((round) => round[name].rate));
    const cpuMs = median(rounds.map((round) => round[name].cpuMs));
    console.log(row(name, rate.toFixed(0), cpuMs.toFixed(3), `${(median(ratios) * 100).toFixed(0)} %`));
  }
  console.log();
}

async function measureInFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), 'dd-calls-'));
  try {
    const inFlight = Number(values['in-flight']);
    const call = await CONTENDERS[name]({ url: values.url, inFlight, folder });
    // What is measured is a long run, compiled.
    await makeCalls(calls / 2, inFlight, call);
    console.log(JSON.stringify(await makeCalls(calls, inFlight, call)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** So many callers, each with its next call as soon as the last is answered. */
async function makeCalls(count, inFlight, call) {
  const last = made + count;
  const start = performance.now();
  const cpu = process.cpuUsage();
  const caller = async () => {
    while (made < last) await call((made += 1));
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const { user, system } = process.cpuUsage(cpu);
  return { rate: (count / (performance.now() - start)) * 1000, cpuMs: (user + system) / 1000 / count };
}

async function bareUndici(url) {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent();
  const headers = { 'content-type': 'application/json', authorization: 'Bearer bench' };
  return async () => {
    const body = JSON.stringify(BODY);
    const answer = await request(`${url}/chat/completions`, { method: 'POST', headers, body, dispatcher });
    return answer.body.json();
  };
}

async function modelsWith(store, url, inFlight) {
  const { createModels } = await import('../dist/models/models.js');
  const { createTransports } = await import('../dist/models/wire/transports.js');
  const models = createModels({
    models: new Map([['bench', await modelAt(url, inFlight)]]),
    transportFor: createTransports({ BENCH_KEY: 'bench' }),
    store,
    runConfig: {},
    emit: () => undefined,
    stop: new AbortController().signal,
    abort: new AbortController().signal,
  });
  return (index) =>
    answered(
      models.ask({
        alias: 'bench',
        column: 'text',
        messages: MESSAGES,
        rowId: `row ${index}`,
        priority: index,
      }),
    );
}

async function modelAt(url, inFlight = 1) {
  const { providers } = await import('../dist/models/providers/registry.js');
  return {
    alias: 'bench',
    model: 'bench',
    endpoint: {
      provider: 'bench',
      definition: providers.find(({ name }) => name === 'openai'),
      url,
      keyVariable: 'BENCH_KEY',
      headers: {},
      extraBody: {},
    },
    parameters: { ...PARAMETERS, max_parallel_requests: inFlight },
    structuredOutput: 'auto',
    prices: undefined,
  };
}

async function openStore(folder) {
  const { openAnswerStore } = await import('../dist/answer-store/answer-store.js');
  return openAnswerStore(folder);
}

async function answered(promise) {
  const outcome = await promise;
  if (!outcome.ok) throw new Error(outcome.error.message);
  return outcome.value;
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function row(name, ...cells) {
  return name.padEnd(32) + cells.map((cell) => String(cell).padStart(10)).join('');
}
