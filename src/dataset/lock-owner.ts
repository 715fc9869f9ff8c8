import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** The process that has a lock, or makes a dataset. */
export interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** When the process started, if the system says so: a later process may get the same number. */
  readonly started?: string | undefined;
}

export function thisProcess(): LockOwner {
  const { pid } = process;
  return { pid, host: hostname(), started: startOf(pid) };
}

/** The text that this process writes into a lock. It is never the same twice, so it identifies the lock. */
export function newLockText(): string {
  return JSON.stringify({ ...thisProcess(), id: randomUUID() });
}

/** The owner of a lock by its text; `undefined` when the text is incomplete. */
export function parseLockText(text: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<LockOwner> | null;
    return Number.isInteger(owner?.pid) && typeof owner?.host === 'string' ? (owner as LockOwner) : undefined;
  } catch {
    return undefined;
  }
}

/** A process of another machine counts as running: this machine cannot know. */
export function isRunning(owner: LockOwner): boolean {
  if (isElsewhere(owner)) return true;
  const { pid, started } = owner;
  return isAlive(pid) && (started === undefined || (startOf(pid) ?? started) === started);
}

export function isElsewhere({ host }: LockOwner): boolean {
  return host !== hostname();
}

/** True when this machine has a process with this number. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * When a process started, in ticks since the machine did: field 22 of Linux's `/proc/PID/stat`. The program of
 * a container gets the same number each time the container starts, so the number alone would look alive forever.
 */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 2 is the name of the program, in parentheses; it may contain spaces and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3];
  } catch {
    return undefined;
  }
}
