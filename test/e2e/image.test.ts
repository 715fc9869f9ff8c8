import { readdir, readFile, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { startHubServer } from '../rig/hub-server.js';
import type { ModelCall } from '../rig/model-server.js';
import type { Ended } from '../rig/program.js';
import { files, png, pngOf, sha256 } from '../rig/media.js';
import { useStage } from '../rig/stage.js';

const recipe = (model = 'gpt-image-1', more = ''): string => `
model_configs:
  - alias: painter
    model: ${model}
    provider: openai
    inference_parameters: { generation_type: image, extra_body: { size: 256x256 } }
  - { alias: main, model: m, provider: openai }
seed_config: { source: { seed_type: local, path: rows.csv } }
columns:
  - { name: pic, column_type: image, model_alias: painter, prompt: "A {{ animal }}." }
${more}`;

const stage = useStage(async (workspace) => {
  await workspace.write('rows.csv', 'animal\nowl\nfox\nowl\nhen\n');
  await workspace.write('r.yaml', recipe());
});

const dd = (...args: readonly string[]): Promise<Ended> =>
  stage.workspace.run(args, {
    OPENAI_BASE_URL: stage.server.url,
    OPENAI_API_KEY: 'sk-test-0123456789',
    HOME: '/no/such/home',
  });

/** A picture for each prompt. */
const paint = (call: ModelCall): void =>
  call.raw(
    JSON.stringify({
      data: [{ b64_json: pngOf(call.prompt).toString('base64') }],
      usage: { input_tokens: 10, output_tokens: 100 },
    }),
  );

const pathOf = (bytes: Buffer, extension = 'png', column = 'pic'): string =>
  `images/${column}/${sha256(bytes).slice(0, 32)}.${extension}`;

const cells = async (dataset = 'r'): Promise<readonly Json[]> =>
  (await stage.workspace.rows(dataset)).map((row) => row['pic'] ?? null);

/** Names and bytes of the images of a dataset. */
async function images(dataset = 'r'): Promise<Readonly<Record<string, string>>> {
  const folder = stage.workspace.path('artifacts', dataset, 'images');
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const entries = found
    .filter((entry) => entry.isFile())
    .map(async ({ name, parentPath }) => [name, await readFile(`${parentPath}/${name}`, 'hex')] as const);
  return Object.fromEntries(await Promise.all(entries));
}

const messages = async (): Promise<readonly Json[]> =>
  (await stage.workspace.failures('r')).map(({ message }) => message ?? null);

const drawn = ['A owl.', 'A fox.', 'A owl.', 'A hen.'].map(pngOf);

describe('an image column', () => {
  it('keeps the images as files that are named by their bytes, and costs nothing the second time', async () => {
    stage.server.handle(paint);
    expect(await dd('run', 'r.yaml')).toMatchObject({ code: 0 });
    expect(await cells()).toEqual(drawn.map((bytes) => [pathOf(bytes)]));
    const first = await images();
    expect(first).toEqual(
      Object.fromEntries(
        drawn.map((bytes) => [pathOf(bytes).replace('images/pic/', ''), bytes.toString('hex')]),
      ),
    );
    expect(stage.server.calls.map(({ path, body }) => [path, body])).toContainEqual([
      '/images/generations',
      { model: 'gpt-image-1', prompt: 'A hen.', size: '256x256' },
    ]);
    const calls = stage.server.calls.length;
    await dd('run', 'r.yaml', '--dataset-name', 'again');
    expect(stage.server.calls).toHaveLength(calls);
    expect(await images('again')).toEqual(first);
    expect(await readdir(stage.workspace.path('artifacts', 'r'))).not.toContain('.media');
  });

  it.each<[string, JsonObject]>([
    ['beside the words', { content: 'Here.', images: [{ image_url: { url: uri(png) } }] }],
    [
      'as parts',
      {
        content: [
          { type: 'text', text: 'x' },
          { type: 'image_url', image_url: { url: uri(png) } },
        ],
      },
    ],
    ['as the content itself', { content: uri(png) }],
    ['as base64', { content: png.toString('base64') }],
  ])('takes the images of a chat %s', async (_, message) => {
    await stage.workspace.write('r.yaml', recipe('gemini-image'));
    stage.server.handle((call) => call.reply(null, { message }));
    expect(await dd('run', 'r.yaml', '--num-records', '1')).toMatchObject({ code: 0 });
    expect(await cells()).toEqual([[pathOf(png)]]);
    expect(stage.server.calls[0]).toMatchObject({ path: '/chat/completions', prompt: 'A owl.' });
  });

  it('keeps several images of an answer, each with the ending of its bytes', async () => {
    stage.server.handle((call) =>
      call.raw(
        JSON.stringify({ data: [png, files.jpg].map((bytes) => ({ b64_json: bytes.toString('base64') })) }),
      ),
    );
    await dd('run', 'r.yaml', '--num-records', '1');
    expect(await cells()).toEqual([[pathOf(png), pathOf(files.jpg, 'jpg')]]);
  });

  it('is read by another column', async () => {
    const look =
      '  - { name: said, column_type: llm-text, model_alias: main, prompt: "What?", multi_modal_context: [{ column_name: pic }] }';
    await stage.workspace.write('r.yaml', recipe('gpt-image-1', look));
    stage.server.handle((call) => (call.path === '/images/generations' ? paint(call) : call.reply('a bird')));
    expect(await dd('run', 'r.yaml', '--num-records', '1')).toMatchObject({ code: 0 });
    const asked = stage.server.calls.find(({ path }) => path === '/chat/completions');
    expect(JSON.stringify(asked?.body)).toContain(uri(pngOf('A owl.')));
    expect((await dd('run', 'r.yaml', '--preview', '--num-records', '1')).code).toBe(0);
  });

  it('has no files of rows that are not in the dataset', async () => {
    const more = 'processors: [{ name: birds, processor_type: filter, where: "animal != \'fox\'" }]';
    await stage.workspace.write('r.yaml', recipe('gpt-image-1', more));
    stage.server.handle(paint);
    expect(await dd('run', 'r.yaml')).toMatchObject({ code: 0 });
    expect(Object.keys(await images()).toSorted()).toEqual(
      [...new Set((await cells()).flat().map((path) => String(path).replace('images/pic/', '')))].toSorted(),
    );
  });

  it('is the same dataset when partitions are merged', async () => {
    stage.server.handle(paint);
    await dd('run', 'r.yaml', '--dataset-name', 'whole');
    for (const part of [0, 1])
      await dd(
        'run',
        'r.yaml',
        '--partition-index',
        `${part}`,
        '--num-partitions',
        '2',
        '--dataset-name',
        `p${part}`,
      );
    expect(await dd('merge', 'artifacts/p0', 'artifacts/p1', '--dataset-name', 'merged')).toMatchObject({
      code: 0,
    });
    expect(await cells('merged')).toEqual(await cells('whole'));
    expect(await images('merged')).toEqual(await images('whole'));
  });

  it('goes along into the stages that need it, and into a dataset that is made of another', async () => {
    const stages = recipe()
      .replace('seed_config', 'stages:\n  - name: birds\n    seed_config')
      .replace('columns:\n', '    columns:\n')
      .replace('  - { name: pic', '      - { name: pic')
      .concat('  - name: said\n    needs: birds\n    columns:\n')
      .concat(
        '      - { name: said, column_type: llm-text, model_alias: main, prompt: "What?", multi_modal_context: [{ column_name: pic }] }\n',
      );
    await stage.workspace.write('r.yaml', stages);
    stage.server.handle((call) => (call.path === '/images/generations' ? paint(call) : call.reply('a bird')));
    expect(await dd('run', 'r.yaml')).toMatchObject({ code: 0 });
    expect(await images('r.said')).toEqual(await images('r.birds'));
    expect(Object.keys(await images('r.said'))).toHaveLength(3);

    const again = recipe()
      .replace('path: rows.csv', 'path: "artifacts/r.birds/data/*.jsonl"')
      .replace(/ {2}- \{ name: pic.*/, '  - { name: shown, column_type: expression, expr: "{{ animal }}" }');
    await stage.workspace.write('s.yaml', again);
    expect(await dd('run', 's.yaml')).toMatchObject({ code: 0 });
    expect(await images('s')).toEqual(await images('r.birds'));
  });

  it('does not go along where it is a link out of its dataset, nor is it pushed', async () => {
    stage.server.handle(paint);
    expect(await dd('run', 'r.yaml')).toMatchObject({ code: 0 });
    const { workspace } = stage;
    const [name = ''] = Object.keys(await images());
    await workspace.write('outside.png', 'of somebody else');
    const place = workspace.path('artifacts', 'r', 'images', 'pic', name);
    await rm(place);
    await symlink(workspace.path('outside.png'), place);
    await workspace.write(
      's.yaml',
      recipe()
        .replace('path: rows.csv', 'path: "artifacts/r/data/*.jsonl"')
        .replace(
          / {2}- \{ name: pic.*/,
          '  - { name: shown, column_type: expression, expr: "{{ animal }}" }',
        ),
    );
    expect(await dd('run', 's.yaml')).toMatchObject({ code: 0 });
    expect(Object.keys(await images('s'))).toHaveLength(2);
    const hub = await startHubServer('hf_x');
    try {
      const env = { HF_TOKEN: 'hf_x', HF_ENDPOINT: hub.url };
      expect(await workspace.spawn(['push', 'r', 'hf://ada/birds'], env).ended).toMatchObject({ code: 0 });
      const repo = hub.repos.get('ada/birds')?.files ?? new Map<string, Buffer>();
      expect([...repo.keys()].filter((file) => file.endsWith('.png'))).toHaveLength(2);
    } finally {
      await hub.close();
    }
  });

  it('of a column with letters beyond ASCII is a file as any other', async () => {
    await stage.workspace.write('r.yaml', recipe().replace('name: pic', 'name: größe'));
    stage.server.handle(paint);
    expect(await dd('run', 'r.yaml')).toMatchObject({ code: 0 });
    expect(Object.keys(await images())).toHaveLength(3);
  });

  it('has the files of rows that accept did not take', async () => {
    await stage.workspace.write('r.yaml', recipe('gpt-image-1', 'accept: "{{ animal != \'fox\' }}"\n'));
    stage.server.handle(paint);
    expect(await dd('run', 'r.yaml')).toMatchObject({ code: 0 });
    expect(Object.keys(await images())).toContain(pathOf(pngOf('A fox.')).replace('images/pic/', ''));
  });

  it('is pushed with its dataset', async () => {
    const hub = await startHubServer('hf_x');
    try {
      stage.server.handle(paint);
      await dd('run', 'r.yaml');
      const pushed = await stage.workspace.spawn(['push', 'r', 'hf://ada/birds'], {
        HF_TOKEN: 'hf_x',
        HF_ENDPOINT: hub.url,
      }).ended;
      expect(pushed).toMatchObject({ code: 0 });
      const repo = hub.repos.get('ada/birds')?.files ?? new Map<string, Buffer>();
      for (const bytes of drawn) expect(repo.get(pathOf(bytes))).toEqual(bytes);
    } finally {
      await hub.close();
    }
  });

  it('is not asked for by dd check-models; embeddings are', async () => {
    const vectors = [
      '  - { alias: vec, model: e, provider: openai, inference_parameters: { generation_type: embedding } }',
      '  - { alias: main, model: m',
    ].join('\n');
    const column = '  - { name: v, column_type: embedding, model_alias: vec, target_column: animal }';
    const text = recipe('gpt-image-1', column).replace('  - { alias: main, model: m', vectors);
    await stage.workspace.write('r.yaml', text);
    stage.server.handle((call) => call.raw(JSON.stringify({ data: [{ index: 0, embedding: [1] }] })));
    const checked = await dd('check-models', 'r.yaml');
    expect(checked).toMatchObject({ code: 0 });
    expect(checked.stdout).toContain('it was not asked for one');
    expect(stage.server.calls.map(({ path }) => path)).toEqual(['/embeddings']);
  });

  it('fails where the answer has no image, with what the model says', async () => {
    await stage.workspace.write('r.yaml', recipe('gemini-image'));
    stage.server.handle((call) => call.reply('I cannot draw that.'));
    expect(await dd('run', 'r.yaml', '--num-records', '1')).toMatchObject({ code: 1 });
    expect(await messages()).toEqual([
      expect.stringContaining('the answer has no image; it says: I cannot draw that.'),
    ]);
  });

  it.each([
    ['a text', Buffer.from('<script>'.repeat(20)), 'its bytes are of no known type'],
    ['a PNG that was cut', pngOf('x').subarray(0, 100), 'the PNG is broken: its end is missing'],
    ['a film', files.mp4, 'the answer has a file of video/mp4, no image'],
  ])('fails where it is %s, and keeps nothing of it', async (_, bytes, message) => {
    stage.server.handle((call) =>
      call.raw(JSON.stringify({ data: [{ b64_json: bytes.toString('base64') }] })),
    );
    expect(await dd('run', 'r.yaml', '--num-records', '1')).toMatchObject({ code: 1 });
    expect(await messages()).toEqual([expect.stringContaining(message)]);
    expect(await images()).toEqual({});
  });

  it('is fabricated in a dry run, the same every time', async () => {
    expect(await dd('run', 'r.yaml', '--dry-run')).toMatchObject({ code: 0 });
    const first = await images('r-dry-run');
    expect(Object.keys(first).length).toBeGreaterThan(1);
    await dd('run', 'r.yaml', '--dry-run');
    expect(await images('r-dry-run')).toEqual(first);
    expect(stage.server.calls).toHaveLength(0);
    const preview = await dd('run', 'r.yaml', '--preview', '--dry-run');
    expect(preview).toMatchObject({ code: 0, stdout: expect.stringContaining('images/pic/') });
  });

  it('is refused with a provider that makes no images', async () => {
    await stage.workspace.write('r.yaml', recipe().replace('provider: openai', 'provider: anthropic'));
    expect((await dd('validate', 'r.yaml')).stderr).toContain('makes no images');
  });
});

describe('an address in an answer', () => {
  it('is read from the provider, and stored as bytes', async () => {
    await withServer(async (origin, asked) => {
      const answer = JSON.stringify({ data: [{ url: `${origin}/v1/files/a.png` }] });
      const env = {
        OPENAI_BASE_URL: `${origin}/v1`,
        OPENAI_API_KEY: 'sk-test-0123456789',
        HOME: '/no/such/home',
      };
      const run = (): Promise<Ended> => stage.workspace.run(['run', 'r.yaml', '--num-records', '1'], env);
      asked.answer = answer;
      expect(await run()).toMatchObject({ code: 0 });
      expect(await cells()).toEqual([[pathOf(png)]]);
      expect(asked.paths).toEqual(['POST /v1/images/generations', 'GET /v1/files/a.png']);
      // The key is for the provider's own API.
      expect(asked.keys).toEqual(['Bearer sk-test-0123456789', undefined]);
      await run();
      expect(asked.paths).toHaveLength(2);
    });
  });

  it.each([
    'http://127.0.0.1:1/a.png',
    'http://localhost:1/a.png',
    'http://169.254.169.254/latest/meta-data/a.png',
    'http://[::1]:1/a.png',
    'http://[::ffff:10.0.0.1]/a.png',
    'http://0x7f.1/a.png',
    'http://2130706433/a.png',
    'https://192.168.1.1/a.png',
    'http://metadata.localhost/a.png',
  ])('%s is not read', async (url) => {
    stage.server.handle((call) => call.raw(JSON.stringify({ data: [{ url }] })));
    expect(await dd('run', 'r.yaml', '--num-records', '1')).toMatchObject({ code: 1 });
    expect(stage.server.calls).toHaveLength(1);
    expect(await messages()).toEqual([
      expect.stringMatching(
        /^the image of the answer is not read: \S+ is an address of this machine or of a private/,
      ),
    ]);
  });

  it('is not followed elsewhere', async () => {
    await withServer(async (origin, asked) => {
      asked.answer = JSON.stringify({ data: [{ url: `${origin}/v1/moved` }] });
      const env = { OPENAI_BASE_URL: `${origin}/v1`, OPENAI_API_KEY: 'sk-test-0123456789' };
      await stage.workspace.run(['run', 'r.yaml', '--num-records', '1'], env);
      expect(await messages()).toEqual([
        expect.stringMatching(/is not read: 127\.0\.0\.1:\d+ answered 302$/),
      ]);
      expect(asked.paths).not.toContain('GET /v1/files/a.png');
    });
  });

  it.each(['file:///etc/passwd', 'ftp://example.com/a.png', 'images/../../x', '/etc/passwd'])(
    '%s is no image',
    async (url) => {
      stage.server.handle((call) => call.raw(JSON.stringify({ data: [{ url }] })));
      expect((await dd('run', 'r.yaml', '--num-records', '1')).code).not.toBe(0);
      expect(await images()).toEqual({});
    },
  );
});

function uri(bytes: Buffer): string {
  return `data:image/png;base64,${bytes.toString('base64')}`;
}

interface Asked {
  answer: string;
  readonly paths: string[];
  readonly keys: (string | undefined)[];
}

/** A provider that has the files of its images itself. */
async function withServer(use: (origin: string, asked: Asked) => Promise<void>): Promise<void> {
  const asked: Asked = { answer: '', paths: [], keys: [] };
  const server = createServer((request, response) => {
    asked.paths.push(`${request.method} ${request.url}`);
    asked.keys.push(request.headers.authorization);
    request.resume();
    if (request.url === '/v1/files/a.png') response.end(png);
    else if (request.url === '/v1/moved') response.writeHead(302, { location: '/v1/files/a.png' }).end();
    else response.setHeader('content-type', 'application/json').end(asked.answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
