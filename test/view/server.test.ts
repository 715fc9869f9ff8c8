import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDatasetIndex, QueryError } from '../../src/view/server/dataset-index.js';
import { openRowFile } from '../../src/view/server/row-file.js';
import { startView } from '../../src/view/server/start-view.js';
import type { ViewServer } from '../../src/view/server/server.js';
import { exampleRow, writeDataset } from '../rig/example-dataset.js';

let folder: string;
const opened: (() => Promise<void>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dd-test-'));
});
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
  await rm(folder, { recursive: true, force: true });
});

const part = (number: number): string => join(folder, 'data', `part-0000${number}.jsonl`);

describe('the places of rows', () => {
  it('are those of whole lines, over several parts, also while the last one grows', async () => {
    await writeDataset(folder, []);
    await writeFile(part(0), '{"a":0}\n{"a":1}\n{"torn');
    await writeFile(part(1), '{"a":"é"}\n');
    const file = openRowFile(folder);
    opened.push(() => file.close());
    while ((await file.advance(1 << 20)) > 0);
    const text = async (row: number): Promise<string> => (await file.read(row, row + 1)).text(row);
    expect([file.rows, await text(0), await text(1), await text(2)]).toEqual([
      3,
      '{"a":0}',
      '{"a":1}',
      '{"a":"é"}',
    ]);
    await appendFile(part(1), '{"a":');
    expect(await file.advance(1 << 20)).toBe(5);
    expect(file.rows).toBe(3);
    await appendFile(part(1), '4}\n');
    while ((await file.advance(1 << 20)) > 0);
    expect([file.rows, await text(3)]).toEqual([4, '{"a":4}']);
    // Neighbours of one part come together, and no more bytes than asked for.
    expect((await file.read(0, 4)).count).toBe(2);
    expect((await file.read(2, 4, 12)).count).toBe(1);
  });
});

describe('the index', () => {
  const open = async (rows: readonly object[], raw = '') => {
    await writeDataset(folder, []);
    await writeFile(part(0), rows.map((row) => `${JSON.stringify(row)}\n`).join('') + raw);
    const index = openDatasetIndex(folder);
    opened.push(() => index.close());
    while (await index.advance());
    return index;
  };
  const { signal } = new AbortController();

  it('finds a text as it is written in the file, in any letter case', async () => {
    const index = await open([{ a: 'say "Hi"\n' }, { a: 'back\\slash' }, { a: 'É' }, { needle: 'x' }]);
    const search = async (text: string): Promise<readonly number[]> => [
      ...(await index.find({ filters: [], search: text }, signal)),
    ];
    expect(await search('SAY "hi"')).toEqual([0]);
    expect(await search('k\\s')).toEqual([1]);
    expect(await search('é')).toEqual([2]);
    // A key is no text of a row.
    expect(await search('needle')).toEqual([]);
  });

  it('shows a damaged line as it is, and goes on behind it', async () => {
    const index = await open([{ a: 1 }], 'nonsense\n{"a":2}\n');
    expect(await index.read(1)).toEqual({ value: {}, damaged: 'nonsense' });
    expect([
      ...(await index.find({ filters: [], search: '', sort: { path: 'a', descending: true } }, signal)),
    ]).toEqual([2, 0, 1]);
  });

  it('stops a regular expression that would never end', async () => {
    const index = await open([{ a: `${'a'.repeat(40)}!` }]);
    const query = { filters: [], search: '/^(a+)+$/' };
    await expect(index.find(query, signal)).rejects.toThrow(QueryError);
    const filter = { path: 'a', operator: 'matches', value: '^(a+)+$' } as const;
    await expect(index.find({ filters: [filter], search: '' }, signal)).rejects.toThrow(QueryError);
    await expect(index.find({ filters: [], search: '/(/' }, signal)).rejects.toThrow(QueryError);
  });
});

describe('the server', () => {
  const start = async (): Promise<ViewServer> => {
    await writeDataset(join(folder, 'artifacts', 'example'), [exampleRow(0)]);
    const started = await startView({
      datasets: ['example'],
      artifactPath: 'artifacts',
      cwd: folder,
      port: 0,
    });
    if (!started.ok) throw new Error(started.error.message);
    opened.push(() => started.value.close());
    return started.value;
  };
  interface Answer {
    readonly status: number | undefined;
    readonly headers: Readonly<Record<string, unknown>>;
    readonly text: string;
  }
  const ask = (url: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = request(url, { headers, method: body === undefined ? 'GET' : 'POST' }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  const enter = async ({
    url,
  }: ViewServer): Promise<{ readonly cookie: string; readonly origin: string }> => {
    const { headers } = await ask(url);
    return { cookie: String(headers['set-cookie']).split(';')[0] ?? '', origin: new URL(url).origin };
  };

  it('changes the token of the address for a cookie that scripts cannot read', async () => {
    const { status, headers } = await ask((await start()).url);
    expect([status, headers['location']]).toEqual([303, '/']);
    expect(String(headers['set-cookie'])).toMatch(
      /^dd-view-\d+=[\w-]{32}; HttpOnly; SameSite=Strict; Path=\/$/,
    );
  });

  it('lets nobody in without the token, and an address for one visit only once', async () => {
    const server = await start();
    const { origin } = new URL(server.url);
    for (const path of ['/', '/page.js', '/api/info', '/?token=', `/?token=${'a'.repeat(32)}`])
      expect([path, (await ask(origin + path)).status]).toEqual([path, 403]);
    const visit = server.urlForOneVisit();
    expect((await ask(visit)).status).toBe(303);
    expect((await ask(visit)).status).toBe(403);
  });

  it('refuses another host, another origin, and requests of other sites', async () => {
    const server = await start();
    const { cookie, origin } = await enter(server);
    const { port } = new URL(origin);
    const info = `${origin}/api/info`;
    expect((await ask(info, { cookie })).status).toBe(200);
    expect((await ask(info, { cookie, host: `localhost:${port}` })).status).toBe(200);
    expect((await ask(info, { cookie, host: `evil.example:${port}` })).status).toBe(421);
    expect((await ask(info, { cookie, host: '127.0.0.1:1' })).status).toBe(421);
    expect((await ask(info, { cookie, origin: 'http://evil.example' })).status).toBe(403);
    expect((await ask(info, { cookie, origin: 'null' })).status).toBe(403);
    expect((await ask(info, { cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await ask(info, { cookie, 'sec-fetch-site': 'same-site' })).status).toBe(403);
  });

  it('takes no change that is none, is no JSON, or is of another row', async () => {
    const { cookie, origin } = await enter(await start());
    const url = `${origin}/api/review?dataset=0&row=0&key=trace_id:trace-000`;
    const json = (body: string) => ({
      cookie,
      'content-type': 'application/json',
      'content-length': String(body.length),
    });
    const post = async (body: string, to = url, headers: Record<string, string> = json(body)) =>
      (await ask(to, headers, body)).status;
    expect(await post('{"verdict":"maybe"}')).toBe(400);
    expect(await post('{"other":1}')).toBe(400);
    expect(await post('[]')).toBe(400);
    expect(
      await post('{"verdict":"keep"}', url, { cookie, 'content-type': 'text/plain', 'content-length': '18' }),
    ).toBe(400);
    expect(await post('{"verdict":"keep"}', url.replace('trace-000', 'trace-001'))).toBe(409);
    expect((await ask(url, { cookie })).status).toBe(405);
    expect(await post('{"verdict":"keep"}')).toBe(200);
  });

  it('sends a strict policy with everything, and no file but its own', async () => {
    const { cookie, origin } = await enter(await start());
    for (const path of [
      '/',
      '/page.js',
      '/style.css',
      '/api/info',
      '/nothing',
      '/../package.json',
      '/%2e%2e/x',
    ]) {
      const { headers, status } = await ask(origin + path, { cookie });
      expect([path, status]).toEqual([path, /nothing|\.\.|%2e/.test(path) ? 404 : 200]);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'");
      expect(policy).not.toContain('unsafe');
    }
  });
});

describe('dd view', () => {
  const view = (name: string) =>
    startView({ datasets: [name], artifactPath: 'artifacts', cwd: folder, port: 0 });

  it('says what to do when there is no dataset, or none that it can read', async () => {
    expect(await view('gone')).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('no dataset') },
    });
    await writeDataset(join(folder, 'artifacts', 'example'), []);
    await rm(join(folder, 'artifacts', 'example', 'data'), { recursive: true });
    expect(await view('example')).toEqual({
      ok: false,
      error: {
        message: '`example` has no JSON Lines',
        hint: 'dd view reads data/part-*.jsonl, which every run writes; it was removed, so run the recipe again',
      },
    });
  });
});
