import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { openAnswerStore } from '../../src/answer-store/answer-store.js';
import type { Json, JsonObject } from '../../src/core/json.js';
import type { ModelCall, ModelServer } from './model-server.js';
import { createWorkspace, projectDir, type Workspace } from './program.js';

/** A recipe that is made, killed and made again. */
export interface Scenario {
  readonly name: string;
  /** Its endpoint is the provider `openai`. */
  readonly recipe: string;
  readonly flags?: readonly string[];
  readonly prepare?: (workspace: Workspace) => Promise<unknown>;
  /** The same answer for the same question, whenever it is asked. */
  readonly answer: (call: ModelCall) => void;
}

/** When a run is killed. */
export type Moment =
  /** At the n-th thing that the server sees: a request that comes in, or an answer that went out. */
  | { readonly kind: 'event'; readonly number: number }
  /** Likewise, but once all that was answered is in the store: then exactly the unanswered ones are lost. */
  | { readonly kind: 'settled'; readonly number: number }
  /** At the n-th thing that the program does to a file. */
  | { readonly kind: 'file'; readonly number: number }
  /** Not killed: from the n-th write on, the disk is full. */
  | { readonly kind: 'full'; readonly number: number };

/** What the server and the store saw of one run. */
export interface Life {
  readonly moment: Moment | undefined;
  readonly code: number | null;
  readonly killed: boolean;
  readonly stderr: string;
  /** Requests that came in. */
  readonly asked: number;
  /** Of these, the ones that had no answer when the run ended. */
  readonly unanswered: number;
  /** Answers that the run added to the store. */
  readonly stored: number;
  /** Answers that it asked something further with; what `echo` said can be found in a later prompt. */
  readonly builtOn: number;
}

export interface Lives {
  readonly lives: readonly Life[];
  /** What must be the same at the end: hashes of files by name, status and counts. */
  readonly files: Readonly<Record<string, unknown>>;
}

/** Numbers that look random and are the same for the same seed: 1 to `most`. */
export type Dice = (most: number) => number;

export function createDice(seed: number): Dice {
  const generator = xoroshiro128plus(seed);
  return (most) => uniformInt(generator, 1, Math.max(1, most));
}

/** Any moment in a run that makes `calls` requests. */
export function anyMoment(dice: Dice, calls: number): Moment {
  const kind = (['event', 'event', 'settled', 'settled', 'file'] as const)[dice(5) - 1] ?? 'event';
  return { kind, number: dice(kind === 'file' ? FILE_OPERATIONS : 2 * calls) };
}

/** About as many as a small run makes. */
const FILE_OPERATIONS = 24;

/** A scenario on its stage: one folder of seeds, and a folder of results for each of its datasets. */
export interface Stage {
  readonly scenario: Scenario;
  readonly server: ModelServer;
  readonly workspace: Workspace;
}

export async function setStage(scenario: Scenario, server: ModelServer): Promise<Stage> {
  const workspace = await createWorkspace();
  await workspace.write('recipe.yaml', scenario.recipe);
  await scenario.prepare?.(workspace);
  return { scenario, server, workspace };
}

/** Makes a dataset in `folder`, from nothing: kills the run at each moment in turn, then lets it finish. */
export async function live(stage: Stage, folder: string, moments: Iterable<Moment>): Promise<Lives> {
  const lives: Life[] = [];
  const asked = new Set<string>();
  for (const moment of moments) {
    const life = await runOnce(stage, folder, `${folder}-${lives.length}`, moment, asked);
    lives.push(life);
    if (isFinished(life)) return { lives, files: await madeFiles(stage.workspace.path(folder)) };
  }
  lives.push(await runOnce(stage, folder, `${folder}-${lives.length}`, undefined, asked));
  return { lives, files: await madeFiles(stage.workspace.path(folder)) };
}

const isFinished = ({ killed, code }: Life): boolean => !killed && (code === 0 || code === 1);

async function runOnce(
  { scenario, server, workspace }: Stage,
  folder: string,
  name: string,
  moment: Moment | undefined,
  /** What was asked in earlier lives; what is asked in this one is added. */
  askedBefore: Set<string>,
): Promise<Life> {
  const { answer, flags = [] } = scenario;
  const cells = workspace.path(folder, '.dd', 'cells');
  const before = await storedAnswers(cells);
  const mine: ModelCall[] = [];
  let answered = 0;
  let events = 0;
  let isOver = false;
  const end = async (): Promise<void> => {
    isOver = true;
    if (moment?.kind === 'settled')
      await until(async () => (await storedAnswers(cells)) >= before + answered);
    program?.kill('SIGKILL');
  };
  const happened = (): void => {
    events += 1;
    if (isSeenByServer(moment) && moment.number === events && !isOver) void end();
  };
  server.handle((call) => {
    // A late request of a run that was killed.
    if (call.headers.authorization !== `Bearer ${name}`) return call.hang();
    mine.push(call);
    happened();
    if (isOver) return call.hang();
    answer(call);
    answered += 1;
    void call.closed.then(happened);
  });
  const where = ['--artifact-path', join(folder, 'artifacts'), '--dataset-name', 'made'];
  const args = ['run', 'recipe.yaml', '--quiet', ...where, ...flags];
  const env = {
    OPENAI_BASE_URL: server.url,
    OPENAI_API_KEY: name,
    ...((moment?.kind === 'file' || moment?.kind === 'full') && {
      DD_TEST_FAULT: `${moment.kind === 'file' ? 'kill' : 'full'}:${moment.number}`,
      NODE_OPTIONS: `--import=${pathToFileURL(join(projectDir, 'test/rig/fs-faults.mjs')).href}`,
    }),
  };
  const program = moment && workspace.spawn(args, env);
  const { code, signal, stderr } = await (program?.ended ?? workspace.run(args, env));
  isOver = true;
  const proven = builtOn(mine, askedBefore);
  for (const call of mine) askedBefore.add(questionOf(call));
  return {
    moment,
    code,
    killed: signal === 'SIGKILL',
    stderr,
    asked: mine.length,
    unanswered: mine.length - answered,
    builtOn: proven,
    stored: (await storedAnswers(cells)) - before,
  };
}

/** An answer that says back what was asked: each is another one, and what builds on it can be recognised. */
export function echo(call: ModelCall): Json {
  const said = `echo of ${questionOf(call)}`;
  return call.schema ? { title: said } : said;
}

const questionOf = ({ messages, prompt }: ModelCall): string => {
  // Of a prompt with images, the words.
  const content: unknown = messages.at(-1)?.content;
  return (typeof content === 'string' ? content : prompt).slice(0, 200);
};

/** Where an equal question was asked before, its answer may be what was built on. */
function builtOn(calls: readonly ModelCall[], askedBefore: ReadonlySet<string>): number {
  const times = new Map<string, number>();
  for (const question of calls.map(questionOf)) times.set(question, (times.get(question) ?? 0) + 1);
  const echoing = calls.filter(({ prompt }) => prompt.includes('echo of '));
  return [...times].filter(
    ([question, count]) =>
      count === 1 &&
      !askedBefore.has(question) &&
      echoing.some(({ prompt }) => prompt.includes(`echo of ${question}`)),
  ).length;
}

function isSeenByServer(moment: Moment | undefined): moment is Moment {
  return moment?.kind === 'event' || moment?.kind === 'settled';
}

/** Answers in the store, as another process sees them. */
export async function storedAnswers(cells: string): Promise<number> {
  if (!existsSync(join(cells, 'data.mdb'))) return 0;
  const store = await openAnswerStore(cells);
  const size = store.size();
  await store.close();
  return size;
}

/** Looks again and again until something holds. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** What must be the same however often a run was killed, by a hash of its bytes. */
export async function madeFiles(folder: string): Promise<Lives['files']> {
  const artifacts = join(folder, 'artifacts');
  const names = (await readdir(artifacts)).sort();
  if (names.includes('made')) return filesOf(join(artifacts, 'made'));
  // The stages of a recipe that has them.
  const stages = await Promise.all(
    names.map(async (name) => [name, await filesOf(join(artifacts, name))] as const),
  );
  return Object.fromEntries(stages);
}

async function filesOf(dataset: string): Promise<Lives['files']> {
  const entries = await readdir(dataset, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() && entry.name !== 'metadata.json')
    .map((entry) => relative(dataset, join(entry.parentPath, entry.name)))
    .sort();
  const hashes = await Promise.all(
    names.map(async (name) => [
      name,
      createHash('sha256')
        .update(await readFile(join(dataset, name)))
        .digest('hex'),
    ]),
  );
  const { status, rows, failures } = JSON.parse(
    await readFile(join(dataset, 'metadata.json'), 'utf8'),
  ) as JsonObject;
  return { ...(Object.fromEntries(hashes) as Record<string, string>), status, rows, failures };
}
