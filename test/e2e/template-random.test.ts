import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { createWorkspace, type Workspace } from '../rig/program.js';

let workspace: Workspace;

const recipe = `seed: 7
seed_config: { source: { seed_type: local, path: rows.jsonl } }
columns:
  - { name: loop, column_type: expression, expr: "{{ tags | random }}" }
  - { name: again, column_type: expression, expr: "{{ tags | random }}{{ tags | random }}" }
  - name: some
    column_type: expression
    expr: "<{{ loop }}>"
    skip: { when: "[true, false] | random" }
`;

beforeAll(async () => {
  workspace = await createWorkspace();
  const tags = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  // Two of each row: equal rows draw apart.
  const rows = Array.from({ length: 40 }, (_, index) => JSON.stringify({ id: index >> 1, tags }));
  await workspace.write('rows.jsonl', rows.join('\n'));
  await workspace.write('draws.yaml', recipe);
  await workspace.write(
    'where.yaml',
    recipe.replace('rows.jsonl }', 'rows.jsonl }, where: "[true, false] | random"'),
  );
});
afterAll(() => workspace.remove());

async function made(name: string, ...args: readonly string[]): Promise<readonly JsonObject[]> {
  const ended = await workspace.run(['run', ...args, '--dataset-name', name, '--quiet']);
  expect(ended).toMatchObject({ code: 0 });
  return workspace.rows(name);
}

describe('`random` in templates', () => {
  it('follows from the seed, the column and the row: the same in every run and partition', async () => {
    const first = await made('first', 'draws.yaml');
    expect(await made('second', 'draws.yaml')).toEqual(first);
    const halves = [
      ...(await made('half-0', 'draws.yaml', '--partition-index', '0', '--num-partitions', '2')),
      ...(await made('half-1', 'draws.yaml', '--partition-index', '1', '--num-partitions', '2')),
    ];
    expect(halves).toEqual(first);
    expect(await made('other', 'draws.yaml', '--seed', '8')).not.toEqual(first);
  });

  it('differs between rows, equal rows and columns', async () => {
    const rows = await made('spread', 'draws.yaml');
    const drawn = rows.map((row) => row['loop']);
    expect(new Set(drawn).size).toBe(8);
    expect(
      drawn.filter((value, index) => index % 2 === 0 && value !== drawn[index + 1]).length,
    ).toBeGreaterThan(10);
    expect(rows.filter((row) => String(row['again']).startsWith(String(row['loop']))).length).toBeLessThan(
      20,
    );
    const skipped = rows.filter((row) => row['some'] === null).length;
    expect(skipped).toBeGreaterThan(8);
    expect(skipped).toBeLessThan(32);
  });

  it('does not change when a column of the same configuration is added before', async () => {
    const [first, ...rest] = recipe.split('  - name: some\n');
    const twin = `  - name: twin\n${rest.join('')}`;
    await workspace.write('twin.yaml', `${first}${twin}  - name: some\n${rest.join('')}`);
    const rows = await made('twin', 'twin.yaml');
    expect(rows.map((row) => row['some'])).toEqual(
      (await made('alone', 'draws.yaml')).map((row) => row['some']),
    );
    expect(rows.some((row) => row['some'] !== row['twin'])).toBe(true);
  });

  it('chooses seed rows by their values', async () => {
    const rows = await made('chosen', 'where.yaml');
    expect(await made('chosen-again', 'where.yaml')).toEqual(rows);
    const ids = rows.map((row) => row['id']);
    expect(ids.length).toBeGreaterThan(8);
    expect(ids.length).toBeLessThan(32);
    expect(ids.filter((id, index) => ids.indexOf(id) === index)).toHaveLength(ids.length / 2);
  });
});
