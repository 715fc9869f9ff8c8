import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createWorkspace, type Workspace } from '../rig/program.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});
afterEach(() => workspace.remove());

it('prints no escape sequence of a row with the reason why the row was left out', async () => {
  const row = { prompt: 'Why?', completion: '\u001b[31mred\u001b[0m' };
  const columns = Object.keys(row).map((name) => ({ name, schema: {}, from: 'column' }));
  const metadata = { dataset: 'made', parts: 1, columns, fabricated: false };
  await workspace.write('artifacts/made/metadata.json', JSON.stringify(metadata));
  await workspace.write('artifacts/made/data/part-00000.jsonl', `${JSON.stringify(row)}\n`);
  const map = ['--map', 'prompt=$error(completion)', '--map', 'completion=completion'];
  const ended = await workspace.run(['export', 'made', '--format', 'messages', ...map]);
  expect(ended.code).toBe(0);
  expect(ended.stderr).toBe('0 rows written as messages\n1 row left out: `prompt`: red\n');
});
