import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { projectDir } from '../rig/program.js';
import { png } from '../rig/media.js';
import { useStage } from '../rig/stage.js';

const page = await readFile(join(projectDir, 'docs', 'media.md'), 'utf8');
const recipes = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);

const stage = useStage((workspace) =>
  workspace.write('photos.csv', `photo,place\n${png.toString('base64')},Rome\n`),
);

it.each(recipes.map((text, index) => [index, text] as const))(
  'recipe %i of the page runs',
  async (_, text) => {
    await stage.workspace.write('r.yaml', text);
    const env = { OPENAI_API_KEY: 'sk-test' };
    expect(await stage.workspace.run(['validate', '--strict', 'r.yaml'], env)).toMatchObject({ code: 0 });
    expect(await stage.workspace.run(['run', 'r.yaml', '--dry-run'], env)).toMatchObject({ code: 0 });
  },
);

it('has a recipe for each kind', () => {
  expect(recipes).toHaveLength(3);
});
