import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkspace, projectDir, type Workspace } from '../rig/program.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
});
afterAll(() => workspace.remove());

const example = (name: string): string => join(projectDir, 'examples/plugins', name);

describe('the example plugins', () => {
  it('do not run unasked: dd validate and dd run end with 2 and say what to do', async () => {
    for (const command of ['validate', 'run']) {
      const { code, stderr } = await workspace.run([command, example('counting.yaml')]);
      expect(code).toBe(2);
      expect(stderr).toContain('the plugin `./counter-seed.mjs` was not loaded');
      expect(stderr).toContain('then add --allow-plugins');
      expect(stderr).toContain('this `column_type` could not be checked');
    }
  });

  it('make a dataset and export it once they are allowed', async () => {
    const run = await workspace.run(['run', example('counting.yaml'), '--allow-plugins', '--quiet']);
    expect(run).toMatchObject({ code: 0 });
    expect(await workspace.rows('counting')).toEqual([
      { number: 1, sentence: 'this is row 1', loud: 'THIS IS ROW 1' },
      { number: 2, sentence: 'this is row 2', loud: 'THIS IS ROW 2' },
      { number: 3, sentence: 'this is row 3', loud: 'THIS IS ROW 3' },
    ]);
    const plugin = ['--plugins', example('markdown-exporter.mjs')];
    const exported = await workspace.run(['export', 'counting', '--format', 'markdown', ...plugin]);
    expect(exported).toMatchObject({ code: 0 });
    // A path needs no `./` on the command line.
    await workspace.write(
      'exporter.mjs',
      readFileSync(example('markdown-exporter.mjs'), 'utf8').replace(
        /^import.*$/m,
        'const definePlugin = (plugin) => plugin;',
      ),
    );
    const own = ['--plugins', 'exporter.mjs', '--output', 'own.md'];
    expect(await workspace.run(['export', 'counting', '--format', 'markdown', ...own])).toMatchObject({
      code: 0,
    });
    const files = await workspace.everything();
    expect(files.get(workspace.path('counting.md'))).toContain('* **loud**: THIS IS ROW 3');
  });

  it('are in the schema that editors complete from', async () => {
    const { stdout } = await workspace.run(['schema', '--plugins', example('shout-column.mjs')]);
    const { $defs } = JSON.parse(stdout) as { $defs: Record<string, { properties?: object }> };
    expect($defs['column-shout']?.properties).toHaveProperty('target');
  });
});
