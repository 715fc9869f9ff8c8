import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { Plugin } from '../../src/plugins/plugin.js';
import { builtInRegistries } from '../../src/plugins/registries.js';
import { checkFormat, checkSeedType, makeOneRow } from '../../src/testing/index.js';
import { projectDir } from '../rig/program.js';

const folder = join(projectDir, 'examples/plugins');

/** An example as its file exports it. */
async function example(name: string): Promise<Plugin> {
  const module = (await import(pathToFileURL(join(folder, `${name}.mjs`)).href)) as { default: Plugin };
  return module.default;
}

describe('the example plugins', () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith('.mjs')))(
    '%s adds to what is built in',
    async (name) => {
      const registries = builtInRegistries.with([await example(name.replace('.mjs', ''))]);
      expect(registries.ok).toBe(true);
    },
  );

  it('have a column that makes its cell', async () => {
    const { cells } = await makeOneRow({
      plugins: [await example('shout-column')],
      row: { name: 'Ada' },
      recipe: { columns: [{ name: 'loud', column_type: 'shout', target: 'name' }] },
    });
    expect(cells).toEqual({ loud: 'ADA' });
  });

  it('have a seed that keeps its contract', async () => {
    const { seeds = [] } = await example('counter-seed');
    for (const seed of seeds) expect(await checkSeedType(seed, { count: 3 })).toEqual([]);
    expect(seeds).toHaveLength(1);
  });

  it('have a format that is recognised, and survives damage', async () => {
    const { formats = [] } = await example('toy-agent-format');
    const lines = [
      { toy: 1, from: 'me', say: 'hi' },
      { toy: 1, from: 'agent', say: 'hello' },
    ];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    for (const format of formats) expect(await checkFormat(format, { 'a.jsonl': text })).toEqual([]);
    expect(formats).toHaveLength(1);
  });

  it('have a provider whose models can be asked', async () => {
    const { cells, requests } = await makeOneRow({
      plugins: [await example('gateway-provider')],
      recipe: {
        model_configs: [{ alias: 'm', model: 'large', provider: 'gateway' }],
        columns: [{ name: 'answer', column_type: 'llm-text', model_alias: 'm', prompt: 'Say hi.' }],
      },
      answer: () => 'hi',
    });
    expect(cells).toEqual({ answer: 'hi' });
    expect(requests).toMatchObject([{ alias: 'm', messages: [{ role: 'user', content: 'Say hi.' }] }]);
  });
});

it('are what docs/plugins.md shows', () => {
  const page = readFileSync(join(projectDir, 'docs/plugins.md'), 'utf8');
  expect(page).toContain(readFileSync(join(folder, 'shout-column.mjs'), 'utf8').trim());
});

describe('the test kit', () => {
  it('names what is wrong with a format', async () => {
    const greedy = {
      name: 'greedy',
      filePattern: '*',
      defaultFolders: () => [],
      owns: () => true,
      recognises: () => true,
      parse: () => {
        throw new Error('a bug');
      },
    };
    const problems = await checkFormat(greedy, { 'a.jsonl': '{"x":1}\n' });
    expect(problems[0]).toBe('a.jsonl gives no row: could not be understood (Error)');
  });

  it('names what is wrong with a seed', async () => {
    let reads = 0;
    const columns = [{ name: 'a', schema: {} }];
    const fickle = {
      type: 'fickle',
      summary: '',
      schema: { properties: {}, required: [] },
      columns: () => columns,
      open: async () => ({
        ok: true as const,
        value: {
          columns,
          entryCount: 1,
          notes: [],
          read: async () => ({ rows: [{ a: reads++, b: 1 }], notes: [] }),
        },
      }),
    };
    expect(await checkSeedType(fickle, {})).toEqual([
      'entry 0 gives other rows when read again',
      'entry 0 has a value for `b`, which is no column',
    ]);
  });

  it('throws every mistake of a recipe, and lets answers be corrected', async () => {
    await expect(
      makeOneRow({ recipe: { columns: [{ name: 'a', column_type: 'expression', expr: '{{ b }}' }] } }),
    ).rejects.toThrow('[unknown-column]');
    const answers = ['no JSON', { ok: true }];
    const { cells, requests } = await makeOneRow({
      recipe: {
        model_configs: [{ alias: 'm', model: 'x', provider: 'openai' }],
        columns: [
          {
            name: 'a',
            column_type: 'llm-structured',
            model_alias: 'm',
            prompt: 'Go.',
            output_format: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
          },
        ],
      },
      answer: () => answers.shift() ?? '',
    });
    expect(cells).toEqual({ a: { ok: true } });
    expect(requests).toHaveLength(2);
  });
});
