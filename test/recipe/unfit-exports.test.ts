import { describe, expect, it } from '@jest/globals';
import type { ExportConfig } from '../../src/core/config.js';
import { openRecipe } from '../../src/run/open-recipe.js';
import { folder } from './support.js';

const text = (name: string): object => ({ name, column_type: 'expression', expr: 'x' });
const flag = (name: string): object => ({ name, column_type: 'expression', dtype: 'bool', expr: 'true' });
const picture = { name: 'bird', column_type: 'image', model_alias: 'm', prompt: 'An owl.' };

type Entry = Omit<ExportConfig, 'name'>;

async function codesOf(
  columns: readonly object[],
  entry: Entry,
  more: object = {},
): Promise<readonly string[]> {
  const recipe = {
    num_records: 1,
    model_configs: [
      { alias: 'm', provider: 'openai', model: 'i', inference_parameters: { generation_type: 'image' } },
    ],
    columns,
    exports: [{ name: 'made', ...entry }],
    ...more,
  };
  const cwd = folder({ 'recipe.yaml': JSON.stringify(recipe), 'rows.jsonl': '{"picture":"x","n":1}\n' });
  const { diagnostics } = await openRecipe('recipe.yaml', { cwd, env: { OPENAI_API_KEY: 'x' } });
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);
}

describe('an export that the columns fit', () => {
  const seeded = (path: string): object => ({ seed_config: { source: { seed_type: 'local', path } } });
  const fits: readonly [string, readonly object[], Entry, object?][] = [
    ['columns with the usual names', [text('question'), text('answer')], { format: 'messages' }],
    ['a conversation', [text('chat')], { format: 'sharegpt' }],
    [
      'expressions for the parts',
      [text('a')],
      { format: 'alpaca', map: { prompt: 'a', completion: '$uppercase(a)' } },
    ],
    [
      'the better answer of a pair, as the one to learn',
      [text('prompt'), text('chosen')],
      { format: 'messages' },
    ],
    ['a pair', [text('prompt'), text('chosen'), text('rejected')], { format: 'dpo' }],
    ['a pair for labels', [text('prompt'), text('chosen'), text('rejected')], { format: 'kto' }],
    ['a label', [text('prompt'), text('completion'), flag('label')], { format: 'kto' }],
    [
      'a label that is reckoned',
      [text('a')],
      { format: 'kto', map: { prompt: 'a', completion: 'a', label: 'a = "x"' } },
    ],
    ['pictures that a model makes', [picture], { format: 'imagefolder' }],
    ['pictures that a seed may name', [text('a')], { format: 'imagefolder' }, seeded('rows.jsonl')],
    [
      'columns of a seed that is not known yet',
      [text('a')],
      { format: 'messages' },
      seeded('later-*.parquet'),
    ],
    ['rows', [text('a')], { format: 'csv' }],
  ];
  for (const [name, columns, entry, more] of fits)
    it(`is not reported: ${name}`, async () => {
      expect(await codesOf(columns, entry, more)).not.toContain('unfit-export');
    });

  it('is reported when nothing of the recipe names a picture', async () => {
    const rows = {
      seed_config: { source: { seed_type: 'rows', rows: [{ n: 1 }] } },
    };
    expect(await codesOf([text('a')], { format: 'imagefolder' }, rows)).toEqual(['unfit-export']);
  });

  it('is not reported twice when the map has a mistake', async () => {
    expect(await codesOf([text('a')], { format: 'messages', map: { prompt: 'b' } })).toEqual([
      'unknown-column',
    ]);
  });
});
