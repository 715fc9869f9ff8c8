import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createDd, definePlugin } from '../../src/index.js';
import { openRecipe, type OpenRecipeOptions } from '../../src/run/open-recipe.js';
import { folder } from '../recipe/support.js';

/** A plugin that leaves a file behind as soon as it is imported. */
const shout = (marker: string): string => `
  import { writeFileSync } from 'node:fs';
  writeFileSync(${JSON.stringify(marker)}, 'ran');
  export default {
    name: 'shout',
    columns: [{
      type: 'shout',
      summary: 'Capitals.',
      schema: { properties: { target: { type: 'string' } }, required: ['target'] },
      prepare: ({ name, target }) => ({
        name,
        references: [{ path: [target], at: ['target'], span: { offset: 0, length: target.length }, optional: false }],
        modelAliases: [],
        makes: [name],
        types: () => [{ type: 'string' }],
        generate: async (row) => ({ state: 'done', cells: { [name]: String(row[target]).toUpperCase() } }),
      }),
    }],
  };`;

const RECIPE = `
plugins: [./shout.mjs]
columns:
  - { name: quiet, column_type: expression, expr: hello }
  - { name: loud, column_type: shout, target: quiet }
`;

interface Project {
  readonly dir: string;
  readonly ran: () => boolean;
  open(options?: Partial<OpenRecipeOptions>): ReturnType<typeof openRecipe>;
}

function project(recipe = RECIPE, files: Readonly<Record<string, string>> = {}): Project {
  const dir = folder({ 'recipe.yaml': recipe, ...files });
  const marker = join(dir, 'ran.txt');
  const full = folder({});
  const env = { XDG_CONFIG_HOME: full };
  if (!Object.hasOwn(files, 'shout.mjs')) writeFileSync(join(dir, 'shout.mjs'), shout(marker));
  return {
    dir,
    ran: () => existsSync(marker),
    open: (options = {}) => openRecipe(join(dir, 'recipe.yaml'), { cwd: dir, env, ...options }),
  };
}

const codes = ({ diagnostics }: Awaited<ReturnType<typeof openRecipe>>): readonly string[] =>
  diagnostics.map(({ code }) => code);

describe('a plugin that a recipe names', () => {
  it('is not run until it is allowed; what could not be checked is named', async () => {
    const { open, ran } = project();
    const opened = await open();
    expect(opened.plan).toBeUndefined();
    expect(codes(opened)).toEqual(['plugin-not-allowed', 'unchecked-type']);
    expect(ran()).toBe(false);
  });

  it('is a column type like any other once it is allowed', async () => {
    const { open, ran } = project();
    const opened = await open({ allowPlugins: true });
    expect(codes(opened)).toEqual([]);
    expect(opened.plan?.columns.map(({ columnType }) => columnType)).toEqual(['expression', 'shout']);
    expect(ran()).toBe(true);
  });

  it('has its mistakes found, with suggestions', async () => {
    const { open } = project(RECIPE.replace('target: quiet', 'target: quite'));
    const { diagnostics } = await open({ allowPlugins: true });
    expect(diagnostics).toMatchObject([{ code: 'unknown-column', hint: 'did you mean `quiet`?' }]);
    const misspelt = project(RECIPE.replace('target: quiet', 'tarket: quiet'));
    expect((await misspelt.open({ allowPlugins: true })).diagnostics).toMatchObject([
      { code: 'unknown-key', hint: 'did you mean `target`?' },
    ]);
  });

  it('is trusted by its own path, by its folder, and not by its name or by a link to it', async () => {
    const { open, dir, ran } = project();
    const trusting = (paths: readonly string[]): Partial<OpenRecipeOptions> => ({
      env: {
        XDG_CONFIG_HOME: folder({ 'dd/settings.yaml': `trusted_plugins: ${JSON.stringify(paths)}` }),
      },
    });
    for (const paths of [['./shout.mjs'], ['shout.mjs'], ['shout'], [`${dir}-other`], [join(dir, 'shout')]])
      expect(codes(await open(trusting(paths)))).toContain('plugin-not-allowed');
    expect(ran()).toBe(false);
    const trusted = folder({});
    mkdirSync(join(trusted, 'plugins'));
    symlinkSync(join(dir, 'shout.mjs'), join(trusted, 'plugins', 'shout.mjs'));
    const linked = project(RECIPE.replace('./shout.mjs', join(trusted, 'plugins', 'shout.mjs')));
    expect(codes(await linked.open(trusting([join(trusted, 'plugins')])))).toContain('plugin-not-allowed');
    expect(codes(await open(trusting([dir])))).toEqual([]);
    expect(codes(await open(trusting([join(dir, 'shout.mjs')])))).toEqual([]);
  });

  it('is refused where the settings are no YAML', async () => {
    const { open } = project();
    const env = { XDG_CONFIG_HOME: folder({ 'dd/settings.yaml': 'trusted_plugins: [unclosed' }) };
    expect(codes(await open({ env }))).toContain('plugin-not-allowed');
  });

  it('may be an npm package beside the recipe, which is not trusted for its name either', async () => {
    const { open } = project(RECIPE.replace('./shout.mjs', 'dd-plugin-shout'), {
      'node_modules/dd-plugin-shout/package.json': '{"name":"dd-plugin-shout","exports":"./main.mjs"}',
      'node_modules/dd-plugin-shout/main.mjs': shout('/dev/null'),
    });
    expect(codes(await open())).toEqual(['plugin-not-allowed', 'unchecked-type']);
    expect(codes(await open({ allowPlugins: true }))).toEqual([]);
  });

  it.each([
    ['is not there', './shuot.mjs', {}, 'plugin-not-found'],
    ['throws', './bad.mjs', { 'bad.mjs': "throw new Error('no')" }, 'plugin-broken'],
    ['has no default export', './bad.mjs', { 'bad.mjs': 'export const columns = []' }, 'plugin-broken'],
    ['has no list', './bad.mjs', { 'bad.mjs': "export default { name: 'x', columns: {} }" }, 'plugin-broken'],
    [
      'brings a type that is built in',
      './bad.mjs',
      { 'bad.mjs': "export default { name: 'x', columns: [{ type: 'llm-text' }] }" },
      'plugin-clash',
    ],
  ])('is reported when it %s', async (_, path, files, code) => {
    const { open } = project(RECIPE.replace('./shout.mjs', path), files);
    expect(codes(await open({ allowPlugins: true }))).toEqual([code, 'unchecked-type']);
  });

  it('cannot be named by a param of the command line', async () => {
    const recipe = RECIPE.replace('./shout.mjs', '"${{ params.plugin }}"').replace(
      'columns:',
      'params: { plugin: { type: string, default: ./shout.mjs } }\ncolumns:',
    );
    const opened = await project(recipe).open({ allowPlugins: true });
    expect(codes(opened)).toContain('plugin-not-found');
  });
});

describe('createDd', () => {
  const count = definePlugin({
    name: 'count',
    checks: [
      {
        name: 'two columns',
        run: ({ columns }) =>
          columns.length > 1 ? [] : [{ code: 'lonely', message: 'one column is few', at: ['columns'] }],
      },
    ],
  });

  it('adds to what is built in, for this dd alone', async () => {
    const recipe = join(
      folder({ 'recipe.yaml': 'columns: [{ name: a, column_type: expression, expr: b }]' }),
    );
    const file = join(recipe, 'recipe.yaml');
    expect(codes(await createDd(count).openRecipe(file, { cwd: '/' }))).toContain('lonely');
    expect(codes(await createDd().openRecipe(file, { cwd: '/' }))).not.toContain('lonely');
  });

  it('refuses two things of one name', () => {
    const again = createDd().registries.exporters.get('csv');
    expect(() => createDd({ exporters: again ? [again] : [] })).toThrow(
      'the exporter `csv` of the plugin `this program` is already in dd itself',
    );
  });
});
