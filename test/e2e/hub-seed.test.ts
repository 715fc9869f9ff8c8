import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startHubServer, type HubServer } from '../rig/hub-server.js';
import { createWorkspace, type Ended, type Workspace } from '../rig/program.js';

const TOKEN = 'hf_test_0123456789';
let hub: HubServer;
let workspace: Workspace;
beforeEach(async () => {
  [hub, workspace] = await Promise.all([startHubServer(TOKEN), createWorkspace()]);
  hub.put('acme/demo', {
    'README.md': '# demo',
    'data/a.jsonl': '{"n":1}\n{"n":2}\n',
    'data/b.jsonl': '{"n":3}\n',
    'data/deep/c.jsonl': '{"n":4}\n',
  });
});
afterEach(async () => {
  await Promise.all([hub.close(), workspace.remove()]);
});

const recipe = (path: string, rest = ''): string =>
  `name: made\nseed_config: { source: { seed_type: hf, path: "${path}"${rest} } }\ncolumns: [{ name: twice, column_type: expression, dtype: int, expr: "{{ n * 2 }}" }]\n`;

async function dd(...args: readonly string[]): Promise<Ended> {
  return workspace.run(args, { HF_ENDPOINT: hub.url, HF_HOME: workspace.path('cache'), HF_TOKEN: TOKEN });
}
async function run(path: string, ...flags: readonly string[]): Promise<Ended> {
  await workspace.write('r.yaml', recipe(path));
  return dd('run', 'r.yaml', ...flags);
}
const numbers = async (): Promise<readonly unknown[]> =>
  (await workspace.rows('made')).map(({ n, twice }) => [n, twice].join());

describe('a seed of the Hub', () => {
  it.each([
    ['datasets/acme/demo/data/a.jsonl', ['1,2', '2,4']],
    ['hf://datasets/acme/demo/data/*.jsonl', ['1,2', '2,4', '3,6']],
    ['datasets/acme/demo@main/**/*.jsonl', ['1,2', '2,4', '3,6', '4,8']],
  ])('gives the rows of %s', async (path, expected) => {
    expect(await run(path)).toMatchObject({ code: 0 });
    expect(await numbers()).toEqual(expected);
  });

  it('is downloaded once, again only where it has changed, and read without a network', async () => {
    const path = 'datasets/acme/demo/data/*.jsonl';
    await run(path);
    await run(path);
    expect(hub.downloads).toEqual(['data/a.jsonl', 'data/b.jsonl']);
    hub.put('acme/demo', { 'data/b.jsonl': '{"n":5}\n' });
    await run(path);
    expect(hub.downloads).toEqual(['data/a.jsonl', 'data/b.jsonl', 'data/b.jsonl']);
    expect(await numbers()).toEqual(['1,2', '2,4', '5,10']);

    await hub.close();
    expect(await run(path)).toMatchObject({ code: 0 });
    expect(await numbers()).toEqual(['1,2', '2,4', '5,10']);
    const { stdout } = await dd('seed', 'r.yaml');
    expect(stdout).toContain('the Hub could not be reached; these are the files of commit');
    hub = await startHubServer(TOKEN);
  });

  it('is not read in part when its download was interrupted', async () => {
    const path = 'datasets/acme/demo/data/*.jsonl';
    hub.failOnce('data/b.jsonl', 500);
    const broken = await run(path);
    expect(broken.code).toBe(2);
    expect(broken.stderr).toContain('the dataset acme/demo could not be downloaded');
    expect(await run(path)).toMatchObject({ code: 0 });
    expect(hub.downloads).toEqual(['data/a.jsonl', 'data/b.jsonl']);
    expect(await numbers()).toEqual(['1,2', '2,4', '3,6']);
  });

  it('is checked without the Hub, and with it once it is downloaded or asked for', async () => {
    await workspace.write('r.yaml', recipe('datasets/acme/demo/data/a.jsonl').replace('n * 2', 'm * 2'));
    expect(await dd('validate', 'r.yaml')).toMatchObject({ code: 0 });
    expect(hub.downloads).toEqual([]);
    const { code, stderr } = await dd('validate', 'r.yaml', '--seed');
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no column `m`'),
    });
  });

  it('says what is wrong, at the key', async () => {
    const said = async (path: string): Promise<string> => (await run(path)).stderr;
    expect(await said('datasets/acme/none/a.jsonl')).toMatch(
      /r\.yaml:2:\d+ error there is no dataset acme\/none/,
    );
    expect(await said('datasets/acme/demo/*.parquet')).toContain(
      'no file of the dataset acme/demo is called `*.parquet`',
    );
    expect(await said('acme/demo')).toContain('write datasets/OWNER/NAME/FILE');
    expect(await said('datasets/acme/demo/README.md')).toContain('is not a file that can be read as rows');
  });

  it('keeps its token out of every file and message, also a token that is written in the recipe', async () => {
    const refused = await workspace.run(['run', 'r.yaml'], {}).then(async () => {
      await workspace.write('r.yaml', recipe('datasets/acme/demo/data/a.jsonl', ', token: OTHER'));
      return workspace.run(['run', 'r.yaml'], {
        HF_ENDPOINT: hub.url, HF_HOME: workspace.path('cache'), OTHER: 'hf_wrong_0123456789',
      }); // prettier-ignore
    });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('the Hub refuses access') });
    expect(refused.stderr).toContain('set OTHER');
    await workspace.write('w.yaml', recipe('datasets/acme/demo/data/a.jsonl', `, token: ${TOKEN}`));
    const literal = await dd('run', 'w.yaml');
    expect(literal).toMatchObject({ code: 2, stderr: expect.stringContaining('never a key') });
    await workspace.write('w.yaml', '');
    expect(await run('datasets/acme/demo/data/a.jsonl', '--json')).toMatchObject({ code: 0 });
    for (const text of [refused.stderr, literal.stderr, literal.stdout]) expect(text).not.toMatch(/hf_\w/);
    for (const [file, text] of await workspace.everything())
      expect([file, text]).toEqual([file, expect.not.stringContaining('hf_')]);
  });

  it('says that a token is none, without showing it', async () => {
    await workspace.write('r.yaml', recipe('datasets/acme/demo/data/a.jsonl'));
    const env = { HF_ENDPOINT: hub.url, HF_HOME: workspace.path('cache'), HF_TOKEN: 'secret-1' };
    const { code, stderr } = await workspace.run(['run', 'r.yaml'], env);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the value of HF_TOKEN is no token of the Hub'),
    });
    expect(stderr).not.toContain('secret-1');
  });

  it('sends no token where others can read it', async () => {
    await workspace.write('r.yaml', recipe('datasets/acme/demo/a.jsonl', ', endpoint: "http://hub.example"'));
    const { code, stderr } = await dd('run', 'r.yaml', '--allow-hosts');
    expect(code).toBe(2);
    expect(stderr).toContain('the token would be sent in the clear');
  });

  it('keeps its copies as Python does, so that each finds those of the other', async () => {
    await run('datasets/acme/demo/data/a.jsonl');
    const names = [...(await workspace.everything()).keys()].filter((file) => file.includes('/blobs/'));
    expect(names).toHaveLength(1);
    expect(readFileSync(names[0] ?? '', 'utf8')).toBe('{"n":1}\n{"n":2}\n');
    expect(names[0]).toMatch(
      /cache\/hub\/dd--http-127\.0\.0\.1-\d+\/datasets--acme--demo\/blobs\/[0-9a-f]{64}$/,
    );
  });
});
