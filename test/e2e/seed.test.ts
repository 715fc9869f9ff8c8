import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { databaseBytes, HERMES } from '../traces/databases.js';
import { useStage } from '../rig/stage.js';
import { sessionId, writeSessions } from '../rig/traces.js';

const stage = useStage((workspace) => writeSessions(workspace, 3));

const recipe = 'recipes/agent-rollout.yaml';

describe('dd seed', () => {
  it('shows what was found by format, and what was left out and why', async () => {
    await stage.workspace.write('traces/notes.jsonl', '{"hello": "world"}\n');
    const ended = await stage.workspace.run(['seed', recipe, '--trace-dir', 'traces']);
    expect(ended.stdout).toMatch(/^format +rows +messages +tool calls\nclaude_code +3 +12 +3\n3 rows\n/);
    expect(ended.stdout).toContain('filtered 1: not a trace of a known format (.jsonl, keys hello) (');
    expect(ended.stdout).toMatch(/\nknown formats: auto, claude_code, codex, .*, chat_completion_jsonl\n$/);
    expect(ended.code).toBe(0);
    const none = await stage.workspace.run([
      'seed',
      recipe,
      '--trace-dir',
      'traces',
      '--set',
      'seed_config.where=message_count > 100',
    ]);
    expect(none.stdout).toContain('0 rows\n');
    expect(none.stdout).toContain('filtered 3: `where` does not hold (3 files, first ');
  });

  it('lays one row out as a conversation', async () => {
    const { stdout } = await stage.workspace.run(['seed', recipe, '--trace-dir', 'traces', '--row', '1']);
    expect(stdout).toContain(sessionId(1));
    expect(stdout).toMatch(
      /\nuser\n {2}Fix bug number 1\n\nassistant\n {2}Looking\.\n {2}→ Read \{"file_path": "app\.py"\}\n\ntool\n {2}line 1\n/,
    );
  });

  it('shows a row of another seed by its columns', async () => {
    await stage.workspace.write('people.csv', 'name,age\nAda,36\n');
    await stage.workspace.write(
      'people.yaml',
      'name: people\nseed_config: { source: { seed_type: local, path: people.csv } }\n' +
        'columns: [{ name: hello, column_type: expression, expr: "{{ name }} {{ age }}" }]\n',
    );
    const { stdout } = await stage.workspace.run(['seed', 'people.yaml', '--row', '0']);
    expect(stdout).toMatch(/^name +Ada\nage +36\n$/);
    const report = await stage.workspace.run(['seed', 'people.yaml']);
    expect(report.stdout).toMatch(/^1 row\n\ncolumn/);
  });

  it('says how many rows there are when the one asked for is not', async () => {
    const { code, stderr } = await stage.workspace.run([
      'seed',
      recipe,
      '--trace-dir',
      'traces',
      '--row',
      '9',
    ]);
    expect([code, stderr]).toEqual([2, 'error: there is no row 9: the seed has 3, counted from 0\n']);
  });

  it('shows the row of a shuffled run', async () => {
    const flags = ['--trace-dir', 'traces', '--shuffle', '--seed', '2'];
    await stage.workspace.run(['run', recipe, '--dry-run', ...flags]);
    const made = (await stage.workspace.rows('agent-rollout-dry-run')).map((row) => row['trace_id']);
    const seen = await Promise.all(
      made.map(async (_, row) => {
        const ended = await stage.workspace.run(['seed', recipe, ...flags, '--row', String(row), '--json']);
        return (JSON.parse(ended.stdout) as { row: JsonObject }).row['trace_id'];
      }),
    );
    expect(seen).toEqual(made);
    expect(made).not.toEqual(made.toSorted());
  });

  it('reports to machines', async () => {
    const { stdout } = await stage.workspace.run([
      'seed',
      recipe,
      '--trace-dir',
      'traces',
      '--row',
      '2',
      '--json',
    ]);
    const report = JSON.parse(stdout) as JsonObject;
    expect(report).toMatchObject({
      rows: 3,
      kinds: [{ kind: 'claude_code', rows: 3 }],
      row: { trace_id: sessionId(2) },
    });
  });
});

describe('dd seed --list', () => {
  it('lists the sessions of this machine, without a recipe', async () => {
    const home = stage.workspace.path('home');
    const nothing = await stage.workspace.run(['seed', '--list'], { HOME: home });
    expect([nothing.code, nothing.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^no sessions on this machine; these folders do not exist:\nclaude_code +~\/\.claude\/projects\ncodex +~\/\.codex\/sessions\n/,
      ),
    ]);
    await cp(stage.workspace.path('traces'), join(home, '.claude', 'projects'), { recursive: true });
    const before = await stage.workspace.everything();
    const { code, stdout } = await stage.workspace.run(['seed', '--list'], { HOME: home });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^format +folder +sessions +size +newest\nclaude_code +~\/\.claude\/projects +3 +\d\.\d kB +20\d\d-\d\d-\d\d \d\d:\d\d\n3 sessions, 1 format\n$/,
    );
    expect(await stage.workspace.everything()).toEqual(before);
  });

  it('counts the sessions of a database, and leaves no trace of it', async () => {
    const home = stage.workspace.path('home');
    await mkdir(join(home, '.hermes'), { recursive: true });
    await writeFile(join(home, '.hermes', 'state.db'), databaseBytes(HERMES));
    const { stdout, stderr } = await stage.workspace.spawn(['seed', '--list'], { HOME: home }).ended;
    expect([stderr, stdout]).toEqual(['', expect.stringMatching(/hermes_agent +~\/\.hermes\/state\.db +1 /)]);
    expect(await readdir(join(home, '.hermes'))).toEqual(['state.db']);
  });

  it.each([
    ['of a folder', ['traces']],
    ['of a recipe', [recipe, '--trace-dir', 'traces']],
  ])('%s, for machines too', async (_, args) => {
    const ended = await stage.workspace.run(['seed', '--list', ...args, '--json']);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      ok: true,
      sources: [{ format: 'claude_code', sessions: 3, files: 3 }],
      notes: [],
    });
  });

  it('says what it cannot list, and what dd seed needs without it', async () => {
    const wrong = await stage.workspace.run(['seed', '--list', 'nowhere']);
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('error: the folder nowhere does not exist'),
    ]);
    await stage.workspace.write(
      'people.yaml',
      'name: people\nseed_config: { source: { seed_type: local, path: people.csv } }\n' +
        'columns: [{ name: hello, column_type: expression, expr: "{{ name }}" }]\n',
    );
    await stage.workspace.write('people.csv', 'name\nAda\n');
    const rows = await stage.workspace.run(['seed', '--list', 'people.yaml']);
    expect([rows.code, rows.stderr]).toEqual([
      2,
      'error: the recipe has a seed of type local, which is no folder of sessions\ndd seed RECIPE shows its rows\n',
    ]);
    const bare = await stage.workspace.run(['seed']);
    expect(bare.stderr).toMatch(
      /^error: missing recipe: .*\ndd seed --list shows the sessions on this machine/,
    );
  });
});

describe('choosing rows in the recipe', () => {
  it('takes what `where` wants, and leaves copies out; the counts add up', async () => {
    const original =
      (await stage.workspace.everything()).get(
        stage.workspace.path('traces/-home-dev-app', `${sessionId(0)}.jsonl`),
      ) ?? '';
    await stage.workspace.write(
      'traces/-home-dev-app/copy.jsonl',
      original.split('\n').slice(0, 3).join('\n'),
    );
    const set = [
      '--set',
      'seed_config.dedupe=true',
      '--set',
      `seed_config.where=trace_id != "${sessionId(2)}"`,
    ];
    const ended = await stage.workspace.run(['run', recipe, '--dry-run', '--trace-dir', 'traces', ...set]);
    expect(ended.code).toBe(0);
    const rows = await stage.workspace.rows('agent-rollout-dry-run');
    expect(rows.map((row) => [row['trace_id'], row['message_count']])).toEqual([
      [sessionId(0), 4],
      [sessionId(1), 4],
    ]);
    expect(await stage.workspace.metadata('agent-rollout-dry-run')).toMatchObject({
      rows: { done: 2, filtered: 2 },
    });
  });

  it('is checked before anything is read', async () => {
    const ended = await stage.workspace.run([
      'run',
      recipe,
      '--dry-run',
      '--set',
      'seed_config.where=tool_cal_count > 3',
    ]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('did you mean `tool_call_count`?');
  });
});
