import { execFileSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { projectDir } from '../rig/program.js';
import { useStage } from '../rig/stage.js';
import { rolloutAnswer } from '../rig/rollout-answers.js';
import { writeSessions } from '../rig/traces.js';

const stage = useStage();

const recipe = 'recipes/agent-rollout.yaml';

describe('mistakes on the command line', () => {
  it.each<[string, readonly string[], string]>([
    ['an unknown flag', ['--suffle'], 'did you mean `--shuffle`?'],
    ['an unknown param', ['--formt', 'codex'], 'did you mean `--format`?'],
    ['a value that is not in the enum', ['--format', 'codx'], 'did you mean `codex`?'],
    ['an alias that is not there', ['--model', 'nvidia-sper=openai/x'], 'did you mean `nvidia-super`?'],
    ['a path that is not there', ['--set', 'model_configs.nvidia-super.modl=x'], 'did you mean `model`?'],
    ['an index without a number of partitions', ['--partition-index', '1'], '--num-partitions'],
    ['a folder that is not there', ['--trace-dir', 'no-such-folder'], 'no-such-folder'],
    ['atif without a folder', ['--format', 'atif'], 'atif'],
    ['no traces anywhere', [], 'no tool has one in its default place; dd seed --list shows these places'],
    [
      'a name that leads out of the folder of datasets',
      ['--dataset-name', '../elsewhere', '--trace-dir', 'traces'],
      '../elsewhere',
    ],
  ])('%s: exit code 2, and nothing is called or written', async (_name, flags, message) => {
    await writeSessions(stage.workspace, 1);
    const ended = await stage.workspace.run(['run', recipe, '--dry-run', ...flags]);
    expect(ended.stderr).toContain(message);
    expect(ended.code).toBe(2);
    expect(existsSync(stage.workspace.path('artifacts'))).toBe(false);
  });

  it('a command that is not there: the one that was meant is named', async () => {
    const ended = await stage.workspace.run(['vaildate']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('did you mean `validate`?');
    const second = await stage.workspace.run(['vaildate', recipe]);
    expect(second.stderr).toBe(ended.stderr);
  });

  it('a flag that needs another: said in a line, with the help that lists them', async () => {
    const ended = await stage.workspace.run(['store', '--prune']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toBe(
      'error: --prune needs --older-than too\ndd store --help shows all arguments and flags\n',
    );
  });

  it('flags that may be given several times do not swallow the recipe', async () => {
    await writeSessions(stage.workspace, 1);
    const ended = await stage.workspace.run([
      'run',
      '--model',
      'nvidia-super=openai/x',
      recipe,
      '--dry-run',
      '--trace-dir',
      'traces',
    ]);
    expect(ended.code).toBe(0);
  });

  it('a folder with no trace in it: exit code 2, and an earlier dataset stays', async () => {
    await mkdir(stage.workspace.path('empty'));
    await stage.workspace.write('empty/notes.jsonl', '{"hello": "world"}\n');
    await writeSessions(stage.workspace, 1);
    await stage.workspace.run(['run', recipe, '--dry-run', '--trace-dir', 'traces']);
    const ended = await stage.workspace.run(['run', recipe, '--dry-run', '--trace-dir', 'empty']);
    expect(ended.stderr).toContain('the seed gave no rows');
    expect(ended.code).toBe(2);
    expect(await stage.workspace.rows('agent-rollout-dry-run')).toHaveLength(1);
  });
});

describe('a recipe with mistakes', () => {
  it('is refused with all of them before anything is called', async () => {
    await writeSessions(stage.workspace, 1);
    await stage.workspace.write(
      'recipes/broken.yaml',
      `name: broken
model_configs:
  - { alias: main, provider: openai, model: gpt-test }
seed_config:
  source: { seed_type: agent_rollout, path: ../traces }
columns:
  - { name: a, column_type: llm-text, model_alias: mian, prompt: "{{ messages }}" }
  - { name: b, column_type: llm-text, model_alias: main, promt: "x" }
  - { name: c, column_type: expression, expr: "{{ trace_idd }}" }
`,
    );
    const ended = await stage.workspace.run(['run', 'recipes/broken.yaml'], {
      OPENAI_BASE_URL: stage.server.url,
      OPENAI_API_KEY: 'sk-test',
    });
    expect(ended.code).toBe(2);
    for (const place of ['recipes/broken.yaml:7:', 'recipes/broken.yaml:8:', 'recipes/broken.yaml:9:'])
      expect(ended.stderr).toContain(place);
    for (const hint of ['`main`', '`prompt`', '`trace_id`'])
      expect(ended.stderr).toContain(`did you mean ${hint}?`);
    expect(stage.server.calls).toHaveLength(0);
  });
});

describe('mistakes, for machines', () => {
  it('of a recipe are JSON on stdout, with the same exit code', async () => {
    await stage.workspace.write(
      'bad.yaml',
      'columns:\n  - { name: none, column_type: expression, expr: "{{ x }}" }\n',
    );
    const ended = await stage.workspace.run(['run', 'bad.yaml', '--json']);
    expect(ended.code).toBe(2);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      ok: false,
      exit_code: 2,
      diagnostics: [{ code: 'reserved-name' }, { code: 'unknown-column' }],
    });
    expect(ended.stderr).toBe('');
  });

  it('of the command line too', async () => {
    const ended = await stage.workspace.run(['run', recipe, '--dry-run', '--json', '--trace-dir', 'nowhere']);
    expect(ended.code).toBe(2);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('nowhere') },
      diagnostics: [{ code: 'run' }],
    });
  });
});

describe('help', () => {
  it("of a run shows the recipe's own params beside the flags of every run", async () => {
    const { stdout } = await stage.workspace.run(['run', recipe, '--help']);
    expect(stdout).toContain('--num-records');
    expect(stdout).toContain('--trace-dir');
    expect(stdout).toContain('--format=auto|atif|chat_completion_jsonl|claude_code|');
    expect((await stage.workspace.run(['run', '--help'])).stdout).not.toContain('--trace-dir');
  });

  it('lists the commands', async () => {
    const { stdout } = await stage.workspace.run(['--help']);
    for (const command of ['run', 'runs', 'validate'])
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });
});

describe('the Unix tool of the same name', () => {
  it('gets the calls that are meant for it', async () => {
    await stage.workspace.write('in.txt', 'copied by the other dd');
    const ended = await stage.workspace.run(['if=in.txt', 'of=out.txt', 'status=none']);
    expect(ended.code).toBe(0);
    expect((await stage.workspace.everything()).get(stage.workspace.path('out.txt'))).toBe(
      'copied by the other dd',
    );
  });

  it('gets a pipe when nothing else is said', () => {
    const link = stage.workspace.path('dd');
    symlinkSync(join(projectDir, 'bin/run.js'), link);
    const copied = execFileSync('sh', ['-c', `printf 'from a pipe' | "${link}" 2>/dev/null`], {
      encoding: 'utf8',
    });
    expect(copied).toBe('from a pipe');
  });

  it('does not get a call that only has what looks like an operand in it', async () => {
    const ended = await stage.workspace.run(['run', recipe, '--set', 'count=5']);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('unknown key `count`')]);
  });
});

describe('text from outside', () => {
  it('cannot send escape sequences to the terminal', async () => {
    await writeSessions(stage.workspace, 1);
    stage.server.handle((call) => {
      const answer = JSON.stringify(rolloutAnswer(call)).replaceAll(
        'bug number 0',
        '\\u001b[31mred\\u001b]0;title\\u0007',
      );
      call.reply(answer);
    });
    const ended = await stage.workspace.run(
      ['run', recipe, '--trace-dir', 'traces', '--model', 'nvidia-super=openai/x'],
      { OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'k-1234567890' },
    );
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('red');
    expect(ended.stderr).not.toContain('\u001b');
  });
});
