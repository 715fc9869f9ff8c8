import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { projectDir, type Ended } from '../rig/program.js';
import { openAiModel, smallRecipe, textColumn } from '../rig/small-recipe.js';
import { useStage } from '../rig/stage.js';
import { sessionId } from '../rig/traces.js';

const NODE_OPTIONS = `--import=${pathToFileURL(join(projectDir, 'test/rig/tell-threads.mjs')).href}`;
const recipe = smallRecipe({ models: [openAiModel('a')], columns: [textColumn('text', 'a')] });
const FILES = 100;

/** Sessions of 300 kB, 30 MB in all, some of which are damaged. */
const stage = useStage(async (workspace) => {
  await workspace.write('small.yaml', recipe);
  for (let number = 0; number < FILES; number += 1) {
    const id = sessionId(number);
    const content = `${number}: ${'some words – '.repeat(22_000)}`;
    const record = { type: 'user', uuid: `u${number}`, sessionId: id, message: { role: 'user', content } };
    const tail = number % 9 === 4 ? '{"type":"assis' : '';
    await workspace.write(`traces/${id}.jsonl`, `${JSON.stringify(record)}\n${tail}`);
  }
});

const seed = (env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  stage.workspace.run(['seed', 'small.yaml', '--json'], { NODE_OPTIONS, ...env });

describe('many small files', () => {
  it('are read by a second thread as well, with the same result as without', async () => {
    const together = await seed();
    expect(together.stderr.match(/a thread was started/g)).toHaveLength(1);
    expect(JSON.parse(together.stdout)).toMatchObject({ ok: true, rows: FILES });
    const alone = await seed({ DD_TEST_THREADS: 'kill' });
    expect(alone).toEqual(together);
  });
});
