import { symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TEMPLATES } from '../../src/authoring/templates.js';
import { createWorkspace, projectDir, type Workspace } from '../rig/program.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});
afterEach(() => workspace.remove());

const filesOf = async (): Promise<ReadonlyMap<string, string>> =>
  new Map(
    [...(await workspace.everything())].map(([file, text]) => [file.slice(workspace.dir.length + 1), text]),
  );

/** What a template needs for a dry run beside what it writes: sessions live elsewhere. */
const TRACES: Readonly<Record<string, readonly string[]>> = {
  'agent-rollout': ['--trace-dir', join(projectDir, 'examples', 'traces', 'codex')],
};

const KEYS = { OPENAI_API_KEY: 'sk-test', NVIDIA_API_KEY: 'nvapi-test' };

describe('dd init', () => {
  for (const template of Object.keys(TEMPLATES)) {
    it(`writes a recipe from ${template} that validates without a warning and runs offline`, async () => {
      const made = await workspace.run(['init', 'my-data', '--template', template]);
      expect(made).toMatchObject({ code: 0, stderr: '' });
      expect(made.stdout).toContain('run my-data.yaml --dry-run');
      expect(made.stdout).not.toContain('to .gitignore');

      const files = await filesOf();
      expect(files.get('.gitignore')).toBe('artifacts/\n.dd/\n');
      expect(files.get('my-data.yaml')).toMatch(
        /^# yaml-language-server: \$schema=schemas\/recipe\.schema\.json\n/,
      );
      // Its name is in no command and no file name; it may be a word of a prompt.
      expect(files.get('my-data.yaml')).not.toMatch(new RegExp(`${template}[.-]\\w|dd export ${template}`));
      expect(files.get('my-data.yaml')).toMatch(/^name: my-data$/m);

      const validated = await workspace.run(['validate', 'my-data.yaml', '--format', 'json'], KEYS);
      expect(JSON.parse(validated.stdout)).toMatchObject({ recipes: [{ valid: true, diagnostics: [] }] });
      const ran = await workspace.run(['run', 'my-data.yaml', '--dry-run', ...(TRACES[template] ?? [])]);
      expect(ran.code).toBe(0);
      // Of a recipe with stages, the last one.
      const dataset = basename(ran.stdout.trim().split('\n').at(-1) ?? '');
      const rows = await workspace.rows(dataset);
      expect(rows.length).toBeGreaterThan(0);
    });
  }

  it('takes a name with that of the template in it', async () => {
    expect((await workspace.run(['init', 'my-from-csv', '--template', 'from-csv'])).code).toBe(0);
    const recipe = (await filesOf()).get('my-from-csv.yaml');
    expect(recipe).toContain('my-from-csv.csv');
    expect(recipe).not.toContain('my-my-');
  });

  it('says what is missing in a .gitignore that is there', async () => {
    await workspace.write('.gitignore', 'node_modules/\n/artifacts/');
    const made = await workspace.run(['init', 'mine', '--template', 'from-csv']);
    expect(made.stdout).toContain('kept .gitignore\nadd .dd/ to .gitignore\n');
  });

  it('never overwrites a recipe, and writes nothing then', async () => {
    await workspace.write('mine.csv', 'precious');
    const made = await workspace.run(['init', 'mine', '--template', 'from-csv']);
    expect(made.code).toBe(2);
    expect(made.stderr).toContain('file exists: mine.csv');
    expect([...(await filesOf())]).toEqual([['mine.csv', 'precious']]);
  });

  it.each(['123', 'true', '1e5'])('takes %s for a name, which YAML would not read as text', async (name) => {
    expect((await workspace.run(['init', name, '--template', 'from-csv'])).code).toBe(0);
    expect((await workspace.run(['run', `${name}.yaml`, '--dry-run', '--quiet'])).code).toBe(0);
    expect(await workspace.metadata(`${name}-dry-run`)).toMatchObject({ recipe: { name } });
  });

  it('takes a link that leads nowhere for something that is there', async () => {
    await symlink(workspace.path('nowhere'), workspace.path('mine.yaml'));
    const made = await workspace.run(['init', 'mine', '--template', 'from-csv']);
    expect([made.code, made.stderr]).toEqual([2, expect.stringContaining('file exists: mine.yaml')]);
    expect([...(await filesOf())]).toEqual([]);
  });

  it('leaves shared files as they are and says so', async () => {
    await workspace.write('.gitignore', 'node_modules/\n');
    const made = await workspace.run(['init', '--template', 'judge-only', '--json']);
    expect(JSON.parse(made.stdout)).toMatchObject({ recipe: 'judge-only.yaml', kept: ['.gitignore'] });
    expect((await filesOf()).get('.gitignore')).toBe('node_modules/\n');
    const second = await workspace.run(['init', 'second', '--template', 'judge-only']);
    expect(second.stdout).toContain('kept schemas/recipe.schema.json');
  });

  it('asks nothing without a terminal: it says what to type', async () => {
    const unasked = await workspace.run(['init']);
    expect(unasked).toMatchObject({ code: 2, stdout: '' });
    expect(unasked.stderr).toContain('add --template NAME, one of agent-rollout, from-csv, judge-only');
    expect((await workspace.run(['init', '-t', 'from-cvs'])).stderr).toContain('did you mean `from-csv`?');
    expect((await workspace.run(['init', '../up', '-t', 'from-csv'])).stderr).toContain(
      'cannot be the name of a recipe',
    );
    expect([...(await filesOf())]).toEqual([]);
  });
});
