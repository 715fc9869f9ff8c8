/**
 * A program and all that it starts, as one process group that ends with this process. It ends by `end`, when this process
 * exits, and, where this process is killed and can do nothing, by a shell that waits for the end of its own input: the
 * system closes the pipe to it with the process that holds the other end.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

export interface ProcessGroup {
  readonly child: ChildProcessWithoutNullStreams;
  /** Asks the group to end, and kills what is left of it after a moment. */
  end(): Promise<void>;
}

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
}

/** Milliseconds that a program has to end by itself. */
const grace = 500;

/** A program that could not be started says so in the event `error` of the child. */
export function startGroup({ command, args, env, folder }: ProgramOptions): ProcessGroup {
  const hasGroups = process.platform !== 'win32';
  const child = spawn(command, args, {
    cwd: folder,
    env,
    detached: hasGroups,
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const { pid } = child;
  const kill = (signal: NodeJS.Signals): void => {
    try {
      if (pid !== undefined) process.kill(hasGroups ? -pid : pid, signal);
    } catch {
      // It has ended already.
    }
  };
  const killNow = (): void => kill('SIGKILL');
  const letGo = hasGroups && pid !== undefined ? watchFor(pid) : () => undefined;
  process.on('exit', killNow);
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const onExit = (): void => {
    process.off('exit', killNow);
    // What it has started may still run, and may hold its pipes open.
    killNow();
    letGo();
  };
  child.once('exit', onExit);
  child.once('error', onExit);
  return {
    child,
    async end() {
      child.stdin.end();
      kill('SIGTERM');
      const timer = setTimeout(killNow, grace);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Kills the group if this process ends without having called the returned function. */
function watchFor(group: number): () => void {
  const watcher = spawn('/bin/sh', ['-c', 'read -r line; kill -s KILL -- "-$1"', 'sh', String(group)], {
    detached: true,
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.on('error', () => undefined);
  watcher.stdin.on('error', () => undefined);
  watcher.unref();
  if ('unref' in watcher.stdin && typeof watcher.stdin.unref === 'function') watcher.stdin.unref();
  return () => void watcher.kill('SIGKILL');
}
