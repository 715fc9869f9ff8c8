import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { digestPlugins } from '../../../src/plugins/plugin-digest.js';
import { openRecipe } from '../../../src/run/open-recipe.js';
import { openRun } from '../../../src/run/queue/open-run.js';
import { recordOf, type RunRecord } from '../../../src/run/queue/run-record.js';
import { folder } from '../../recipe/support.js';

/** A plugin that leaves a file beside itself when it is run. */
const PLUGIN = `import { writeFileSync } from 'node:fs';
import { word } from './word.mjs';
writeFileSync(new URL('ran.txt', import.meta.url), word);
export default { name: 'words', functions: { word: () => word } };`;

const FILES = {
  'r.yaml': `name: r
plugins: [./p.mjs]
columns:
  - { name: a, column_type: custom, generator_function: word }
`,
  'p.mjs': PLUGIN,
  'word.mjs': "export const word = 'one';",
};

/** The record of a coordinator in a folder with these files. */
async function recordIn(files: Readonly<Record<string, string>>): Promise<RunRecord> {
  const dir = folder(files);
  const { plan, diagnostics } = await openRecipe(join(dir, 'r.yaml'), {
    cwd: dir,
    env: {},
    allowPlugins: true,
  });
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  const plugins = await digestPlugins(plan.recipe.plugins ?? [], plan.file);
  if (!plugins.ok) throw new Error(plugins.error);
  return recordOf(plan, { isExported: false, retryFailed: false, plugins: plugins.value });
}

const open = (record: RunRecord, cwd: string, allowPlugins = true): ReturnType<typeof openRun> =>
  openRun(record, { cwd, env: {}, allowPlugins });

test('a worker with the same files of a plugin takes the run, and one with others refuses it without running them', async () => {
  const record = await recordIn(FILES);
  expect(await open(record, folder(FILES))).toMatchObject({ ok: true });

  const other = folder({ ...FILES, 'word.mjs': "export const word = 'two';" });
  expect(await open(record, other)).toEqual({
    ok: false,
    error: {
      message: expect.stringMatching(
        /^the plugin `\.\/p\.mjs` is sha256 [0-9a-f]{12}… here, and sha256 [0-9a-f]{12}… on the coordinator$/,
      ),
      hint: 'copy ./p.mjs, and the files that it imports, from the coordinator',
    },
  });
  expect(existsSync(join(other, 'ran.txt'))).toBe(false);
});

test('a plugin that the worker does not allow is refused as such, also when it is another one', async () => {
  const other = folder({ ...FILES, 'word.mjs': "export const word = 'two';" });
  expect(await open(await recordIn(FILES), other, false)).toMatchObject({
    ok: false,
    error: { message: expect.stringContaining('needs your permission') },
  });
});

test('a record without the hash of a plugin is refused', async () => {
  expect(await open({ ...(await recordIn(FILES)), plugins: [] }, folder(FILES))).toMatchObject({
    ok: false,
    error: { message: expect.stringMatching(/of unknown content on the coordinator$/) },
  });
});

test('packages are named with their versions', async () => {
  const packed = (version: string, text = "'one'"): Readonly<Record<string, string>> => ({
    'r.yaml': FILES['r.yaml'].replace('./p.mjs', 'p'),
    'node_modules/p/package.json': `{ "name": "p", "version": "${version}", "exports": "./p.mjs" }`,
    'node_modules/p/p.mjs': PLUGIN.replace(/^writeFileSync.*$/m, ''),
    'node_modules/p/word.mjs': `export const word = ${text};`,
  });
  const record = await recordIn(packed('1.3.0'));
  expect(await open(record, folder(packed('1.3.0')))).toMatchObject({ ok: true });
  expect(await open(record, folder(packed('1.2.0')))).toMatchObject({
    error: {
      message: expect.stringMatching(/is version 1\.2\.0, sha256 .* here, and version 1\.3\.0, sha256 /),
      hint: 'install the same version on both: npm install p@1.3.0',
    },
  });
  expect(await open(record, folder(packed('1.3.0', "'two'")))).toMatchObject({
    error: { hint: 'install p again on both: the files of one are not those of its version' },
  });
});

test('a plugin that was changed after this process had loaded it is refused: the process has the old code', async () => {
  const dir = folder(FILES);
  expect(await open(await recordIn(FILES), dir)).toMatchObject({ ok: true });
  const edited = { ...FILES, 'word.mjs': "export const word = 'two';" };
  writeFileSync(join(dir, 'word.mjs'), edited['word.mjs']);
  expect(await open(await recordIn(edited), dir)).toMatchObject({
    ok: false,
    error: { message: expect.stringContaining('was changed after this process had loaded it') },
  });
});

test('the files of schemas travel in the recipe: a worker needs none of them', async () => {
  const files = {
    'r.yaml': `name: r
model_configs: [{ alias: m, provider: openai, model: gpt-test }]
columns:
  - { name: a, column_type: llm-structured, model_alias: m, prompt: p, output_format: { $ref: schemas/s.json } }
`,
    'schemas/s.json': '{ "type": "object", "properties": { "deep": { "$ref": "deep.json#/$defs/d" } } }',
    'schemas/deep.json': '{ "$defs": { "d": { "type": "string", "maxLength": 7 } } }',
  };
  const record = await recordIn(files);
  const opened = await openRun(record, {
    cwd: folder({}),
    env: { OPENAI_API_KEY: 'k' },
    allowPlugins: false,
  });
  expect(opened).toMatchObject({ ok: true });
  expect(opened.ok && JSON.stringify(opened.value.recipe)).toContain('"maxLength":7');
  const edited = await recordIn({
    ...files,
    'schemas/deep.json': '{ "$defs": { "d": { "type": "number" } } }',
  });
  expect(edited.sha256).not.toBe(record.sha256);
});
