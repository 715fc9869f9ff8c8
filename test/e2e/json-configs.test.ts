import { describe, expect, it } from '@jest/globals';
import { useStage } from '../rig/stage.js';

/** As Data Designer exports it; the escapes are those of Python's `json`. */
const config = {
  data_designer: {
    columns: [{ name: 'note', column_type: 'expression', expr: '{{ id }} 😀 a/b', drop: false, skip: null }],
    seed_config: { source: { seed_type: 'local', path: 'ids.csv' } },
    tool_configs: [],
  },
  library_version: '0.9.7',
};

const escaped = (indent: string): string =>
  JSON.stringify(config, null, indent).replaceAll(
    /[^ -~\s]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16)}`,
  );

const stage = useStage(async (workspace) => {
  await workspace.write('configs/ids.csv', 'id\n1\n2\n');
  await workspace.write('configs/spaces.json', escaped('  '));
  await workspace.write('configs/tabs.json', escaped('\t'));
  await workspace.write('configs/line.json', escaped(''));
  await workspace.write('configs/package.json', '{ "name": "x", "columns": 80 }');
  await workspace.write('configs/data.json', '[{ "columns": [] }]');
});

describe('configs in JSON', () => {
  it.each(['spaces', 'tabs', 'line'])('run by their name: %s', async (name) => {
    const { code, stderr } = await stage.workspace.run(['run', `configs/${name}.json`, '--quiet']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await stage.workspace.rows(name)).toEqual([
      { id: 1, note: '1 😀 a/b' },
      { id: 2, note: '2 😀 a/b' },
    ]);
  });

  it('are found in folders, among other JSON files', async () => {
    const { code, stdout, stderr } = await stage.workspace.run(['validate', 'configs', '--json']);
    const { recipes } = JSON.parse(stdout) as { readonly recipes: readonly { readonly file: string }[] };
    expect(recipes.map(({ file }) => file)).toEqual(
      ['line', 'spaces', 'tabs'].map((name) => `configs/${name}.json`),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
