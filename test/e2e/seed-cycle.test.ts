import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkspace, type Workspace } from '../rig/program.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  await workspace.write('rows.csv', 'n\n1\n2\n3\n');
  const body = (rest: string): string =>
    `seed_config: { source: { seed_type: local, path: rows.csv }${rest} }\ncolumns: [{ name: twice, column_type: expression, expr: "{{ n * 2 }}" }]\n`;
  await workspace.write('plain.yaml', body(''));
  await workspace.write('cycle.yaml', body(', cycle: true'));
  const wrapped = (rest: string): string =>
    `data_designer:\n${body(rest).replaceAll(/^/gm, '  ').trimEnd()}\nlibrary_version: 0.9.7\n`;
  await workspace.write('wrapped.yaml', wrapped(''));
  await workspace.write('wrapped-once.yaml', wrapped(', cycle: false'));
});
afterAll(() => workspace.remove());

const numbers = async (dataset: string): Promise<readonly unknown[]> =>
  (await workspace.rows(dataset)).map(({ n }) => n);

describe('more rows than the seed has', () => {
  it('are told when they are not there: at the end, in the metadata and in --json', async () => {
    const { code, stderr } = await workspace.run(['run', 'plain.yaml', '--num-records', '7']);
    expect(code).toBe(0);
    expect(stderr).toContain(
      '7 rows were asked for, and the seed has 3; `cycle: true` in seed_config takes them again',
    );
    expect(await workspace.metadata('plain')).toMatchObject({ shortfall: { asked: 7, found: 3 } });
    const { stdout } = await workspace.run(['run', 'plain.yaml', '--num-records', '7', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ metadata: { shortfall: { asked: 7, found: 3 } } });
  });

  it.each([['3'], ['2']])('are no matter with --num-records %s', async (count) => {
    const { stderr } = await workspace.run([
      'run',
      'plain.yaml',
      '--num-records',
      count,
      '--dataset-name',
      'few',
    ]);
    expect(stderr).not.toContain('asked for');
    expect(await workspace.metadata('few')).not.toHaveProperty('shortfall');
  });

  it.each([
    ['cycle', [1, 2, 3, 1, 2, 3, 1]],
    ['wrapped', [1, 2, 3, 1, 2, 3, 1]],
    ['wrapped-once', [1, 2, 3]],
  ])(
    'come from the first row on where the recipe says so, or is a config of Data Designer: %s',
    async (name, expected) => {
      expect((await workspace.run(['run', `${name}.yaml`, '--num-records', '7'])).code).toBe(0);
      expect(await numbers(name)).toEqual(expected);
    },
  );

  it('are not made when no number is asked for', async () => {
    expect((await workspace.run(['run', 'wrapped.yaml', '--dataset-name', 'all'])).code).toBe(0);
    expect(await numbers('all')).toEqual([1, 2, 3]);
    expect((await workspace.run(['run', 'cycle.yaml', '--preview'])).code).toBe(0);
  });
});
