import { readFile, rename } from 'node:fs/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { columnOf, rolloutAnswer } from '../rig/rollout-answers.js';
import { openAiModel, smallRecipe, textColumn } from '../rig/small-recipe.js';
import { useStage } from '../rig/stage.js';
import { writeSessions } from '../rig/traces.js';
import type { Running } from '../rig/program.js';

const stage = useStage((workspace) => writeSessions(workspace, 2));

const rollout = 'recipes/agent-rollout.yaml';
const watchArgs = (recipe: string): readonly string[] => ['run', recipe, '--preview', '--watch'];

const env = (): Record<string, string> => ({
  OPENAI_BASE_URL: stage.server.url,
  OPENAI_API_KEY: 'sk-test-1234567890abcdef',
});

// A watch has no end of its own: when a test fails, it must not stay behind.
const started: Running[] = [];
afterEach(() => {
  for (const running of started.splice(0)) running.kill('SIGKILL');
});

function start(args: readonly string[]): Running {
  const running = stage.workspace.start(args, env());
  started.push(running);
  return running;
}

/** Watches the flagship recipe; resolves when its first records are shown. */
async function startRollout(): Promise<Running> {
  stage.server.handle((call) => call.reply(rolloutAnswer(call)));
  const running = start([
    ...watchArgs(rollout),
    '--model',
    'nvidia-super=openai/gpt-test',
    '--trace-dir',
    'traces',
  ]);
  await running.says('Watching recipes/agent-rollout.yaml and 2 files that it refers to');
  return running;
}

/** Saves as many editors do: a new file takes the old one's place. */
async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(stage.workspace.path(file), 'utf8');
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  await stage.workspace.write(`${file}.new`, text.replace(from, to));
  await rename(stage.workspace.path(`${file}.new`), stage.workspace.path(file));
}

const askedAfter = (calls: number): readonly string[] =>
  stage.server.calls.slice(calls).map(columnOf).toSorted();

describe('dd run --preview --watch', () => {
  it('asks again only for what was edited, and marks what changed', async () => {
    const running = await startRollout();
    stage.server.handle((call) =>
      call.reply(
        JSON.parse(JSON.stringify(rolloutAnswer(call)).replaceAll('about bug number 1', 'now without a bug')),
      ),
    );
    await edit(rollout, 'Judge this candidate', 'Judge, with care, this candidate');
    await running.says('changed: sft_quality_judge_result in 1 of 2 records · 2 calls · ');
    expect(askedAfter(6)).toEqual(['judge', 'judge']);
    running.kill('SIGINT');

    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    const [first = '', second = ''] = stdout.split(/^row 0  the same$/m);
    expect(first).not.toContain('~ ');
    expect(second).toContain('~ sft_quality_judge_result\n~   groundedness');
    expect(second).toContain('  trace_digest\n');
    expect(second.match(/^~ \w+/gm)).toEqual(['~ sft_quality_judge_result']);
  });

  it('reports mistakes, and continues when they are fixed', async () => {
    const running = await startRollout();
    await edit(rollout, 'Judge this candidate', 'Judge {{ sft_recrod }} and this candidate');
    await running.says('Fix and save to continue.');
    expect(stage.server.calls).toHaveLength(6);
    await edit(rollout, 'Judge {{ sft_recrod }} and this candidate', 'Judge once more this candidate');
    await running.says('nothing changed · 2 calls · ');
    running.kill('SIGINT');

    const { code, stderr } = await running.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('did you mean `sft_record`?');
    expect(askedAfter(6)).toEqual(['judge', 'judge']);
  });

  it('notices edits to a schema, even after a broken one', async () => {
    const running = await startRollout();
    const schema = 'schemas/trace-digest.schema.json';
    await edit(schema, '"description": "What one', '"description: "What one');
    await running.says('is not valid JSON');
    await edit(schema, '"description: "What one', '"description": "What a');
    await running.says('nothing changed · 2 calls · ');
    running.kill('SIGINT');
    expect((await running.ended).code).toBe(0);
    expect(askedAfter(6)).toEqual(['trace_digest', 'trace_digest']);
  });

  it('stops a round when the recipe is saved again, and keeps what was in flight', async () => {
    await writeSmall();
    const running = start(watchArgs('small.yaml'));
    const first = await stage.server.next();
    await edit('small.yaml', 'old:', 'new:');
    await running.says('Saved again: no further requests');
    first.reply('an old answer');
    stage.server.handle((call) => call.reply(`an answer to ${call.prompt}`));
    await running.says('this round was stopped · 1 call');
    await running.says('2 records · 2 calls');
    expect(prompts()).toEqual(['old: Fixed number 0.', 'new: Fixed number 0.', 'new: Fixed number 1.']);

    await edit('small.yaml', 'new:', 'old:');
    await running.says('changed: note in 2 of 2 records · 1 call · ');
    expect(prompts().slice(3)).toEqual(['old: Fixed number 1.']);
    running.kill('SIGINT');
    expect((await running.ended).stdout).toContain('~ note  an old answer');
  });

  it('ends with 130 when Ctrl-C cuts a round off, after what was in flight', async () => {
    await writeSmall();
    const running = start(watchArgs('small.yaml'));
    const call = await stage.server.next();
    running.kill('SIGINT');
    await running.says('Stopping');
    call.reply('an answer');
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('1 record, interrupted · 1 call');
    expect(stage.server.calls).toHaveLength(1);
  });

  it('cuts requests in flight off at the second Ctrl-C', async () => {
    await writeSmall();
    const running = start(watchArgs('small.yaml'));
    const call = await stage.server.next();
    running.kill('SIGINT');
    await running.says('Stopping');
    running.kill('SIGINT');
    await call.closed;
    expect((await running.ended).code).toBe(130);
    expect(stage.server.calls).toHaveLength(1);
  });

  it('ends at a limit of spending that its rounds reach together', async () => {
    await writeSmall();
    stage.server.handle((call) => call.reply('an answer'));
    const running = start([...watchArgs('small.yaml'), '--max-tokens', '40']);
    await running.says('Watching small.yaml: ');
    await edit('small.yaml', 'old:', 'new:');
    const { code, stderr } = await running.ended;
    expect(code).toBe(4);
    expect(stderr).toContain('this run has used 45 tokens, and its limit is 40');
    expect(stage.server.calls).toHaveLength(3);
  });

  it('with --no-cache asks everything once, and after that only what was edited', async () => {
    await writeSmall([textColumn('old', 'test'), textColumn('other', 'test')]);
    stage.server.handle((call) => call.reply('an answer'));
    await stage.workspace.run(['run', 'small.yaml', '--preview'], env());
    const running = start([...watchArgs('small.yaml'), '--no-cache']);
    await running.says('2 records · 4 calls');
    await running.says('Watching small.yaml: ');
    await edit('small.yaml', '"old: ', '"new: ');
    await running.says('nothing changed · 2 calls');
    running.kill('SIGINT');
    expect((await running.ended).code).toBe(0);
  });

  it.each([
    [['run', rollout, '--watch'], 'add --preview'],
    [[...watchArgs(rollout), '--json'], 'remove --json or --watch'],
    [watchArgs('recipes/agent-rolout.yaml'), 'did you mean `agent-rollout.yaml`?'],
  ])('refuses %j', async (args, expected) => {
    const { code, stdout, stderr } = await stage.workspace.run(args);
    expect(code).toBe(2);
    expect(stdout + stderr).toContain(expected);
  });
});

function writeSmall(columns = [textColumn('note', 'test').replace('"note:', '"old:')]): Promise<void> {
  return stage.workspace.write('small.yaml', smallRecipe({ models: [openAiModel('test')], columns }));
}

const prompts = (): readonly string[] => stage.server.calls.map(({ prompt }) => prompt);

describe('dd run --preview --watch of a recipe with stages', () => {
  const STAGED = `name: staged
stages:
  - name: first
    seed_config: { source: { seed_type: rows, rows: [{ a: 1 }] } }
  - { name: second, needs: first, columns: [{ name: b, column_type: expression, expr: "one {{ a }}" }] }
`;

  it('shows one stage, again after each save', async () => {
    await stage.workspace.write('staged.yaml', STAGED);
    expect((await stage.workspace.run(['run', 'staged.yaml', '--stage', 'first', '--quiet'])).code).toBe(0);
    const running = start([...watchArgs('staged.yaml'), '--stage', 'second']);
    await running.says('Watching staged.yaml');
    await edit('staged.yaml', 'one {{', 'two {{');
    await running.says('changed: b in 1 of 1 record');
    running.kill('SIGINT');
    expect((await running.ended).stdout).toMatch(/one 1[^]*two 1/);
  });

  it('asks which one, where none is named', async () => {
    await stage.workspace.write('staged.yaml', STAGED);
    const running = start(watchArgs('staged.yaml'));
    await running.says('a preview shows one stage: first, second');
    running.kill('SIGINT');
    expect((await running.ended).code).toBe(0);
  });
});
