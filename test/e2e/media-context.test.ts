import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import type { Ended, Workspace } from '../rig/program.js';
import { files, png, sha256 } from '../rig/media.js';
import { useStage } from '../rig/stage.js';

const recipe = (context: string, more = ''): string => `
model_configs: [{ alias: main, model: m, provider: openai }]
seed_config: { source: { seed_type: local, path: rows.jsonl } }
columns:
  - name: said
    column_type: llm-text
    model_alias: main
    prompt: What is this?
    multi_modal_context: [${context}]${more}
`;

const image = '{ modality: image, column_name: it }';

const stage = useStage(async (workspace) => {
  await put(workspace, 'photos/red.png', png);
});

async function put(workspace: Workspace, file: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(workspace.path(file)), { recursive: true });
  await writeFile(workspace.path(file), bytes);
}

const dd = (...args: readonly string[]): Promise<Ended> =>
  stage.workspace.run(args, {
    OPENAI_BASE_URL: stage.server.url,
    OPENAI_API_KEY: 'sk-test',
    ANTHROPIC_API_KEY: 'sk-test',
    // Otherwise the folder of the test is the home folder.
    HOME: '/no/such/home',
  });

async function run(context: string, ...values: readonly Json[]): Promise<Ended> {
  await stage.workspace.write('r.yaml', recipe(context));
  await stage.workspace.write('rows.jsonl', values.map((it) => `${JSON.stringify({ it })}\n`).join(''));
  stage.server.handle((call) => call.reply('a picture'));
  return dd('run', 'r.yaml');
}

/** The content of the last message of each request. */
const sent = (): readonly Json[] =>
  stage.server.calls.map(
    ({ body }) => ((body['messages'] as readonly JsonObject[]).at(-1) ?? {})['content'] ?? null,
  );

const messages = async (): Promise<readonly Json[]> =>
  (await stage.workspace.failures('r')).map(({ message }) => message ?? null);

const text = { type: 'text', text: 'What is this?' };
const uri = (mime: string, bytes: Buffer): string => `data:${mime};base64,${bytes.toString('base64')}`;
const imageOf = (url: string): JsonObject => ({ type: 'image_url', image_url: { url } });
const base64 = png.toString('base64');

describe('images, sounds and films in a prompt', () => {
  it.each<[string, Json, readonly JsonObject[]]>([
    ['an address', 'https://example.com/a.png', [imageOf('https://example.com/a.png')]],
    ['base64', base64, [imageOf(uri('image/png', png))]],
    [
      'a data URI, whose type is that of its bytes',
      `data:image/jpeg;base64,${base64}`,
      [imageOf(uri('image/png', png))],
    ],
    ['a file', 'photos/red.png', [imageOf(uri('image/png', png))]],
    [
      'a list',
      [base64, 'https://example.com/a'],
      [imageOf(uri('image/png', png)), imageOf('https://example.com/a')],
    ],
    [
      'a list as JSON',
      JSON.stringify([base64, 'photos/red.png']),
      [imageOf(uri('image/png', png)), imageOf(uri('image/png', png))],
    ],
    ['an empty list', '[]', []],
  ])('takes %s', async (_, value, parts) => {
    expect(await run(image, value)).toMatchObject({ code: 0 });
    expect(sent()).toEqual([parts.length === 0 ? text.text : [...parts, text]]);
  });

  it('may be all of a prompt: an empty text is not sent', async () => {
    await stage.workspace.write('r.yaml', recipe(image).replace('What is this?', '""'));
    await stage.workspace.write('rows.jsonl', `{"it":"${base64}"}\n{"it":"[]"}\n`);
    stage.server.handle((call) => call.reply('a picture'));
    expect(await dd('run', 'r.yaml')).toMatchObject({ code: 1 });
    expect(sent()).toEqual([[imageOf(uri('image/png', png))]]);
    expect(await messages()).toEqual(['prompt: it is empty for this row']);
  });

  it('sends sounds and films in their own forms, before the text', async () => {
    const both = '{ modality: audio, column_name: it }';
    await put(stage.workspace, 'a.wav', files.wav);
    expect(await run(both, 'a.wav', 'https://example.com/a.mp3')).toMatchObject({ code: 0 });
    expect(sent()).toEqual(
      expect.arrayContaining([
        [{ type: 'input_audio', input_audio: { data: files.wav.toString('base64'), format: 'wav' } }, text],
        [{ type: 'audio_url', audio_url: { url: 'https://example.com/a.mp3' } }, text],
      ]),
    );
  });

  it('sends a film as an address of its data', async () => {
    expect(await run('{ modality: video, column_name: it }', files.mp4.toString('base64'))).toMatchObject({
      code: 0,
    });
    expect(sent()).toEqual([[{ type: 'video_url', video_url: { url: uri('video/mp4', files.mp4) } }, text]]);
  });

  it('fails the cell, and asks nothing, where a value is no such file', async () => {
    await put(stage.workspace, 'sound.png', files.wav);
    await put(stage.workspace, 'cut.png', png.subarray(0, 50));
    const ended = await run(image, null, 'words', 'sound.png', 'cut.png', 'gone.png', 'file:///a.png', 7, [
      [base64],
    ]);
    expect(ended).toMatchObject({ code: 1 });
    expect(stage.server.calls).toHaveLength(0);
    expect(await messages()).toEqual(
      [
        'is null in this row; `skip` the column for such rows',
        'words is no address, no path of an image and no base64',
        'sound.png: it is audio/wav, and not an image',
        'cut.png: the PNG is broken: its end is missing',
        `there is no gone.png in \`${stage.workspace.dir}\``,
        'file:///a.png: addresses of http and https are sent, and none of `file:`',
        'an address, a path or base64 is expected, and not 7',
        expect.stringContaining('an address, a path or base64 is expected, and not ["iVBOR'),
      ].map((message) => (typeof message === 'string' ? `multi_modal_context: it: ${message}` : message)),
    );
  });

  it('has the hash of the bytes in the key: other bytes at the same path are asked about, the same bytes are not', async () => {
    await run(image, 'photos/red.png');
    await dd('run', 'r.yaml', '--fresh');
    expect(stage.server.calls).toHaveLength(1);
    await put(stage.workspace, 'photos/red.png', files.gif);
    await run(image, 'photos/red.png');
    expect(stage.server.calls).toHaveLength(2);
  });

  it('is shown without its data by dd render, and in a trace', async () => {
    await run(image, base64);
    await stage.workspace.write('r.yaml', recipe(image, '\n    with_trace: all_messages'));
    const rendered = await dd('render', 'r.yaml', '--column', 'said');
    const name = `image/png, ${png.length} bytes, sha256 ${sha256(png)}`;
    expect(rendered.stdout).toContain(`[${name}]\nWhat is this?`);
    const json = await dd('render', 'r.yaml', '--column', 'said', '--json');
    for (const { stdout } of [rendered, json]) expect(stdout).not.toContain(base64.slice(20, 60));
    await dd('run', 'r.yaml');
    expect(await stage.workspace.rows('r')).toMatchObject([
      { said__trace: [{ role: 'user', content: [{ type: 'image', text: `[${name}]` }, text] }, {}] },
    ]);
  });

  it('reads no files of others: seeds are not trusted', async () => {
    const { workspace } = stage;
    // The recipe is in a folder of its own; beside it lies what is not its business.
    await put(workspace, 'private/secret.png', png);
    await put(workspace, 'job/.ssh/secret.png', png);
    await put(workspace, 'job/a.png', png);
    await symlink(workspace.path('private/secret.png'), workspace.path('job/link.png'));
    await symlink(workspace.path('private'), workspace.path('job/folder'));
    await symlink('/dev/zero', workspace.path('job/zero.png'));
    const values = [
      '../private/secret.png',
      workspace.path('private/secret.png'),
      'link.png',
      'folder/secret.png',
      '.ssh/secret.png',
      'zero.png',
      '/etc/passwd',
      'a.png\0.png',
      '~/secret.png',
      'images/../../private/secret.png',
    ];
    await workspace.write('job/r.yaml', recipe('{ modality: image, column_name: it, data_type: url }'));
    await workspace.write('job/rows.jsonl', values.map((it) => `${JSON.stringify({ it })}\n`).join(''));
    expect(await dd('run', 'job/r.yaml')).toMatchObject({ code: 1 });
    expect(stage.server.calls).toHaveLength(0);
    const why = (await messages()).map((message) => String(message).replace('multi_modal_context: it: ', ''));
    expect(
      why.map((message, index) => message.replace(values[index] ?? '', 'X').replace(/`.*`/, 'R')),
    ).toEqual([
      'X is not below R: no other file is read',
      'X is not below R: no other file is read',
      'X is not below R: no other file is read',
      'X is not below R: no other file is read',
      'X: no file is read whose path has a name that begins with a dot',
      'X is not below R: no other file is read',
      'X is not below R: no other file is read',
      'it is no path',
      'there is no X in R',
      'X is not below R: no other file is read',
    ]);
  });

  it('reads no files where the recipe is in the home folder itself', async () => {
    await stage.workspace.write('r.yaml', recipe(image));
    await stage.workspace.write('rows.jsonl', '{"it":"photos/red.png"}\n');
    const ended = await stage.workspace.run(['run', 'r.yaml'], {
      OPENAI_BASE_URL: stage.server.url,
      OPENAI_API_KEY: 'sk-test',
      HOME: stage.workspace.dir,
    });
    expect(ended.code).toBe(1);
    expect(await messages()).toEqual([
      expect.stringContaining('no files are read in the home folder itself'),
    ]);
  });

  it('has bounds: a list without end is refused before anything is decoded', async () => {
    expect(
      await run(
        image,
        Array.from({ length: 101 }, () => base64),
      ),
    ).toMatchObject({ code: 1 });
    expect(await messages()).toEqual([
      expect.stringContaining('a prompt has 100 images, sounds and films at most'),
    ]);
    expect(stage.server.calls).toHaveLength(0);
  });

  it('is refused before the run where the provider cannot take it', async () => {
    const text = recipe('{ modality: audio, column_name: it }').replace(
      'provider: openai',
      'provider: anthropic',
    );
    await stage.workspace.write('rows.jsonl', '{"it":"x"}\n');
    await stage.workspace.write('r.yaml', text);
    expect((await dd('validate', 'r.yaml')).stderr).toContain(
      'the provider `anthropic`, of the type `anthropic`, takes no audio in a prompt',
    );
    await stage.workspace.write('r.yaml', text.replace('modality: audio', 'modality: image'));
    expect(await dd('validate', 'r.yaml')).toMatchObject({ code: 0 });
  });
});
