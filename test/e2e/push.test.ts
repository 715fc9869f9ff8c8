import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import { startHubServer, type HubServer } from '../rig/hub-server.js';
import { pngOf } from '../rig/media.js';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { PICTURE, writePicture } from '../rig/pictures.js';
import { createWorkspace, type Ended, type Workspace } from '../rig/program.js';

const TOKEN = 'hf_testtesttesttest';

let workspace: Workspace;
let server: ModelServer;
let hub: HubServer;

const RECIPE = `name: talks
description: Questions with answers.
model_configs:
  - { alias: m, provider: openai, model: gpt-test }
seed_config:
  source: { seed_type: local, path: seed.jsonl }
columns:
  - { name: answer, column_type: llm-text, model_alias: m, prompt: "Row {{ n }}." }
  - { name: is_good, column_type: expression, dtype: bool, expr: "{{ n > 0 }}" }
`;

beforeEach(async () => {
  workspace = await createWorkspace();
  [server, hub] = await Promise.all([startModelServer(), startHubServer(TOKEN)]);
  await workspace.write('talks.yaml', RECIPE);
  await workspace.write('seed.jsonl', [0, 1, 2].map((n) => `{"n":${n}}\n`).join(''));
  server.handle((call) => call.reply('fine'));
});
afterEach(async () => {
  await Promise.all([server.close(), hub.close()]);
  await workspace.remove();
});

const make = (...flags: readonly string[]): Promise<Ended> =>
  workspace.run(['run', 'talks.yaml', '--quiet', ...flags], {
    OPENAI_BASE_URL: server.url,
    OPENAI_API_KEY: 'sk-test',
  });

/** In a process of its own: the Hub's package leaves connections open, which only the end of a process closes. */
const push = (flags: readonly string[] = [], token = TOKEN): Promise<Ended> =>
  workspace.spawn(['push', 'talks', 'hf://ada/talks', ...flags], { HF_TOKEN: token, HF_ENDPOINT: hub.url })
    .ended;

async function parquetRows(bytes: Buffer): Promise<unknown> {
  const file = workspace.path('read.parquet');
  await writeFile(file, bytes);
  const connection = await (await DuckDBInstance.create()).connect();
  const reader = await connection.runAndReadAll(`select n, answer, is_good from '${file}' order by n`);
  connection.closeSync();
  return reader.getRowObjectsJson();
}

describe('dd push', () => {
  it('makes a private repository with the rows and a card, and leaves no file behind', async () => {
    await make();
    const { code, stdout, stderr } = await push();
    expect([code, stderr]).toEqual([0, '3 rows pushed to ada/talks, private\n']);
    expect(stdout).toBe(`${hub.url}/commit/abc\n`);
    const repo = hub.repos.get('ada/talks');
    expect([repo?.isPrivate, repo?.commits]).toEqual([true, ['talks: 3 rows']]);
    expect(await parquetRows(repo?.files.get('talks.parquet') ?? Buffer.alloc(0))).toEqual(
      [0, 1, 2].map((n) => ({ n: String(n), answer: 'fine', is_good: n > 0 })),
    );
    const card = String(repo?.files.get('README.md'));
    expect(card).toMatch(/^---\npretty_name: talks\n/);
    expect(card).toContain('Questions with answers.');
    expect(card).not.toContain('license');
    expect(existsSync(workspace.path('.dd/push/talks'))).toBe(false);
  });

  it('pushes splits, rows that were chosen, and a licence, and takes away the files of an earlier push', async () => {
    await make();
    await push(['--public']);
    const flags = [
      '--format',
      'jsonl',
      '--where',
      'is_good',
      '--split',
      'train=0.5,test=0.5',
      '--license',
      'mit',
    ];
    const { code, stderr } = await push([...flags, '--public']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('2 rows pushed to ada/talks, public\n')]);
    const files = hub.repos.get('ada/talks')?.files ?? new Map<string, Buffer>();
    expect([...files.keys()].toSorted()).toEqual(['README.md', 'talks.test.jsonl', 'talks.train.jsonl']);
    const lines = ['train', 'test'].flatMap((name) => String(files.get(`talks.${name}.jsonl`)).split('\n'));
    expect(lines.filter(Boolean)).toHaveLength(2);
    const card = String(files.get('README.md'));
    expect(card).toContain('license: mit\n');
    expect(card).toContain('path: talks.train.jsonl');
    expect(card).toContain('* where `is_good`');
  });

  it('pushes pictures beside their rows, as `load_dataset` opens them', async () => {
    await make();
    const folder = workspace.path('artifacts/talks');
    const [owl, lark] = [await writePicture(folder, pngOf('owl')), await writePicture(folder, pngOf('lark'))];
    const file = workspace.path('artifacts/talks/metadata.json');
    const metadata = JSON.parse(await readFile(file, 'utf8')) as { readonly columns: readonly object[] };
    await writeFile(file, JSON.stringify({ ...metadata, columns: [...metadata.columns, PICTURE] }));
    const rows = [owl, lark].map((picture, n) => ({ n, answer: 'fine', is_good: n > 0, picture: [picture] }));
    await workspace.write(
      'artifacts/talks/data/part-00000.jsonl',
      rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    );
    const flags = ['--format', 'imagefolder', '--split', 'train=1', '--where', 'n == 0'];
    const { code, stderr } = await push(flags);
    expect([code, stderr]).toEqual([0, expect.stringContaining('1 row pushed to ada/talks, private\n')]);
    const files = hub.repos.get('ada/talks')?.files ?? new Map<string, Buffer>();
    expect([...files.keys()].toSorted()).toEqual(['README.md', `train/${owl}`, 'train/metadata.parquet']);
    expect(files.get(`train/${owl}`)).toEqual(pngOf('owl'));
    // A picture without a row keeps `load_dataset` from opening the folder.
    await push(['--format', 'imagefolder', '--where', 'n == 1']);
    expect([...files.keys()].toSorted()).toEqual(['README.md', lark, 'metadata.parquet']);
  });

  it('sends again only what is missing after a push that was cut off', async () => {
    await make();
    hub.failOnce('/commit/', 500);
    const first = await push();
    expect([first.code, first.stderr]).toEqual([2, expect.stringContaining('push again')]);
    expect(hub.uploads).toHaveLength(1);
    expect((await push()).code).toBe(0);
    expect(hub.uploads).toHaveLength(1);
    expect(hub.repos.get('ada/talks')?.files.has('talks.parquet')).toBe(true);
  });

  it('refuses a dataset of a dry run', async () => {
    await make('--dry-run');
    const { code, stderr } = await workspace.run(['push', 'talks-dry-run', 'hf://ada/talks'], {
      HF_TOKEN: TOKEN,
    });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('its answers are fake, and are not published'),
    ]);
  });

  it('refuses rows that hold a secret, unless they are left out', async () => {
    const secret = `ghp_${'Zk3x9Qw7Lm2Np8Rt4Vb6Yc1Hd5Jf0Sg3Ua7E'}`;
    server.handle((call) => call.reply(call.prompt.includes('Row 0') ? `token ${secret}` : 'fine'));
    await make();
    const { code, stderr } = await push();
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('what looks like secrets is in row 0: 1 github'),
    ]);
    expect(stderr).not.toContain(secret);
    expect(hub.repos.size).toBe(0);
    expect((await push(['--where', 'is_good'])).code).toBe(0);
  });

  it('never makes a private push public, and says what a token lacks', async () => {
    await make();
    await push(['--public']);
    const again = await push();
    expect([again.code, again.stderr]).toEqual([
      2,
      expect.stringContaining('ada/talks is public, and a push is private'),
    ]);
    const refused = await push([], 'hf_wrong');
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('HF_TOKEN')]);
    expect(refused.stderr).not.toContain('hf_wrong');
    expect((await push([], '')).code).toBe(3);
  });

  it('needs a repository to push to', async () => {
    await make();
    const { code, stderr } = await workspace.run(['push', 'talks', 's3://bucket'], { HF_TOKEN: TOKEN });
    expect([code, stderr]).toEqual([2, expect.stringContaining('write hf://USER/NAME')]);
  });
});
