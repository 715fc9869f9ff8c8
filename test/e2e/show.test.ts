import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkspace, projectDir, type Workspace } from '../rig/program.js';

const row = (number: number): object => ({
  trace_id: `t${number}`,
  source_kind: 'codex',
  messages: [{ role: 'user', content: [{ type: 'text', text: `Question ${number}` }] }],
  message_count: 1,
  tool_call_count: 0,
  judge: { depth: { score: number, reasoning: `reason ${number}` } },
  good: number > 1,
});

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  const column = (name: string, from: string): object => ({ name, schema: {}, from });
  const metadata = {
    dataset: 'made',
    parts: 1,
    fabricated: false,
    rows: { done: 3, failed: 1, skipped: 0, filtered: 0, unfinished: 0 },
    columns: [
      ...['trace_id', 'source_kind', 'messages', 'message_count', 'tool_call_count'].map((name) =>
        column(name, 'seed'),
      ),
      column('judge', 'column'),
      column('good', 'column'),
    ],
  };
  const failure = {
    row: 1,
    column: 'judge',
    class: 'schema',
    message: 'no answer was valid',
    attempts: [{ class: 'schema', message: 'no JSON', answer: 'Sorry' }],
    seed: { trace_id: 'lost' },
  };
  await workspace.write('artifacts/made/metadata.json', JSON.stringify(metadata));
  await workspace.write(
    'artifacts/made/data/part-00000.jsonl',
    [0, 2, 3].map((number) => `${JSON.stringify(row(number))}\n`).join(''),
  );
  await workspace.write('artifacts/made/failures.jsonl', `${JSON.stringify(failure)}\n`);
});
afterAll(() => workspace.remove());

describe('dd show', () => {
  it('prints the first row as a conversation with its scores', async () => {
    const { code, stdout } = await workspace.run(['show', 'made']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^row 0 · 4 rows in all\nt0 {2}codex, 1 message, 0 tool calls\n\nuser\n {2}Question 0\n\n─+\n\njudge\n {2}depth {2}0 {2}reason 0\n\ngood {2}false\n$/,
    );
  });

  it('takes the folder of a dataset, too', async () => {
    expect((await workspace.run(['show', 'artifacts/made', '--row', '3'])).stdout).toContain('Question 3');
  });

  it('prints the first row for which a condition holds', async () => {
    const { stdout } = await workspace.run(['show', 'made', '--where', 'judge.depth.score >= 2']);
    expect(stdout).toMatch(/^row 2 · /);
  });

  it('prints a failed row at its number, and with --failed', async () => {
    for (const flags of [['--row', '1'], ['--failed']]) {
      const { stdout } = await workspace.run(['show', 'made', ...flags]);
      expect(stdout).toBe(
        'row 1, failed · 4 rows in all\ntrace_id  lost\n\njudge  schema\n  no answer was valid\n  attempt 1: schema: no JSON\n    Sorry\n',
      );
    }
  });

  it('gives the same as JSON', async () => {
    const json = async (...flags: readonly string[]): Promise<unknown> =>
      JSON.parse((await workspace.run(['show', 'made', '--json', ...flags])).stdout);
    expect(await json('--row', '2')).toEqual({
      ok: true,
      exit_code: 0,
      row: 2,
      state: 'done',
      record: row(2),
    });
    expect(await json('--row', '2', '--column', 'good,judge')).toMatchObject({
      record: { good: true, judge: { depth: { score: 2, reasoning: 'reason 2' } } },
    });
    expect(await json('--failed')).toMatchObject({
      row: 1,
      state: 'failed',
      seed: { trace_id: 'lost' },
      failures: [{ column: 'judge', class: 'schema', attempts: [{ answer: 'Sorry' }] }],
    });
  });

  it.each([
    [['nope'], 'error: there is no dataset `nope` in artifacts'],
    [['made', '--row', '4'], 'error: there is no row 4 in made, counted from 0'],
    [['made', '--where', 'trace_id == "x"'], 'error: no row of made matches'],
    [['made', '--where', 'goood'], 'error: --where: there is no column `goood`\ndid you mean `good`?'],
    [['made', '--column', 'juge'], 'error: there is no column `juge` in this dataset\ndid you mean `judge`?'],
    [['made', '--failed', '--column', 'good'], 'error: no cell of these columns failed in made'],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, stderr } = await workspace.run(['show', ...args]);
    expect(code).toBe(2);
    expect(stderr.startsWith(message)).toBe(true);
  });

  // A terminal of its own from util-linux, which every Debian has.
  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('goes through the rows in a terminal, and leaves it as it was', async () => {
    const dd = `'${process.execPath}' '${join(projectDir, 'bin/run.js')}' show made --where 'good or trace_id == "t0"'`;
    const script = spawn('script', ['-qec', `stty rows 30 cols 80; ${dd}; stty -a`, '/dev/null'], {
      cwd: workspace.dir,
      env: { PATH: process.env['PATH'], TERM: 'xterm', HOME: workspace.dir },
    });
    const keys = [
      ['row 0 ·', 'n'],
      ['row 2 ·', '\u001b[C'],
      ['row 3 ·', 'p'],
      ['row 2 ·', 'q'],
    ] as const;
    let screen = '';
    let pressed = 0;
    let from = 0;
    script.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString();
      const [shown, key] = keys[pressed] ?? [];
      if (shown === undefined || !screen.slice(from).includes(shown)) return;
      from = screen.length;
      pressed += 1;
      script.stdin.write(key);
    });
    const code = await new Promise((resolve) => script.on('close', resolve));
    expect(pressed).toBe(keys.length);
    expect(code).toBe(0);
    const [, after = ''] = screen.split('\u001b[?1049l');
    expect(after).toMatch(/ icanon/);
    expect(after).toMatch(/ echo /);
  });
});
