import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createWorkspace, type Workspace } from '../rig/program.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});
afterEach(() => workspace.remove());

describe('recipes and examples of the package, from an empty folder', () => {
  it('are found by name', async () => {
    for (const recipe of ['agent-rollout', 'agent-rollout.yaml', 'recipes/agent-rollout.yaml']) {
      const ran = await workspace.run(['run', recipe, '--trace-dir', 'examples', '--dry-run', '--quiet']);
      expect([recipe, ran.code]).toEqual([recipe, 0]);
    }
    const rows = await workspace.rows('agent-rollout-dry-run');
    const seed = await workspace.run(['seed', 'agent-rollout', '--trace-dir', 'examples', '--json']);
    expect(JSON.parse(seed.stdout)).toMatchObject({ rows: rows.length });
    expect(new Set(rows.map(({ source_kind: kind }) => kind)).size).toBeGreaterThanOrEqual(14);
    expect((await workspace.run(['validate', 'from-csv'])).code).toBe(0);
    expect((await workspace.run(['run', 'agent-rollout', '--help'])).stdout).toContain('--trace-dir');
  });

  it('give way to files of the person', async () => {
    await workspace.write('recipes/agent-rollout.yaml', 'columns: [{ name: a, column_type: expression }]');
    const checked = await workspace.run(['validate', 'agent-rollout', '--json']);
    expect(JSON.parse(checked.stdout)).toMatchObject({ recipes: [{ valid: false }] });
    await workspace.write('examples/note.txt', 'mine');
    const ran = await workspace.run(['seed', 'agent-rollout.yaml', '--trace-dir', 'examples']);
    expect(ran.stdout).not.toContain('claude_code');
  });

  it('are named for a recipe that does not exist', async () => {
    const missing = await workspace.run(['run', 'nothing-like-it.yaml']);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('`agent-rollout`')]);
    const misspelt = await workspace.run(['plan', 'agent-rolout', '--json']);
    expect(JSON.parse(misspelt.stdout)).toMatchObject({
      diagnostics: [{ code: 'file-not-found', hint: 'did you mean `agent-rollout`?' }],
    });
  });

  it('are not named for a schema that does not exist', async () => {
    await workspace.write(
      'r.yaml',
      'model_configs: [{ alias: m, model: x, provider: openai }]\ncolumns:\n' +
        '  - { name: a, column_type: llm-structured, model_alias: m, prompt: hi, output_format: { $ref: no.json } }\n',
    );
    const { stderr } = await workspace.run(['validate', 'r.yaml']);
    expect(stderr).toContain('`no.json` does not exist');
    expect(stderr).not.toContain('agent-rollout');
  });

  it('are named for traces that do not exist', async () => {
    for (const command of ['run', 'plan', 'seed', 'validate']) {
      const flags = { run: ['--dry-run'], validate: ['--seed'] }[command] ?? [];
      const missing = await workspace.run([command, 'agent-rollout', ...flags]);
      expect([command, missing.stderr]).toEqual([command, expect.stringContaining('--trace-dir examples')]);
    }
  });

  it('are what dd init tells to run first, on a machine without sessions', async () => {
    for (const template of ['agent-rollout', 'from-csv', 'judge-only', 'from-nothing', 'docs-to-qa']) {
      const made = await workspace.run(['init', `my-${template}`, '--template', template]);
      const [, args = ''] = /^ {2}node \S+ (run .*)$/m.exec(made.stdout) ?? [];
      const ran = await workspace.run([...args.split(' '), '--quiet']);
      expect([template, ran.code, ran.stderr]).toEqual([template, 0, '']);
    }
  });
});
