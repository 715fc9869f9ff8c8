import { appendFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { foldersOf, prepareStaging, publish } from '../../src/dataset/folders.js';
import { readReviews } from '../../src/dataset/reviews.js';
import { createWorkspace, type Workspace } from '../rig/program.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});
afterEach(() => workspace.remove());

const line = (key: string, verdict: string, at = '2026-01-01T00:00:00.000Z'): string =>
  `${JSON.stringify({ key, at, made: 'aa', verdict })}\n`;

const keysIn = async (dataset: string): Promise<readonly string[]> => [
  ...(await readReviews(workspace.path('artifacts', dataset))).keys(),
];

describe('reviews of a dataset', () => {
  it('are still there when the dataset is made again', async () => {
    await workspace.write('seed.jsonl', '{"text":"a"}\n{"text":"b"}\n');
    const recipe = (upper: string): string => `name: letters
seed_config: { source: { seed_type: local, path: seed.jsonl } }
columns: [{ name: upper, column_type: expression, expr: "${upper}" }]
`;
    await workspace.write('letters.yaml', recipe('{{ text }}'));
    expect((await workspace.run(['run', 'letters.yaml'])).code).toBe(0);
    await workspace.write('artifacts/letters/reviews.jsonl', line('row:1', 'keep'));
    for (const upper of ['{{ text | upper }}', '{{ text }}!']) {
      await workspace.write('letters.yaml', recipe(upper));
      expect((await workspace.run(['run', 'letters.yaml', '--quiet'])).code).toBe(0);
      expect(await keysIn('letters')).toEqual(['row:1']);
    }
    expect((await workspace.rows('letters')).map(({ upper }) => upper)).toEqual(['a!', 'b!']);
  });

  it('are kept when a review is saved while the dataset is replaced', async () => {
    const folders = foldersOf(workspace.path('artifacts'), 'made');
    await workspace.write('artifacts/made/reviews.jsonl', line('row:1', 'keep'));
    const { ino } = await stat(workspace.path('artifacts/made/reviews.jsonl'));
    await prepareStaging(folders);
    await publish(folders, true);
    // The same file: what a page writes through the old name is in it.
    expect((await stat(workspace.path('artifacts/made/reviews.jsonl'))).ino).toBe(ino);
  });

  it('go from a partial dataset to the finished one, the later of each row', async () => {
    const folders = foldersOf(workspace.path('artifacts'), 'made');
    await workspace.write(
      'artifacts/made/reviews.jsonl',
      line('a', 'keep') + line('b', 'keep', '2026-01-03'),
    );
    await workspace.write(
      'artifacts/made.partial/reviews.jsonl',
      line('a', 'drop', '2026-01-02') + line('b', 'drop', '2026-01-02') + line('c', 'keep'),
    );
    await prepareStaging(folders);
    await publish(folders, true);
    const reviews = await readReviews(workspace.path('artifacts/made'));
    expect([...reviews].map(([key, { verdict }]) => `${key} ${verdict}`)).toEqual([
      'a drop',
      'b keep',
      'c keep',
    ]);
  });

  it('survive a kill between the two renames', async () => {
    const folders = foldersOf(workspace.path('artifacts'), 'made');
    await mkdir(workspace.path('artifacts'));
    await mkdir(`${folders.staging}.replaced`, { recursive: true });
    await writeFile(`${folders.staging}.replaced/metadata.json`, '{}');
    await appendFile(`${folders.staging}.replaced/reviews.jsonl`, line('a', 'keep'));
    await prepareStaging(folders);
    expect(await readFile(workspace.path('artifacts/made/reviews.jsonl'), 'utf8')).toBe(line('a', 'keep'));
  });
});
