import { chmod, readdir, readFile, readlink, stat, symlink } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { useStage } from '../rig/stage.js';
import { writeSessions } from '../rig/traces.js';

const stage = useStage();

const KEY = { NVIDIA_API_KEY: 'x' };

const small = (prompt: string): string => `model_configs:
  - { alias: main, provider: ollama, model: qwen3 }
seed_config:
  source: { seed_type: agent_rollout, format: claude_code, path: traces }
columns:
  # a comment that stays
  - { name: a,   column_type: llm-text, model_alias: main, prompt: "${prompt}" }
`;

const validate = (...args: readonly string[]) => stage.workspace.run(['validate', ...args], KEY);

describe('the recipe that comes with the program', () => {
  it('is valid, and there is nothing to say of it', async () => {
    const ended = await validate('recipes/agent-rollout.yaml', '--strict');
    expect(ended).toEqual({
      code: 0,
      signal: null,
      stdout: 'recipes/agent-rollout.yaml: valid\n',
      stderr: '',
    });
  });

  it('without the key: a warning, and with --strict an error', async () => {
    const lax = await stage.workspace.run(['validate', 'recipes/agent-rollout.yaml']);
    expect(lax).toMatchObject({ code: 0, stdout: 'recipes/agent-rollout.yaml: valid\n' });
    expect(lax.stderr).toContain('warning the key of provider `nvidia` is read from `NVIDIA_API_KEY`');
    const strict = await stage.workspace.run(['validate', 'recipes/agent-rollout.yaml', '--strict']);
    expect(strict).toMatchObject({ code: 2, stdout: '' });
    expect(strict.stderr).toContain('error the key of provider `nvidia`');
  });
});

describe('files, folders and patterns', () => {
  it('in folders only recipes are taken, in order, others counted, copies left out', async () => {
    const { workspace } = stage;
    await workspace.write('all/b.yaml', small('{{ messages[:2] }}'));
    await workspace.write('all/deep/a.yml', small('{{ messages[:2] }}'));
    await workspace.write('all/compose.yaml', 'services: { columns: 3 }\n');
    await workspace.write('all/node_modules/x/c.yaml', small('{{ nothing }}'));
    await workspace.write('all/artifacts/x/recipe.yaml', small('{{ nothing }}'));
    const ended = await validate('all');
    expect(ended).toMatchObject({ code: 0, stdout: 'all/b.yaml: valid\nall/deep/a.yml: valid\n' });
    expect(ended.stderr).toBe('skipped 1 YAML file: not recipes\n');
  });

  it('leaves links in folders alone: they may lead to everything there is', async () => {
    await stage.workspace.write('all/a.yaml', small('{{ messages[:2] }}'));
    await stage.workspace.write('elsewhere/b.yaml', small('{{ nothing }}'));
    await symlink(stage.workspace.path('elsewhere'), stage.workspace.path('all', 'link'));
    expect(await validate('all')).toMatchObject({ code: 0, stdout: 'all/a.yaml: valid\n', stderr: '' });
  });

  it('what is given twice counts once', async () => {
    await stage.workspace.write('all/a.yaml', small('{{ messages[:2] }}'));
    const ended = await validate('all/a.yaml', './all/a.yaml', 'all', 'all/*.yaml');
    expect(ended.stdout).toBe('all/a.yaml: valid\n');
  });

  it('a file that is not there is an error with a suggestion', async () => {
    const ended = await validate('recipes/agent-rolout.yaml');
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('this file does not exist');
    expect(ended.stderr).toContain('did you mean `agent-rollout.yaml`?');
  });

  it('a folder or pattern without a recipe is an error', async () => {
    await stage.workspace.write('none/notes.yaml', 'a: 1\n');
    for (const given of ['none', 'none/*.yml']) {
      const ended = await validate(given);
      expect(ended.code).toBe(2);
      expect(ended.stderr).toContain(`error: there is no recipe in ${given}`);
    }
  });

  it('says what was looked for, where, and what makes a recipe', async () => {
    const { workspace } = stage;
    await workspace.write('none/notes.yaml', 'a: 1\n');
    await workspace.write('bare/readme.md', 'x');
    const said = async (given: string): Promise<string> => (await validate(given)).stderr;
    expect(await said('x*')).toBe(
      `error: there is no recipe in x*: no file in ${workspace.dir} matches this pattern\n` +
        '`*` matches within one folder, `**/` matches all folders below: recipes/**/*.yaml\n',
    );
    expect(await said('none/*')).toContain(
      `in none/*: checked 1 file in ${workspace.dir} that matches this pattern\na recipe has \`columns:\``,
    );
    expect(await said('none')).toContain(`in none: checked 1 YAML file in ${workspace.path('none')}\n`);
    expect(await said('bare')).toContain(`in bare: ${workspace.path('bare')} has no YAML file\ndd init`);
  });

  it('says it to machines too', async () => {
    const { workspace } = stage;
    await workspace.write('r.yaml', small('{{ messages[:2] }}'));
    const ended = await validate('x*', 'r.yaml', '--json');
    expect(ended).toMatchObject({ code: 2, stderr: '' });
    expect(JSON.parse(ended.stdout)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('there is no recipe in x*: no file in ') },
      valid: false,
      recipes: [{ file: 'r.yaml', valid: true }],
      empty: [{ given: 'x*', kind: 'pattern', folder: workspace.dir, files: 0 }],
    });
  });

  it('one mistake in many recipes: all are reported, with the sum', async () => {
    await stage.workspace.write('all/a.yaml', small('{{ mesages }}'));
    await stage.workspace.write('all/b.yaml', small('{{ messages[:2] }}'));
    await stage.workspace.write('all/c.yaml', small('{{ messages | trunkate }} {{ x }}'));
    const ended = await validate('all');
    expect(ended).toMatchObject({ code: 2, stdout: 'all/b.yaml: valid\n' });
    expect(ended.stderr).toContain('did you mean `messages`?');
    expect(ended.stderr).toContain('2 errors in 2 recipes');
  });
});

describe('--fix', () => {
  it('writes what is certain, leaves every other byte, and checks again', async () => {
    const { workspace } = stage;
    await workspace.write('r.yaml', small('{{ mesages[:2] | trunkate(9) }}'));
    const ended = await validate('r.yaml', '--fix');
    expect(ended).toMatchObject({ code: 0, stdout: 'r.yaml: valid\n' });
    expect(ended.stderr).toContain('fixed r.yaml:7:72 mesages → messages\n');
    expect(ended.stderr).toContain('trunkate → truncate\n');
    expect(await readFile(workspace.path('r.yaml'), 'utf8')).toBe(small('{{ messages[:2] | truncate(9) }}'));
  });

  it('goes on where one fix brings the next mistake to light', async () => {
    const { workspace } = stage;
    const broken = small('{{ mesages[:2] }}').replace('prompt:', 'promt:').replaceAll('\n', '\r\n');
    await workspace.write('r.yaml', broken);
    expect((await validate('r.yaml', '--fix')).code).toBe(0);
    const fixedText = broken.replace('promt:', 'prompt:').replace('mesages', 'messages');
    expect(await readFile(workspace.path('r.yaml'), 'utf8')).toBe(fixedText);
  });

  it('tells machines what it wrote in each recipe, with code and place', async () => {
    const { workspace } = stage;
    await workspace.write('a.yaml', small('{{ mesages[:2] }}').replace('prompt:', 'promt:'));
    await workspace.write('b.yaml', small('{{ messages[:2] }}'));
    const { code, stdout, stderr } = await validate('a.yaml', 'b.yaml', '--fix', '--json');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      recipes: [
        {
          file: 'a.yaml',
          valid: true,
          fixed: [
            { code: 'unknown-key', line: 7, column: 60, before: 'promt', after: 'prompt' },
            { code: 'unknown-column', line: 7, column: 72, before: 'mesages', after: 'messages' },
          ],
        },
        { file: 'b.yaml', valid: true, fixed: [] },
      ],
    });
    expect((await validate('a.yaml', '--json')).stdout).not.toContain('fixed');
  });

  it('leaves a link a link and the file its mode, and nothing beside them', async () => {
    const { workspace } = stage;
    await workspace.write('real/r.yaml', small('{{ mesages[:2] }}'));
    await chmod(workspace.path('real/r.yaml'), 0o640);
    await symlink('real/r.yaml', workspace.path('link.yaml'));
    expect((await validate('link.yaml', '--fix')).code).toBe(0);
    expect(await readlink(workspace.path('link.yaml'))).toBe('real/r.yaml');
    expect(await readFile(workspace.path('real/r.yaml'), 'utf8')).toBe(small('{{ messages[:2] }}'));
    expect((await stat(workspace.path('real/r.yaml'))).mode & 0o777).toBe(0o640);
    expect(await readdir(workspace.path('real'))).toEqual(['r.yaml']);
  });

  it('never writes a text in which secrets are blotted out', async () => {
    const { workspace } = stage;
    const token = `ghp_${'a1B2c3D4'.repeat(5)}`;
    await workspace.write('r.yaml', small(`${token} {{ mesages[:2] }}`));
    const ended = await validate('r.yaml', '--fix');
    expect(ended.code).toBe(2);
    expect(ended.stderr).not.toContain(token);
    expect(await readFile(workspace.path('r.yaml'), 'utf8')).toBe(small(`${token} {{ messages[:2] }}`));
  });

  it('leaves alone what could be meant in two ways, or is not there to be fixed', async () => {
    const { workspace } = stage;
    const text = small('{{ ended_t }} {{ messagesx(3 }}');
    await workspace.write('r.yaml', text);
    expect((await validate('r.yaml', '--fix')).code).toBe(2);
    expect(await readFile(workspace.path('r.yaml'), 'utf8')).toBe(text);
  });
});

describe('--seed', () => {
  it('says how many rows there are', async () => {
    await writeSessions(stage.workspace, 3);
    await stage.workspace.write('r.yaml', small('{{ messages[:2] }}'));
    expect((await validate('r.yaml', '--seed')).stdout).toBe('r.yaml: valid, 3 rows\n');
  });

  it('a folder that is not there, and one without rows, are errors', async () => {
    await stage.workspace.write('r.yaml', small('{{ messages[:2] }}'));
    expect((await validate('r.yaml')).code).toBe(0);
    expect((await validate('r.yaml', '--seed')).stderr).toContain('[seed-unreadable]');
    await stage.workspace.write('traces/x.jsonl', '{"hello": "world"}\n');
    const empty = await validate('r.yaml', '--seed');
    expect(empty.code).toBe(2);
    expect(empty.stderr).toContain('the seed gave no rows [empty-seed]');
    expect(empty.stderr).toContain('left out: ');
  });

  it('a column that is read and never there is a warning, unless its absence is allowed for', async () => {
    await writeSessions(stage.workspace, 2);
    await stage.workspace.write('r.yaml', small("{{ agent_id }} {{ git_branch | default('none', true) }}"));
    const ended = await validate('r.yaml', '--seed');
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('the seed column `agent_id` has no value in any of the 2 rows');
    expect(ended.stderr).toContain('1 warning\n');
  });
});

describe('for machines', () => {
  it('--format json has lines and columns, and --json is the same', async () => {
    await stage.workspace.write('r.yaml', small('{{ mesages }}'));
    const report = JSON.parse((await validate('r.yaml', '--format', 'json')).stdout) as JsonObject;
    expect(report).toMatchObject({
      valid: false,
      recipes: [
        {
          file: 'r.yaml',
          valid: false,
          diagnostics: [
            {
              code: 'unknown-column',
              line: 7,
              column: 72,
              endLine: 7,
              endColumn: 79,
              hint: 'did you mean `messages`?',
            },
          ],
        },
      ],
    });
    expect(JSON.parse((await validate('r.yaml', '--json')).stdout)).toEqual(report);
    expect(JSON.stringify(report)).not.toContain('a comment that stays');
  });
});

describe('dd explain', () => {
  it('tells more of a code, also with its brackets', async () => {
    for (const code of ['unknown-field', '[unknown-field]']) {
      const ended = await stage.workspace.run(['explain', code]);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(ended.stdout).toMatch(/^Unknown field \[unknown-field\]\n/);
      expect(ended.stdout).toContain('digest.goal');
    }
  });

  it('knows what was probably meant', async () => {
    const ended = await stage.workspace.run(['explain', 'unknown-feild']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('did you mean `unknown-field`?');
  });

  it('without a code lists all of them', async () => {
    const { stdout } = await stage.workspace.run(['explain']);
    expect(stdout).toContain('slow-pattern');
    expect(stdout.split('\n').length).toBeGreaterThan(60);
  });
});
