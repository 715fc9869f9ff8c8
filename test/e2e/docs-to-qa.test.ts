import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { useStage } from '../rig/stage.js';

const stage = useStage();

it('the template docs-to-qa makes a row of each pair, and can leave out those without their quote', async () => {
  const { workspace, server } = stage;
  server.handle((call) => {
    const quote = call.prompt.includes('Sync two devices')
      ? 'The code is valid for ten minutes.'
      : 'An export has no end.';
    const pairs = ['first', 'second'].map((nth) => ({ question: `${nth}?`, answer: `${nth}.`, quote }));
    call.reply(JSON.stringify({ pairs: call.prompt.includes('# Nothing') ? [] : pairs }));
  });
  const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sk-test' };
  await workspace.run(['init', 'qa', '--template', 'docs-to-qa']);
  await workspace.write('qa-docs/empty.md', '# Nothing\n');
  expect((await workspace.run(['run', 'qa.yaml', '--quiet'], env)).code).toBe(0);
  const rows = await workspace.rows('qa');
  expect(rows.map(({ relative_path: path, question }) => [path, question])).toEqual([
    ['export.md', 'first?'],
    ['export.md', 'second?'],
    ['guides/sync.md', 'first?'],
    ['guides/sync.md', 'second?'],
  ]);
  expect(Object.keys(rows[0] ?? {})).toEqual(['relative_path', 'question', 'answer', 'quote']);

  const recipe = await readFile(workspace.path('qa.yaml'), 'utf8');
  await workspace.write('qa.yaml', recipe.replace('# - { name: quoted', '- { name: quoted'));
  expect((await workspace.run(['run', 'qa.yaml', '--quiet'], env)).code).toBe(0);
  expect((await workspace.rows('qa')).map(({ relative_path: path }) => path)).toEqual([
    'guides/sync.md',
    'guides/sync.md',
  ]);
});
