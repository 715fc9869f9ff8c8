import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { canonicalJson } from '../../src/core/json.js';
import { madeFiles, storedAnswers, until } from '../rig/kill.js';
import { pngOf } from '../rig/media.js';
import { startModelServer, type ModelCall, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, projectDir, type Ended, type Workspace } from '../rig/program.js';
import { startToolServer, type ToolServer } from '../rig/tool-server.js';
import { validAnswer } from '../rig/valid-answer.js';

/** Pictures that are described and painted; prices that a tool adds up; offers of both, which a model judges. */
const recipe = (relay: string): string => `name: shop
model_configs:
  - { alias: main, provider: openai, model: gpt-test, inference_parameters: { max_parallel_requests: 2 } }
  - { alias: painter, provider: openai, model: gpt-image-1, inference_parameters: { max_parallel_requests: 2 } }
mcp_providers: [{ name: till, provider_type: stdio, ${relay.replace('env: {', 'env: { LIFE: "${OPENAI_API_KEY}",')} }]
tool_configs: [{ tool_alias: kit, providers: [till] }]
stages:
  - name: pictures
    seed_config: { source: { seed_type: local, path: photos/things.csv } }
    columns:
      - { name: seen, column_type: llm-text, model_alias: main, prompt: "Seen {{ thing }}", multi_modal_context: [{ column_name: photo }] }
      - { name: poster, column_type: image, model_alias: painter, prompt: "Poster {{ seen }}" }
  - name: prices
    seed_config: { source: { seed_type: rows, rows: [{ thing: cup, cost: 1 }, { thing: hat, cost: 2 }, { thing: pen, cost: 3 }] } }
    columns:
      - { name: price, column_type: llm-text, model_alias: main, tool_alias: kit, with_trace: all_messages, prompt: "Price {{ thing }} {{ cost }}" }
    processors: [{ name: dear, processor_type: sort, by: cost, order: desc }]
  - name: offers
    needs: [prices, pictures]
    join: { on: thing }
    columns:
      - name: verdict
        column_type: llm-judge
        model_alias: main
        prompt: "Judge {{ thing }} {{ price }}"
        multi_modal_context: [{ column_name: poster }]
        scores: [{ name: good, description: how good, options: { 1: good, 0: bad } }]
      - { name: line, column_type: expression, expr: "{{ seen }} for {{ price }}: {{ verdict.good.score }}" }
`;
const THINGS = ['cup', 'hat', 'pen'];

/** When a run is killed: at a question of this name, unanswered, or at the n-th thing that it does to a file. */
type Death = AtQuestion | AtFile;

interface AtQuestion {
  readonly at: RegExp;
}

interface AtFile {
  readonly file: string;
  readonly number: number;
  readonly answers: RegExp;
}

const deaths: readonly Death[] = [
  { at: /^Seen hat/ },
  // An image that is half written, and one that is being put into the dataset of a later stage.
  { file: '.media/images', number: 2, answers: /^Seen cup|^Poster/ },
  // A call of the tool, and the turn of the model after it.
  { at: /^add/ },
  { at: /^Price .* after 1/ },
  { at: /^Judge hat/ },
  { file: 'shop.pictures/images', number: 1, answers: /^Judge/ },
];

/** A question to a model or a tool. */
interface Asked {
  readonly what: string;
  readonly key: string;
  isAnswered: boolean;
}

let models: ModelServer;
let tools: ToolServer;
let workspace: Workspace;

beforeEach(async () => {
  [models, tools, workspace] = await Promise.all([startModelServer(), startToolServer(), createWorkspace()]);
  await workspace.write('recipe.yaml', recipe(tools.relay));
  await mkdir(workspace.path('photos'));
  for (const thing of THINGS) await writeFile(workspace.path('photos', `${thing}.png`), pngOf(thing));
  const lines = ['thing,photo', ...THINGS.map((thing) => `${thing},${thing}.png`)];
  await workspace.write('photos/things.csv', lines.join('\n'));
});
afterEach(async () => {
  await Promise.all([models.close(), tools.close(), workspace.remove()]);
});

/** Results of tools that a request has. */
const turnsIn = ({ body }: ModelCall): number =>
  [body['messages'] ?? []].flat().filter((message) => canonicalJson(message).includes('"role":"tool"'))
    .length;

const nameOf = (call: ModelCall): string => {
  const turns = turnsIn(call);
  return `${call.prompt.split('\n')[0] ?? ''}${turns === 0 ? '' : ` after ${turns}`}`;
};

/** Prices are added up in two turns; all else is answered at once. */
function answer(call: ModelCall): void {
  if (call.path === '/images/generations')
    return call.raw(JSON.stringify({ data: [{ b64_json: pngOf(call.prompt).toString('base64') }] }));
  if (call.prompt.startsWith('Judge')) return call.reply(validAnswer(call));
  if (call.prompt.startsWith('Seen')) return call.reply(`<${call.prompt}>`);
  const cost = Number(/\d/.exec(call.prompt)?.[0]);
  const turns = turnsIn(call);
  if (turns === 2) return call.reply(String(3 * cost));
  const given = JSON.stringify({ a: cost, b: cost * (turns + 1) });
  const called = { id: `call_${turns}`, type: 'function', function: { name: 'add', arguments: given } };
  call.reply('', { finishReason: 'tool_calls', message: { tool_calls: [called] } });
}

/** Runs the recipe into a folder, to its end or its death. What was asked is added to `asked`. */
async function live(folder: string, asked: Asked[], death?: Death): Promise<Ended> {
  const life = `key-of-${folder}-${asked.length}-${deaths.findIndex((one) => one === death)}`;
  let isOver = false;
  const end = async (): Promise<void> => {
    isOver = true;
    const answered = asked.filter(({ isAnswered }) => isAnswered).length;
    await until(async () => (await storedAnswers(workspace.path(folder, '.dd', 'cells'))) >= answered);
    program?.kill('SIGKILL');
  };
  /** True for what is to be answered. A late question of a run that was killed is not. */
  const isNext = (what: string, key: string, of: string | undefined): boolean => {
    const one: Asked = { what, key, isAnswered: false };
    asked.push(one);
    if (isOver || of !== life) return false;
    if (death && ('at' in death ? death.at : death.answers).test(what) === 'at' in death) {
      if ('at' in death) void end();
      return false;
    }
    one.isAnswered = true;
    return true;
  };
  models.handle((call) => {
    const of = call.headers.authorization?.replace('Bearer ', '');
    if (isNext(nameOf(call), canonicalJson(call.body), of)) answer(call);
    else call.hang();
  });
  tools.handle((call) => {
    const { a, b } = call.given;
    const what = `add ${String(a)} ${String(b)}`;
    if (isNext(what, what, call.env['LIFE'])) call.text(String(Number(a) + Number(b)));
  });
  const faults = pathToFileURL(join(projectDir, 'test/rig/fs-faults.mjs')).href;
  const args = [
    'run',
    'recipe.yaml',
    '--quiet',
    '--allow-tools',
    '--artifact-path',
    join(folder, 'artifacts'),
  ];
  const env = {
    HOME: '/no/such/home',
    OPENAI_BASE_URL: models.url,
    OPENAI_API_KEY: life,
    ...(death &&
      'file' in death && {
        NODE_OPTIONS: `--import=${faults}`,
        DD_TEST_FAULT: `kill:${death.number}:${death.file}`,
      }),
  };
  const program = death && workspace.start(args, env);
  const ended = await (program?.ended ?? workspace.run(args, env));
  isOver = true;
  return ended;
}

/** What was asked for though it had been answered. */
const repeated = (asked: readonly Asked[]): readonly string[] => {
  const answered = new Set<string>();
  return asked.flatMap(({ what, key, isAnswered }) => {
    const isRepeated = answered.has(key);
    if (isAnswered) answered.add(key);
    return isRepeated ? [what] : [];
  });
};

const answeredIn = (asked: readonly Asked[]): readonly string[] =>
  asked.flatMap(({ what, isAnswered }) => (isAnswered ? [what] : [])).sort();

it('a run with images, tools and stages that is killed in each of them ends with the same bytes, and repeats nothing that is stored', async () => {
  const whole: Asked[] = [];
  expect(await live('whole', whole)).toMatchObject({ code: 0, stderr: '' });
  expect(whole).toHaveLength(THINGS.length * (2 + 3 + 2 + 1));
  const files = await madeFiles(workspace.path('whole'));
  const made = Object.entries(files).map(([name, one]) => {
    const paths = Object.keys(one as object);
    return [
      name,
      paths.filter((path) => path.startsWith('data/part-')),
      paths.filter((path) => path.startsWith('images/')).length,
    ];
  });
  const parts = ['data/part-00000.jsonl', 'data/part-00000.parquet'];
  expect(made).toEqual([
    ['shop.offers', parts, THINGS.length],
    ['shop.pictures', parts, THINGS.length],
    ['shop.prices', parts, 0],
  ]);

  const asked: Asked[] = [];
  for (const death of deaths) {
    const { signal, stderr } = await live('killed', asked, death);
    expect({ death, signal, stderr }).toEqual({ death, signal: 'SIGKILL', stderr: '' });
  }
  expect(await live('killed', asked)).toMatchObject({ code: 0, stderr: '' });
  expect(repeated(asked)).toEqual([]);
  expect(answeredIn(asked)).toEqual(answeredIn(whole));
  expect(await madeFiles(workspace.path('killed'))).toEqual(files);
});
