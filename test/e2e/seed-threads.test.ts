import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkspace, projectDir, type Ended, type Workspace } from '../rig/program.js';
import { openAiModel, smallRecipe, textColumn } from '../rig/small-recipe.js';
import { sessionId } from '../rig/traces.js';

const NODE_OPTIONS = `--import=${pathToFileURL(join(projectDir, 'test/rig/tell-threads.mjs')).href}`;
const recipe = smallRecipe({ models: [openAiModel('a')], columns: [textColumn('text', 'a')] });
const FILES = 100;

/** Sessions of 600 kB, 60 MB in all, some of which are damaged. */
let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  await workspace.write('small.yaml', recipe);
  for (let number = 0; number < FILES; number += 1) {
    const id = sessionId(number);
    const content = `${number}: ${'some words – '.repeat(44_000)}`;
    const record = { type: 'user', uuid: `u${number}`, sessionId: id, message: { role: 'user', content } };
    const tail = number % 9 === 4 ? '{"type":"assis' : '';
    await workspace.write(`traces/${id}.jsonl`, `${JSON.stringify(record)}\n${tail}`);
  }
});
afterAll(() => workspace.remove());

const seed = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  workspace.run(['seed', 'small.yaml', '--json', ...args], { NODE_OPTIONS, ...env });

describe('many small files', () => {
  it('are read by a second thread as well, with the same result as without', async () => {
    const together = await seed([]);
    expect(together.stderr).toContain('a thread has answered');
    expect(JSON.parse(together.stdout)).toMatchObject({ ok: true, rows: FILES });
    const alone = await seed([], { DD_TEST_THREADS: 'kill' });
    expect(alone.stderr).toBe('a thread was started\n');
    expect(alone).toMatchObject({ code: together.code, stdout: together.stdout });
  });

  it('give their rows in order, whichever thread read them', async () => {
    const { stdout, stderr } = await seed(['--row', '95']);
    expect(stderr).toContain('a thread has answered');
    expect(JSON.parse(stdout)).toMatchObject({ row: { trace_id: sessionId(95) } });
  });
});
