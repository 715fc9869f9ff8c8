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
  /** Resolves once this stands on stderr. */
  says(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** A folder of its own for one test, with nothing in it but what the test puts there. */
export interface Workspace {
  readonly dir: string;
  path(...parts: readonly string[]): string;
  write(file: string, content: string): Promise<void>;
  /** The recipe of this name from `recipes/`, with the schemas it refers to. */
  copyRecipes(): Promise<void>;
  /** Starts `dd` here. The environment is empty but for what is given. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Running;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
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
    run: (args, env) => start(args, env).ended,
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

function startProgram(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Running {
  const child = spawn(process.execPath, [join(projectDir, 'bin', 'run.js'), ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd, ...env },
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
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (Buffer.concat(stderr).includes(text)) resolve();
      };
      child.stderr.on('data', look);
      child.on('close', () => reject(new Error(`the program ended without saying "${text}"`)));
      look();
    });
  return { ended, says, kill: (signal) => void child.kill(signal) };
}
