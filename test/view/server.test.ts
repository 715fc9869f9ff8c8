import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isObject } from '../../src/core/json.js';
import { openDatasetIndex, QueryError } from '../../src/view/server/dataset-index.js';
import { openRowFile } from '../../src/view/server/row-file.js';
import { bundleView, startView } from '../../src/view/server/start-view.js';
import type { ViewServer } from '../../src/view/server/server.js';
import { COLUMNS, exampleRow, writeDataset } from '../rig/example-dataset.js';
import { files, pngOf } from '../rig/media.js';
import { PICTURE, picturePath, writePicture } from '../rig/pictures.js';

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

  it('listens on 127.0.0.1 and no other address', async () => {
    const { port } = new URL((await start()).url);
    await expect(fetch(`http://127.0.0.2:${port}/`)).rejects.toThrow('fetch failed');
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
    // A row has its key once its columns are read.
    const record = `${origin}/api/record?dataset=0&row=0`;
    while (!(await ask(record, { cookie })).text.includes('"key":"trace_id:trace-000"'));
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

describe('pictures', () => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
  const dataset = () => join(folder, 'artifacts', 'example');
  const start = async () => {
    const path = await writePicture(dataset());
    await writeDataset(dataset(), [exampleRow(0, { picture: [path] })], [...COLUMNS, PICTURE]);
    const started = await startView({
      datasets: ['example'],
      artifactPath: 'artifacts',
      cwd: folder,
      port: 0,
    });
    if (!started.ok) throw new Error(started.error.message);
    opened.push(() => started.value.close());
    const entered = await fetch(started.value.url, { redirect: 'manual' });
    const cookie = String(entered.headers.get('set-cookie')).split(';')[0] ?? '';
    const { origin } = new URL(started.value.url);
    const ask = (asked: string, headers: Record<string, string> = { cookie }) =>
      fetch(`${origin}/api/picture?${new URLSearchParams({ dataset: '0', path: asked })}`, { headers });
    return { path, ask };
  };

  it('are sent as what their bytes are, with a policy under which nothing runs', async () => {
    const { path, ask } = await start();
    const answer = await ask(path);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(pngOf('a'));
    expect((await ask(path, {})).status).toBe(403);
  });

  it('are only files of the dataset, that are pictures by their bytes and by their name', async () => {
    const { path, ask } = await start();
    await writeFile(join(folder, 'secret.png'), pngOf('secret'));
    await symlink(join(folder, 'secret.png'), join(dataset(), picturePath(pngOf('linked'))));
    await symlink(join(folder), join(dataset(), 'images', 'outside'));
    const hash = path.split('/')[2] ?? '';
    await writeFile(join(folder, hash), pngOf('a'));
    const refused = [
      await writePicture(dataset(), svg, 'svg'),
      await writePicture(dataset(), svg),
      await writePicture(dataset(), pngOf('a'), 'html'),
      await writePicture(dataset(), files.mp4, 'mp4'),
      await writePicture(dataset(), pngOf('cut').subarray(0, 40)),
      picturePath(pngOf('linked')),
      `images/outside/${hash}`,
      `images/picture/../picture/${hash}`,
      `images/picture/../../../../secret.png`,
      `${dataset()}/${path}`,
      `./${path}`,
      `images\\picture\\${hash}`,
      `${path}\0`,
      picturePath(pngOf('gone')),
      'metadata.json',
      '',
    ];
    for (const one of refused) expect([one, (await ask(one)).status]).toEqual([one, 404]);
  });

  it('are published with the rows that name them, and nothing else is', async () => {
    const path = await writePicture(dataset());
    const active = [
      await writePicture(dataset(), pngOf('x'), 'html'),
      await writePicture(dataset(), svg, 'svg'),
    ];
    await writePicture(dataset(), pngOf('of no row'));
    const rows = [exampleRow(0, { picture: [path, ...active, '../../x.png'] })];
    await writeDataset(dataset(), rows, [...COLUMNS, PICTURE]);
    const written = await bundleView(
      { datasets: ['example'], artifactPath: 'artifacts', cwd: folder },
      join(folder, 'public'),
    );
    expect(written.ok).toBe(true);
    expect(await readdir(join(folder, 'public', 'data', '0', 'images'), { recursive: true })).toEqual([
      'picture',
      path.slice('images/'.length),
    ]);
  });
});

describe('pictures that a row names by paths beside the recipe', () => {
  const dataset = () => join(folder, 'artifacts', 'example');
  const recipe = (more = '') => `
model_configs: [{ alias: m, provider: openai, model: gpt-5 }]
seed_config: { source: { seed_type: rows, rows: [{ photo: x.png, other: x.png }] } }
columns:
  - name: response
    column_type: llm-text
    model_alias: m
    prompt: "Describe it."
    multi_modal_context: [{ column_name: photo }]${more}
`;
  /** @param origin what the dataset says of its recipe */
  const start = async (photos: readonly string[], origin: object = { recipe: '../../recipe.yaml' }) => {
    await mkdir(join(folder, 'photos'), { recursive: true });
    await writeFile(join(folder, 'photos', 'owl.png'), pngOf('owl'));
    const columns = [
      { name: 'photo', schema: { type: 'array' }, from: 'seed' },
      { name: 'other', schema: { type: 'string' }, from: 'seed' },
      { name: 'response', schema: { type: 'string' }, from: 'column' },
    ];
    const other = 'photos/owl.png';
    await writeDataset(dataset(), [{ photo: photos, other, response: 'An owl.' }], columns);
    const file = join(dataset(), 'metadata.json');
    const metadata = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...metadata, origin: { cwd: '../..', ...origin } }));
    await writeFile(join(dataset(), 'recipe.yaml'), recipe());
    const started = await startView({
      datasets: ['example'],
      artifactPath: 'artifacts',
      cwd: folder,
      port: 0,
    });
    if (!started.ok) throw new Error(started.error.message);
    opened.push(() => started.value.close());
    const entered = await fetch(started.value.url, { redirect: 'manual' });
    const cookie = String(entered.headers.get('set-cookie')).split(';')[0] ?? '';
    const { origin: address } = new URL(started.value.url);
    const ask = (what: string, headers: Record<string, string> = { cookie }) =>
      fetch(`${address}/api/${what}`, { headers });
    const picture = (path: string) =>
      ask(`picture?${new URLSearchParams({ dataset: '0', path })}`).then(({ status }) => status);
    const contextOf = async () =>
      ((await (await ask('record?dataset=0&row=0')).json()) as { readonly context?: unknown }).context;
    // The index reads rows after the server has started.
    while ((await (await ask('record?dataset=0&row=0')).text()) === 'null');
    return { ask, picture, contextOf };
  };

  it('are shown in the row and in the prompt, by their place in the row', async () => {
    await writeFile(join(folder, 'recipe.yaml'), recipe());
    const { ask, contextOf } = await start(['photos/owl.png', 'https://example.com/owl.png']);
    expect(await contextOf()).toEqual({ photo: ['context/0/0/photo'] });
    const sent = await ask('picture?dataset=0&path=context/0/0/photo');
    expect(Object.fromEntries(sent.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
    });
    expect(Buffer.from(await sent.arrayBuffer())).toEqual(pngOf('owl'));
    expect((await ask('picture?dataset=0&path=context/0/0/photo', {})).status).toBe(403);
    const [prompt] = (await (await ask('prompts?dataset=0&row=0')).json()) as readonly {
      readonly messages: readonly { readonly content: unknown }[];
    }[];
    expect(prompt?.messages[0]?.content).toContainEqual({
      type: 'image_url',
      image_url: { url: 'context/0/0/photo' },
    });
    // The page that is published has none of them.
    const bundle = { datasets: ['example'], artifactPath: 'artifacts', cwd: folder };
    await bundleView(bundle, join(folder, 'public'));
    const rows = await readFile(join(folder, 'public', 'data', '0', 'rows-0.json'), 'utf8');
    expect(rows).not.toContain('context/');
    expect(await readdir(join(folder, 'public', 'data', '0'))).not.toContain('photos');
  });

  it('are only those that the recipe on this machine would read', async () => {
    const project = join(folder, 'project');
    await mkdir(join(project, '.hidden'), { recursive: true });
    await writeFile(join(project, 'recipe.yaml'), recipe());
    await writeFile(join(project, 'own.png'), pngOf('own'));
    await writeFile(join(project, '.hidden', 'own.png'), pngOf('own'));
    await writeFile(join(project, 'page.png'), '<html><script>alert(1)</script></html>');
    await writeFile(join(folder, 'outside.png'), pngOf('outside'));
    await symlink(join(folder, 'outside.png'), join(project, 'link.png'));
    const photos = [
      'own.png',
      '../outside.png',
      join(folder, 'outside.png'),
      'link.png',
      '.hidden/own.png',
      'page.png',
      'gone.png',
      'recipe.yaml',
      'file:///etc/hostname.png',
      'own.png\0',
    ];
    const { picture } = await start(photos, {
      recipe: '../../project/recipe.yaml',
      // What a dataset says opens no other folder.
      params: {},
      set: [`seed_config.source={seed_type: local, path: ${folder}/*.csv}`],
    });
    const statuses = await Promise.all(photos.map((_, entry) => picture(`context/0/${entry}/photo`)));
    expect(statuses).toEqual([200, ...photos.slice(1).map(() => 404)]);
    const others = [
      'context/1/0/photo',
      'context/0/0/other',
      'context/0/0/response',
      'context/0/0/__proto__',
    ];
    for (const other of [...others, 'context/0/0/photo/../own.png', 'own.png'])
      expect([other, await picture(other)]).toEqual([other, 404]);
  });

  it('are texts without the recipe', async () => {
    const { picture, contextOf } = await start(['photos/owl.png']);
    expect(await contextOf()).toBeUndefined();
    expect(await picture('context/0/0/photo')).toBe(404);
  });

  it('are texts where the recipe has mistakes, or the dataset says nothing that can be understood', async () => {
    await writeFile(join(folder, 'recipe.yaml'), recipe('\n    no_such_key: 1'));
    expect(await (await start(['photos/owl.png'])).contextOf()).toBeUndefined();
    expect(await (await start(['photos/owl.png'], { recipe: 7 })).contextOf()).toBeUndefined();
  });
});

describe('two datasets', () => {
  const start = async (failedRow?: number) => {
    for (const name of ['a', 'b']) await mkdir(join(folder, 'artifacts', name), { recursive: true });
    if (failedRow !== undefined)
      await writeFile(
        join(folder, 'artifacts', 'a', 'failures.jsonl'),
        `${JSON.stringify({ row: failedRow, column: 'response', class: 'schema', message: 'none' })}\n`,
      );
    const started = await startView({
      datasets: ['a', 'b'],
      artifactPath: 'artifacts',
      cwd: folder,
      port: 0,
    });
    if (!started.ok) throw new Error(started.error.message);
    opened.push(() => started.value.close());
    const { url } = started.value;
    const entered = await fetch(url, { redirect: 'manual' });
    const cookie = String(entered.headers.get('set-cookie')).split(';')[0] ?? '';
    const ask = async (path: string): Promise<{ readonly status: number; readonly value: unknown }> => {
      const answer = await fetch(`${new URL(url).origin}/api/${path}`, { headers: { cookie } });
      return { status: answer.status, value: await answer.json() };
    };
    /** Asks until both have been read. */
    const settled = async (path: string) => {
      for (;;) {
        const { value } = await ask(path);
        if (isObject(value) && value['isRead'] === true) return value;
      }
    };
    return { ask, settled };
  };
  const judged = (score: number) => ({
    groundedness: { reasoning: 'It names part 1.', score },
    usefulness: { reasoning: 'It can be acted on.', score: 3 },
  });

  it('are paired by trace id, and their rows filtered by what changed', async () => {
    const twin = exampleRow(4, { response: 'The second of two.' });
    await writeDataset(
      join(folder, 'artifacts', 'a'),
      [0, 1, 2, 3, 4].map((n) => exampleRow(n)).concat(twin),
    );
    await writeDataset(join(folder, 'artifacts', 'b'), [
      exampleRow(2, { response: 'Another answer.' }),
      exampleRow(4, { messages: [] }),
      twin,
      exampleRow(1, { judge: judged(4), recommended: true, response: 'Another answer.' }),
      exampleRow(9),
      exampleRow(3),
    ]);
    const { ask, settled } = await start();
    expect(await settled('pair?dataset=0&row=2&with=1')).toMatchObject({
      by: 'trace_id',
      record: { row: 0, value: { trace_id: 'trace-002', response: 'Another answer.' } },
    });
    // Rows with one trace are paired in order.
    expect(await settled('pair?dataset=0&row=5&with=1')).toMatchObject({ record: { row: 2 } });
    expect(await settled('pair?dataset=0&row=0&with=1')).not.toHaveProperty('record');
    const rowsThatAre = async (state: string): Promise<unknown> => {
      const filter = encodeURIComponent(`@compared.1~is~${state}`);
      const { value } = await ask(`rows?dataset=0&limit=10&f=${filter}`);
      return isObject(value) && Array.isArray(value['rows']) && value['rows'].map(({ row }) => row);
    };
    expect(await rowsThatAre('new score')).toEqual([1]);
    expect(await rowsThatAre('new text')).toEqual([2]);
    // Another seed is no change of what was made.
    expect(await rowsThatAre('same')).toEqual([3, 4, 5]);
    expect(await rowsThatAre('only here')).toEqual([0]);
    const { value: facets } = await ask('facets?dataset=0&with=1');
    const bars = Array.isArray(facets) ? facets.find(({ path }) => path === '@compared.1')?.bars : [];
    // In the order of their labels.
    expect(bars.map(({ label, all }: { label: string; all: number }) => [label, all])).toEqual([
      ['new score', 1],
      ['new text', 1],
      ['only here', 1],
      ['same', 3],
    ]);
  });

  it('are paired by the number in the seed where one has no trace id', async () => {
    const columns = [{ name: 'text', schema: { type: 'string' }, from: 'column' }];
    const texts = (...all: readonly string[]) => all.map((text) => ({ text }));
    await writeDataset(join(folder, 'artifacts', 'a'), texts('zero', 'two'), columns);
    await writeDataset(join(folder, 'artifacts', 'b'), texts('zero', 'one', 'two'), columns);
    const { settled } = await start(1);
    expect(await settled('pair?dataset=0&row=1&with=1')).toMatchObject({
      by: 'number',
      record: { row: 2, value: { text: 'two' } },
    });
    expect(await settled('pair?dataset=1&row=1&with=0')).not.toHaveProperty('record');
  });

  it('count the rows that `accept` did not take when they are paired by number', async () => {
    const columns = [{ name: 'text', schema: { type: 'string' }, from: 'column' }];
    await writeDataset(join(folder, 'artifacts', 'a'), [{ text: 'zero' }, { text: 'two' }], columns);
    const all = ['zero', 'one', 'two'].map((text) => ({ text }));
    await writeDataset(join(folder, 'artifacts', 'b'), all, columns);
    const rejected = [
      { row: 0, attempt: 0, instead: 'next_attempt' },
      { row: 1, attempt: 0 },
    ];
    await writeFile(
      join(folder, 'artifacts', 'a', 'rejected.jsonl'),
      `${rejected.map((line) => JSON.stringify(line)).join('\n')}\n{"row":2,"att`,
    );
    const { settled } = await start();
    expect(await settled('pair?dataset=0&row=0&with=1')).toMatchObject({ by: 'number', record: { row: 0 } });
    expect(await settled('pair?dataset=0&row=1&with=1')).toMatchObject({ by: 'number', record: { row: 2 } });
  });

  it('are compared again when one of them is made again', async () => {
    await writeDataset(join(folder, 'artifacts', 'a'), [exampleRow(0)]);
    await writeDataset(join(folder, 'artifacts', 'b'), [exampleRow(0)]);
    const { ask, settled } = await start();
    const same = `rows?dataset=0&limit=10&f=${encodeURIComponent('@compared.1~is~same')}`;
    await settled('pair?dataset=0&row=0&with=1');
    expect(await ask(same)).toMatchObject({ value: { found: 1 } });
    await writeDataset(join(folder, 'artifacts', 'b'), [exampleRow(0, { response: 'Another answer.' })]);
    let found: unknown = 1;
    while (found === 1) {
      const { value } = await ask(same);
      found = isObject(value) && value['found'];
    }
    expect(found).toBe(0);
  });

  it.each(['pair?dataset=0&row=0&with=7', 'pair?dataset=0&row=0&with=0', 'pair?dataset=0&row=0'])(
    'are two: %s finds nothing',
    async (path) => {
      await writeDataset(join(folder, 'artifacts', 'a'), [exampleRow(0)]);
      await writeDataset(join(folder, 'artifacts', 'b'), [exampleRow(0)]);
      expect((await (await start()).ask(path)).status).toBe(404);
    },
  );
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
