import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
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
  /** Starts `dd` here, in a process of its own. The environment is empty but for what is given. */
  start(args: readonly string[], env?: Environment): Running;
  /** Runs `dd` here to its end, in a process that is running already where that makes no difference. */
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
  const start: Workspace['start'] = (args, env = {}) => startProgram(args, dir, env);
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
    start,
    run: (args, env, options) => runProgram(args, dir, env, options),
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

/** By `runner.mjs`; `undefined` while another run goes on. */
declare const runWarm: (request: {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
  readonly speed: number;
}) => Promise<Ended> | undefined;

/** Variables that are read once, when a process starts. */
const AT_START = /^NODE_|COLOR|^TERM$|^TZ$/;

async function runProgram(
  args: readonly string[],
  cwd: string,
  env: Environment = {},
  { speed = 1 }: RunOptions = {},
): Promise<Ended> {
  const needsOwn =
    process.env['DD_TEST_SPAWN'] === '1' || Object.keys(env).some((name) => AT_START.test(name));
  const warm = needsOwn ? undefined : runWarm({ args, cwd, env: environmentOf(cwd, env), speed });
  if (!warm) return startProgram(args, cwd, env).ended;
  const { code, signal, stdout, stderr } = await warm;
  return { code, signal, stdout, stderr };
}

const environmentOf = (cwd: string, env: Environment): Environment => ({
  PATH: process.env['PATH'] ?? '',
  HOME: cwd,
  ...env,
});

function startProgram(args: readonly string[], cwd: string, env: Environment): Running {
  const child = spawn(process.execPath, [join(projectDir, 'bin', 'run.js'), ...args], {
    cwd,
    env: environmentOf(cwd, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({
        code,
        signal,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
  });
  const waitFor = <T>(stream: Readable, find: () => T | undefined, wanted: string): Promise<T> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find();
        if (found !== undefined) resolve(found);
      };
      stream.on('data', look);
      child.on('close', () => reject(new Error(`the program ended without saying ${wanted}`)));
      look();
    });
  const says = async (text: string): Promise<void> =>
    void (await waitFor(child.stderr, () => Buffer.concat(stderr).includes(text) || undefined, `"${text}"`));
  const prints = (pattern: RegExp): Promise<string> =>
    waitFor(child.stdout, () => pattern.exec(Buffer.concat(stdout).toString())?.[0], String(pattern));
  return { ended, says, prints, kill: (signal) => void child.kill(signal) };
}
