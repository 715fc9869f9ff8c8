import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { COMMANDS } from '../../src/cli/commands/index.js';
import { isObject, type Json, type JsonObject } from '../../src/core/json.js';
import { startHubServer, type HubServer } from '../rig/hub-server.js';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { createWorkspace, projectDir, type Ended, type Workspace } from '../rig/program.js';
import { startRedis, type RedisServer } from '../rig/redis.js';
import { openAiModel, smallRecipe, textColumn } from '../rig/small-recipe.js';
import { writeSessions } from '../rig/traces.js';

/** A command line without `--json`, and how it ends. */
type Case = readonly [code: number, ...args: readonly string[]];

/** At least one good and one bad case of every command. */
const CASES: readonly Case[] = [
  [0, 'validate', 'small.yaml'],
  [2, 'validate', 'bad.yaml', 'small.yaml'],
  [2, 'validate', 'nothing*'],
  [2, 'validate', 'gone.yaml'],
  [0, 'plan', 'small.yaml'],
  [0, 'plan', 'unread.yaml'],
  [2, 'plan', 'bad.yaml'],
  [2, 'plan', 'small.yaml', '--format', 'xml'],
  [0, 'render', 'small.yaml', '--column', 'text'],
  [2, 'render', 'small.yaml', '--column', 'txt'],
  [2, 'render', 'small.yaml'],
  [0, 'seed', 'small.yaml'],
  [0, 'seed', 'small.yaml', '--row', '1'],
  [2, 'seed', 'small.yaml', '--row', '9'],
  [2, 'seed', 'unread.yaml'],
  [0, 'run', 'small.yaml'],
  [0, 'run', 'small.yaml', '--preview'],
  [1, 'run', 'failing.yaml'],
  [1, 'run', 'failing.yaml', '--preview'],
  [2, 'run', 'bad.yaml'],
  [2, 'run', 'unread.yaml'],
  [2, 'run', 'small.yaml', '--num-records', 'x'],
  [2, 'run', 'small.yaml', '--preview', '--watch'],
  [0, 'run', 'staged.yaml'],
  [2, 'run', 'staged.yaml', '--stage', 'none'],
  [2, 'run', 'staged.yaml', '--preview'],
  [2, 'run', 'staged.yaml', '--partition-index', '0', '--num-partitions', '2'],
  [0, 'plan', 'staged.yaml'],
  [0, 'validate', 'staged.yaml'],
  [2, 'seed', 'staged.yaml'],
  [3, 'run', 'refused.yaml'],
  [4, 'run', 'costly.yaml', '--max-tokens', '1'],
  [0, 'retry', 'small'],
  [1, 'retry', 'lossy'],
  [2, 'retry', 'smal'],
  [0, 'export', 'small', '--format', 'jsonl', '--overwrite'],
  [2, 'export', 'smal', '--format', 'jsonl'],
  [0, 'show', 'small'],
  [0, 'show', 'lossy', '--failed'],
  [2, 'show', 'small', '--row', '99'],
  [0, 'report', 'lossy'],
  [0, 'push', 'small', 'hf://ada/small'],
  [2, 'push', 'small', 's3://bucket'],
  [2, 'report', 'smal'],
  [0, 'diff', 'small', 'small'],
  [1, 'diff', 'small', 'lossy'],
  [2, 'diff', 'small', 'smal'],
  [0, 'view', 'small', '--bundle', 'page'],
  [2, 'view', 'smal'],
  [0, 'worker', '--queue', 'QUEUE', '--idle-exit', '0'],
  [2, 'worker', '--queue', 'redis://127.0.0.1:1'],
  [2, 'worker'],
  [0, 'batches'],
  [2, 'batches', '--cancel', 'batch_1'],
  [0, 'plan', 'small.yaml', '--batch'],
  [0, 'runs'],
  [2, 'runs', '--nonsense'],
  [0, 'store'],
  [0, 'store', '--verify'],
  [0, 'store', '--repair'],
  [0, 'store', '--prune', '--older-than', '1'],
  [0, 'store', '--artifact-path', 'elsewhere/artifacts'],
  [2, 'store', '--artifact-path', 'torn/artifacts'],
  [2, 'store', '--prune'],
  [0, 'merge', 'artifacts/part-0', 'artifacts/part-1', '--dataset-name', 'whole'],
  [2, 'merge', 'artifacts/part-0', '--dataset-name', 'half'],
  [0, 'check-models', 'small.yaml'],
  [3, 'check-models', 'refused.yaml'],
  [0, 'schema'],
  [0, 'schema', 'llm-judge'],
  [2, 'schema', 'llm-juge'],
  [0, 'explain'],
  [0, 'explain', 'slow-pattern'],
  [2, 'explain', 'slow-patern'],
  [0, 'init', 'mine', '--template', 'from-csv'],
  [2, 'init', 'small', '--template', 'from-csv'],
  [2, 'init', '--template', 'from-cvs'],
  [2, 'init'],
  [2, 'nonsense'],
];

let workspace: Workspace;
let server: ModelServer;
let hub: HubServer;
let redis: RedisServer;

const recipe = (name: string, model: string): string =>
  smallRecipe({
    models: [openAiModel(model)],
    columns: [textColumn('text', model)],
  }).replace('name: small', `name: ${name}`);

const dd = (...args: readonly string[]): Promise<Ended> =>
  // The package that pushes leaves connections open, which only the end of a process closes.
  args[0] === 'push' ? workspace.spawn(args, env()).ended : workspace.run(args.map(addressed), env());

const addressed = (arg: string): string => (arg === 'QUEUE' ? redis.url : arg);

const env = (): Record<string, string> => ({
  OPENAI_BASE_URL: server.url,
  OPENAI_API_KEY: 'sk-test',
  HF_TOKEN: 'hf_test',
  HF_ENDPOINT: hub.url,
});

beforeAll(async () => {
  workspace = await createWorkspace();
  [server, hub, redis] = await Promise.all([startModelServer(), startHubServer('hf_test'), startRedis()]);
  server.handle((call) => {
    if (call.model === 'gpt-refused') return call.status(401);
    if (call.model === 'gpt-failing') return call.status(400);
    if (call.model === 'gpt-lossy' && call.prompt.includes('number 1')) return call.status(400);
    return call.reply('Fine.');
  });
  await writeSessions(workspace, 2);
  for (const name of ['small', 'failing', 'refused', 'lossy', 'costly'])
    await workspace.write(`${name}.yaml`, recipe(name, name));
  await workspace.write('bad.yaml', recipe('bad', 'small').replace('prompt:', 'promt:'));
  await workspace.write('unread.yaml', recipe('unread', 'small').replace('path: traces', 'path: gone'));
  await workspace.write(
    'staged.yaml',
    `name: staged
stages:
  - { name: first, num_records: 2, columns: [{ name: a, column_type: sampler, sampler_type: uuid, params: {} }] }
  - { name: second, needs: first, columns: [{ name: b, column_type: expression, expr: "{{ a }}" }] }
`,
  );
  await workspace.write('torn/.dd/cells/data.mdb', 'x'.repeat(20_000));
  const made = [
    await dd('run', 'small.yaml'),
    await dd('run', 'lossy.yaml'),
    ...(await Promise.all(
      ['0', '1'].map((index) =>
        dd(
          'run',
          'small.yaml',
          '--dataset-name',
          `part-${index}`,
          '--dry-run',
          '--partition-index',
          index,
          '--num-partitions',
          '2',
        ),
      ),
    )),
  ];
  expect(made.map(({ code }) => code)).toEqual([0, 1, 0, 0]);
});
afterAll(async () => {
  await Promise.all([server.close(), hub.close(), redis.close()]);
  await workspace.remove();
});

/** Every list of diagnostics in a document, however deep. */
function diagnosticsIn(value: Json): readonly JsonObject[] {
  if (Array.isArray(value)) return value.flatMap(diagnosticsIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'diagnostics' && Array.isArray(inner) ? inner.filter(isObject) : diagnosticsIn(inner),
  );
}

function expectDocument({ code, stdout, stderr }: Ended): JsonObject {
  const document = JSON.parse(stdout) as JsonObject;
  expect(document).toMatchObject({ ok: code === 0, exit_code: code });
  expect(Object.hasOwn(document, 'error')).toBe(code !== 0);
  if (isObject(document['error'])) {
    const { message, hint, ...more } = document['error'];
    expect(message).toMatch(/^(?!error)\S/);
    expect(typeof hint).toMatch(/^(undefined|string)$/);
    expect(more).toEqual({});
  }
  for (const diagnostic of diagnosticsIn(document)) {
    expect(diagnostic).toEqual(
      expect.objectContaining({
        severity: expect.stringMatching(/^(error|warning)$/),
        code: expect.stringMatching(/^[a-z-]+$/),
        message: expect.any(String),
        file: expect.stringMatching(/^(--|[\w-]+\.yaml$)/),
      }),
    );
    if ('span' in diagnostic && !String(diagnostic['file']).startsWith('--'))
      expect(diagnostic).toEqual(
        expect.objectContaining({
          line: expect.any(Number),
          column: expect.any(Number),
          endLine: expect.any(Number),
          endColumn: expect.any(Number),
        }),
      );
  }
  expect(stderr).not.toMatch(/^error/m);
  return document;
}

describe('--json', () => {
  it.each(CASES.map(([code, ...args]) => [args.join(' '), code, args] as const))(
    'dd %s --json: one document, with exit code %i',
    async (_line, code, args) => {
      const ended = await dd(...args, '--json');
      expect(ended).toMatchObject({ code });
      expectDocument(ended);
    },
  );

  it('is tested on every command, in a good and a bad case', () => {
    for (const command of Object.keys(COMMANDS)) {
      const codes = CASES.filter(([, name]) => name === command).map(([code]) => code);
      expect([command, codes.includes(0), codes.some((code) => code > 0)]).toEqual([command, true, true]);
    }
  });

  it('is described for every command in docs/ci.md', () => {
    const page = readFileSync(join(projectDir, 'docs/ci.md'), 'utf8');
    const [, section = ''] = /^## JSON of every command$(.*?)^## /ms.exec(page) ?? [];
    const described = [...section.matchAll(/^\| ((?:`[a-z-]+`,? ?)+)\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name),
    );
    expect(described).toEqual(expect.arrayContaining(Object.keys(COMMANDS)));
  });

  it.each([
    ['validate', 'small.yaml', 'bad.yaml'],
    ['plan', 'small.yaml', 'bad.yaml'],
    ['report', 'small', 'smal'],
  ])('is --format json too, where dd %s has formats', async (command, ...files) => {
    for (const file of files) {
      const [long, short] = await Promise.all([
        dd(command, file, '--format', 'json'),
        dd(command, file, '--json'),
      ]);
      expect(expectDocument(long)).toEqual(expectDocument(short));
    }
  });

  it('has the warnings of a recipe that is sound', async () => {
    await workspace.write(
      'warned.yaml',
      recipe('warned', 'small').replace('{{ final_assistant_message }}', 'x'),
    );
    expect(expectDocument(await dd('seed', 'warned.yaml', '--json'))).toMatchObject({
      ok: true,
      diagnostics: [{ severity: 'warning', code: 'no-reference', file: 'warned.yaml', line: 7 }],
    });
  });

  it('points at the key of the recipe that asks for what is not there', async () => {
    expect(expectDocument(await dd('run', 'unread.yaml', '--json'))).toMatchObject({
      error: { message: expect.stringContaining('gone') },
      diagnostics: [{ severity: 'error', code: 'run', file: 'unread.yaml', line: 5 }],
    });
  });

  it('tells why the rows of a preview failed', async () => {
    expect(expectDocument(await dd('run', 'failing.yaml', '--preview', '--json'))).toMatchObject({
      error: { message: '2 of 2 rows failed' },
      records: [],
      failures: [
        { row: 0, column: 'text', class: 'invalid-request', message: expect.any(String) },
        { row: 1, column: 'text', class: 'invalid-request', message: expect.any(String) },
      ],
    });
  });

  it('is printed for a fault that no command was there to catch, too', async () => {
    const fault = () => {
      const listen = process.on.bind(process);
      process.on = ((event: string, tell: () => void) => {
        listen(event, tell);
        const error = Object.assign(new Error('no room'), { code: 'ENOSPC', path: '/d/data.mdb' });
        if (event === 'unhandledRejection') setImmediate(() => Promise.reject(error));
        return process;
      }) as typeof process.on;
    };
    const env = {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`(${String(fault)})()`)}`,
    };
    const ended = await workspace.run(['run', 'small.yaml', '--dry-run', '--json'], env);
    expect(expectDocument(ended)).toMatchObject({
      exit_code: 2,
      error: { message: expect.stringContaining('/d/data.mdb: the disk is full') },
    });
    const people = await workspace.run(['run', 'small.yaml', '--dry-run'], env);
    expect(people.stderr).toContain('error: /d/data.mdb: the disk is full');
  });

  it('has the schema of a part as it is, under `schema`', async () => {
    expect(expectDocument(await dd('schema', 'llm-judge', '--json'))).toMatchObject({
      name: 'llm-judge',
      schema: { $schema: expect.any(String), title: 'llm-judge column', properties: { scores: {} } },
    });
  });

  it('is whole on a pipe, however long', async () => {
    const columns = Array.from({ length: 700 }, (_, nth) => `  - { name: c${nth}, column_type: nothing }\n`);
    await workspace.write('long.yaml', `name: long\ncolumns:\n${columns.join('')}`);
    const ended = await workspace.spawn(['run', 'long.yaml', '--json'], env()).ended;
    expect(ended.stdout.length).toBeGreaterThan(400_000);
    expect(diagnosticsIn(expectDocument(ended))).toHaveLength(700);
  });
});
