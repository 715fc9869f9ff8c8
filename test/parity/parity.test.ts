import { cp, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parquetMetadata, parquetSchema } from 'hyparquet';
import { parse } from 'yaml';
import { isObject, type Json, type JsonObject } from '../../src/core/json.js';
import { type HubServer, startHubServer } from '../rig/hub-server.js';
import { createWorkspace, projectDir, type Workspace } from '../rig/program.js';
import { startToolServer, type ToolServer } from '../rig/tool-server.js';
import { type PromptServer, startPromptServer } from '../rig/prompt-server.js';
import { differences, type Made, type Recorded } from './compare.js';
import { type Expected, expected } from './expected.js';

/** Configs that Data Designer exported run here unchanged, against its recorded results. */

const folder = join(projectDir, 'test', 'parity');
const names = (await readdir(join(folder, 'configs'))).map((file) => basename(file, '.yaml')).toSorted();
const page = await readFile(join(projectDir, 'docs', 'from-data-designer.md'), 'utf8');
const headings = new Set([...page.matchAll(/^#{2,4} (.*)$/gm)].map(([, heading]) => heading));
const RECORDS = '6';

let server: PromptServer;
let hub: HubServer;
let tools: ToolServer;
let workspace: Workspace;
let refused: ReadonlySet<string>;

beforeAll(async () => {
  server = await startPromptServer();
  hub = await startHubServer(HUB_TOKEN);
  const parquet = await readFile(join(folder, 'seeds', 'nested.parquet'));
  hub.put('acme/demo', { 'data/train.parquet': parquet });
  workspace = await createWorkspace();
  tools = await startToolServer();
  tools.handle(({ given, text }) => text(String(Number(given.a) + Number(given.b))));
  await workspace.write(
    'settings/dd/settings.yaml',
    `mcp_providers: [{ name: demo, provider_type: stdio, ${tools.relay} }]`,
  );
  await cp(join(folder, 'seeds'), workspace.path('seeds'), { recursive: true });
  for (const name of names) {
    const text = await readFile(join(folder, 'configs', `${name}.yaml`), 'utf8');
    const here = text.replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, server.origin);
    await workspace.write(`${name}.yaml`, here.replaceAll('https://huggingface.co', hub.url));
  }
  const { stdout } = await dd('validate', ...names.map((name) => `${name}.yaml`), '--json');
  const { recipes } = JSON.parse(stdout) as { readonly recipes: readonly JsonObject[] };
  refused = new Set(recipes.filter(({ valid }) => valid !== true).map(({ file }) => nameOf(file)));
});

afterAll(async () => {
  await Promise.all([server.close(), hub.close(), tools.close()]);
  await workspace.remove();
});

const nameOf = (file: Json | undefined): string => basename(String(file), '.yaml');

const KEYS = ['OPENAI_API_KEY', 'NVIDIA_API_KEY', 'OPENROUTER_API_KEY'];
/** The package of the Hub takes no other form. */
const HUB_TOKEN = 'hf_x';

const dd: (...args: readonly string[]) => ReturnType<Workspace['run']> = (...args) =>
  workspace.run(args, {
    ...Object.fromEntries(KEYS.map((key) => [key, 'x'])),
    OPENAI_BASE_URL: `${server.origin}/v1`,
    HF_TOKEN: HUB_TOKEN,
    HF_HOME: workspace.path('cache'),
    XDG_CONFIG_HOME: workspace.path('settings'),
  });

it('has a line for every config, and no other', () => {
  expect(Object.keys(expected).toSorted()).toEqual(names);
});

it('names sections of the page for what differs', () => {
  const named = Object.values(expected).flatMap((line) =>
    typeof line === 'string' ? [] : Object.values(line),
  );
  expect(named.filter((heading) => !headings.has(heading))).toEqual([]);
});

describe('every config is as near as its line says', () => {
  it.each(names)('%s', async (name) => {
    const line = expected[name] ?? 'equal';
    expect(await stateOf(name)).toEqual(typeof line === 'string' ? line : Object.keys(line).toSorted());
  });
});

/** A line of the table, without its headings. */
async function stateOf(name: string): Promise<Expected | readonly string[]> {
  if (refused.has(name)) return ['missing'];
  const config = parse(await readFile(workspace.path(`${name}.yaml`), 'utf8')) as JsonObject;
  const ended = await dd('run', `${name}.yaml`, '--num-records', RECORDS, ...modelsOfOpenAi(config));
  if (ended.code !== 0 && ended.code !== 1) return ['missing'];
  const recorded = await readFile(join(folder, 'results', `${name}.json`), 'utf8').catch(() => undefined);
  if (recorded === undefined) return 'runs';
  const theirs = JSON.parse(recorded) as Recorded;
  const differing = differences(theirs, await made(name), drawnColumns(config, theirs));
  return differing.length === 0 ? 'equal' : differing.toSorted();
}

async function made(name: string): Promise<Made> {
  const rows = (await workspace.rows(name)).map(withoutFolder);
  const bytes = await readFile(workspace.path('artifacts', name, 'data', 'part-00000.parquet'));
  const metadata = parquetMetadata(new Uint8Array(bytes).buffer);
  return { rows, columns: parquetSchema(metadata).children };
}

/** The recordings do not name the folder in which they were made. */
const withoutFolder = (row: JsonObject): JsonObject =>
  typeof row.file_name === 'string' ? { ...row, source_path: `<folder>/${row.file_name}` } : row;

const inner = (config: JsonObject): JsonObject =>
  isObject(config.data_designer) ? config.data_designer : config;

const listOf = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

/** The scripted server is asked for the models of every provider. */
const modelsOfOpenAi = (config: JsonObject): readonly string[] =>
  listOf(inner(config).model_configs)
    .filter(({ provider }) => provider !== 'openai')
    .flatMap(({ alias, model }) => ['--model', `${String(alias)}=openai/${String(model)}`]);

/** Samplers; and every column of a shuffled seed. */
function drawnColumns(config: JsonObject, theirs: Recorded): readonly string[] {
  const columns = listOf(inner(config).columns);
  const seed = inner(config).seed_config;
  const declared = new Set(columns.map(({ name }) => String(name)));
  const fromSeed = Object.keys(theirs.types).filter((name) => !declared.has(name));
  const samplers = columns.filter(({ column_type: type }) => type === 'sampler');
  return [
    ...samplers.map(({ name }) => String(name)),
    ...(isObject(seed) && seed.sampling_strategy === 'shuffle' ? fromSeed : []),
  ];
}
