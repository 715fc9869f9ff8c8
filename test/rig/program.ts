import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../src/core/json.js';

/** The folder of the project. */
export const projectDir = fileURLToPath(new URL('../..', import.meta.url));

/** How the program ended, with all it printed. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real program, running. */
export interface Running {
  readonly ended: Promise<Ended>;
  /** Resolves once this is on stderr. */
  says(text: string): Promise<void>;
  /** The first match on stdout, once it is there. */
  prints(pattern: RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

export interface RunOptions {
  /** How much faster the program waits between retries. Default: 1. */
  readonly speed?: number;
}

export type Environment = Readonly<Record<string, string>>;

/** A folder of its own for one test, with nothing in it but what the test puts there. */
export interface Workspace {
  readonly dir: string;
  path(...parts: readonly string[]): string;
  write(file: string, content: string): Promise<void>;
  /** The recipe of this name from `recipes/`, with the schemas it refers to. */
  copyRecipes(): Promise<void>;
  /**
   * Starts `dd` here, in a process that is running already where that makes no difference. No other run shares it
   * meanwhile, and signals are real ones. The environment is empty but for what is given.
   */
  start(args: readonly string[], env?: Environment, options?: RunOptions): Running;
  /** The same in a new process, for what a process has to itself: its streams, its memory, how it begins. */
  spawn(args: readonly string[], env?: Environment): Running;
  /** Runs `dd` here to its end, likewise. */
  run(args: readonly string[], env?: Environment, options?: RunOptions): Promise<Ended>;
  /** Rows of a dataset's JSON Lines. */
  rows(dataset: string): Promise<readonly JsonObject[]>;
  failures(dataset: string): Promise<readonly JsonObject[]>;
  metadata(dataset: string): Promise<JsonObject>;
  /** The text of every file below the workspace, by path. */
  everything(): Promise<ReadonlyMap<string, string>>;
  remove(): Promise<void>;
}

export async function createWorkspace(): Promise<Workspace> {
  const dir = await mkdtemp(join(tmpdir(), 'dd-test-'));
  const path = (...parts: readonly string[]): string => join(dir, ...parts);
  const lines = async (file: string): Promise<readonly JsonObject[]> =>
    (await readFile(file, 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as JsonObject);
  return {
    dir,
    path,
    async write(file, content) {
      await mkdir(dirname(path(file)), { recursive: true });
      await writeFile(path(file), content);
    },
    async copyRecipes() {
      for (const folder of ['recipes', 'schemas'])
        await cp(join(projectDir, folder), path(folder), { recursive: true, dereference: true });
    },
    start: (args, env, { speed = 1 } = {}) => startProgram(args, dir, env, { isLive: true, speed }),
    spawn: (args, env) => startProgram(args, dir, env, 'new process'),
    run: (args, env, { speed = 1 } = {}) => startProgram(args, dir, env, { isLive: false, speed }).ended,
    rows: (dataset) => lines(path('artifacts', dataset, 'data', 'part-00000.jsonl')),
    failures: (dataset) => lines(path('artifacts', dataset, 'failures.jsonl')),
    metadata: async (dataset) =>
      JSON.parse(await readFile(path('artifacts', dataset, 'metadata.json'), 'utf8')) as JsonObject,
    async everything() {
      const entries = await readdir(dir, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
      return new Map(
        await Promise.all(files.map(async (file) => [file, await readFile(file, 'latin1')] as const)),
      );
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** A process, while its output goes to `onOutput`. */
interface Process {
  readonly ended: Promise<Pick<Ended, 'code' | 'signal'>>;
  kill(signal: NodeJS.Signals): void;
}

type OnOutput = (stream: 'stdout' | 'stderr', chunk: Buffer) => void;

interface WarmOptions {
  /** Whether output is told at once; otherwise at the end. */
  readonly isLive: boolean;
  readonly speed: number;
}

/** By `runner.mjs`. */
declare const runWarm: (
  request: WarmOptions & {
    readonly args: readonly string[];
    readonly cwd: string;
    readonly env: Environment;
  },
  onOutput: OnOutput,
) => Process;

/** Variables that are read once, when a process starts. */
const AT_START = /^NODE_|COLOR|^TERM$|^TZ$/;

function startProgram(
  args: readonly string[],
  cwd: string,
  more: Environment = {},
  how: WarmOptions | 'new process',
): Running {
  const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, ...more };
  const needsOwn =
    process.env['DD_TEST_SPAWN'] === '1' || Object.keys(more).some((name) => AT_START.test(name));
  return follow((onOutput) =>
    how === 'new process' || needsOwn
      ? spawnProgram(args, cwd, env, onOutput)
      : runWarm({ args, cwd, env, ...how }, onOutput),
  );
}

function spawnProgram(args: readonly string[], cwd: string, env: Environment, onOutput: OnOutput): Process {
  const child = spawn(process.execPath, [join(projectDir, 'bin', 'run.js'), ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => onOutput(name, chunk));
  return {
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal }));
    }),
    kill: (signal) => void child.kill(signal),
  };
}

function follow(start: (onOutput: OnOutput) => Process): Running {
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const looks = new Set<() => void>();
  const { ended, kill } = start((stream, chunk) => {
    output[stream].push(chunk);
    for (const look of looks) look();
  });
  const textOf = (stream: keyof typeof output): string => Buffer.concat(output[stream]).toString();
  const waitFor = <T>(find: () => T | undefined, wanted: string): Promise<T> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        looks.delete(look);
        resolve(found);
      };
      looks.add(look);
      ended.then(() => reject(new Error(`the program ended without saying ${wanted}`)), reject);
      look();
    });
  return {
    ended: ended.then((end) => ({ ...end, stdout: textOf('stdout'), stderr: textOf('stderr') })),
    says: async (text) =>
      void (await waitFor(() => textOf('stderr').includes(text) || undefined, `"${text}"`)),
    prints: (pattern) => waitFor(() => pattern.exec(textOf('stdout'))?.[0], String(pattern)),
    kill,
  };
}
