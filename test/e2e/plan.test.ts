import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectDir } from '../rig/program.js';
import { useStage } from '../rig/stage.js';
import { writeSessions } from '../rig/traces.js';

const stage = useStage();

const recipe = 'recipes/agent-rollout.yaml';
const onOpenAi = ['--model', 'nvidia-super=openai/gpt-5-mini', '--trace-dir', 'traces'];
const golden = (name: string): Promise<string> => readFile(join(projectDir, 'test/e2e/golden', name), 'utf8');

describe('dd plan', () => {
  it.each([
    ['text', 'plan.txt'],
    ['mermaid', 'plan.mmd'],
  ])('shows a recipe as %s, and calls and writes nothing', async (format, file) => {
    await writeSessions(stage.workspace, 3);
    await stage.workspace.write('plan.yaml', await golden('plan.yaml'));
    const ended = await stage.workspace.run(['plan', 'plan.yaml', '--format', format]);
    expect(ended.stdout).toBe(await golden(file));
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(stage.workspace.path('artifacts'))).toBe(false);
    expect(existsSync(stage.workspace.path('.dd'))).toBe(false);
  });

  it('says more as JSON', async () => {
    await writeSessions(stage.workspace, 12);
    const { stdout } = await stage.workspace.run(['plan', recipe, '--format', 'json', ...onOpenAi]);
    const report = JSON.parse(stdout) as { columns: { name: string }[] };
    expect(report).toMatchObject({
      recipe: 'agent-rollout',
      seed: 'agent_rollout',
      rows: { count: 12, looked_at: 10, problems: [] },
      total: { calls: 36 },
    });
    expect(report.columns.find(({ name }) => name === 'sft_quality_judge_result')).toMatchObject({
      type: 'llm-judge',
      step: 3,
      depends_on: ['trace_digest', 'sft_record'],
      seed_columns: [],
      models: [{ alias: 'nvidia-super', provider: 'openai', model: 'gpt-5-mini', prices_from: 'table' }],
      calls: 12,
    });
  });

  it('--json is the same as --format json, and tells mistakes as JSON too', async () => {
    await writeSessions(stage.workspace, 1);
    const [long, short] = await Promise.all(
      [['--format', 'json'], ['--json']].map((flags) =>
        stage.workspace.run(['plan', recipe, ...flags, ...onOpenAi]),
      ),
    );
    expect(JSON.parse(short?.stdout ?? '')).toEqual(JSON.parse(long?.stdout ?? ''));
    const broken = await stage.workspace.run(['plan', recipe, '--json', '--set', 'nmae=x']);
    expect(broken).toMatchObject({ code: 2, stderr: '' });
    expect(JSON.parse(broken.stdout)).toMatchObject({ ok: false, diagnostics: [{ code: 'unknown-key' }] });
  });

  it('counts what --num-records leaves, and unknown prices as unknown', async () => {
    await writeSessions(stage.workspace, 12);
    const { stdout } = await stage.workspace.run([
      'plan', recipe, '--num-records', '4', '--trace-dir', 'traces', '--format', 'json', '--format', 'claude_code',
    ]); // prettier-ignore
    expect(JSON.parse(stdout)).toMatchObject({
      rows: { count: 4, exact: true, looked_at: 4 },
      total: { calls: 12, cost_usd: null },
    });
  });

  it('shows the columns also when the seed cannot be read, and warns of that with what to do', async () => {
    const ended = await stage.workspace.run(['plan', recipe, '--trace-dir', 'nowhere']);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(
      /^recipes\/agent-rollout\.yaml:\d+:\d+ warning .*nowhere.* \[seed-unreadable\]\n.*\n.*\^ .*--trace-dir PATH\n\n1 warning\n/,
    );
    expect(ended.stdout).toContain('agent-rollout: rows of agent_rollout not known\nnote: ');
    expect(ended.stdout).toMatch(
      /^ +3 {2}sft_quality_judge_result {2}llm-judge {7}trace_digest, sft_record$/m,
    );
    expect(ended.stdout).not.toContain('$');
  });

  it('warns of a seed without rows, with the reasons', async () => {
    await stage.workspace.write('empty/x.jsonl', '{"hello": "world"}\n');
    const ended = await stage.workspace.run(['plan', recipe, '--trace-dir', 'empty', '--json']);
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      ok: true,
      rows: { count: 0, problems: ['the seed gave no rows'] },
      diagnostics: [
        { severity: 'warning', code: 'empty-seed', hint: expect.stringContaining('left out: 1 × ') },
      ],
    });
  });

  it('has a format of its own, whatever the params of the recipe are called', async () => {
    await writeSessions(stage.workspace, 1);
    const plan = (...formats: readonly string[]) =>
      stage.workspace.run([
        'plan',
        recipe,
        '--trace-dir',
        'traces',
        ...formats.flatMap((format) => ['--format', format]),
      ]);
    expect(await plan('xml')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^error: --format must be one of text, mermaid, json, not xml\nor, for the recipe, one of auto, .*codex/,
      ),
    });
    expect((await plan('mermaid', 'claude_code')).stdout).toMatch(/^flowchart TD\n/);
    expect((await plan('claude_code')).stdout).toMatch(/^agent-rollout: 1 row of agent_rollout\n/);
    expect((await plan('codex')).stdout).toMatch(/^agent-rollout: rows of agent_rollout not known\n/);
  });

  it('refuses a recipe with mistakes, and a format that is none', async () => {
    await stage.workspace.write(
      'bad.yaml',
      'name: bad\ncolumns:\n  - { name: a, column_type: expression, expr: "{{ b }}" }\n',
    );
    const bad = await stage.workspace.run(['plan', 'bad.yaml']);
    expect(bad).toMatchObject({ code: 2, stdout: '' });
    expect(bad.stderr).toContain('bad.yaml:3:');
    await stage.workspace.write(
      'ok.yaml',
      'name: ok\ncolumns:\n  - { name: a, column_type: expression, expr: "x" }\n',
    );
    const ended = await stage.workspace.run(['plan', 'ok.yaml', '--format', 'svg']);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('--format must be one of text, mermaid, json, not svg');
  });

  it('of a recipe without models is a graph only', async () => {
    await stage.workspace.write(
      'ok.yaml',
      'name: ok\ncolumns:\n  - { name: a, column_type: expression, expr: "x" }\n',
    );
    const { stdout } = await stage.workspace.run(['plan', 'ok.yaml']);
    expect(stdout).toBe('ok: 10 rows\n\nstep  column  type        reads\n   1  a       expression\n');
  });
});
