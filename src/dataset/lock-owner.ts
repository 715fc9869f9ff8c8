import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process that holds a lock, or makes a dataset. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, where the system tells: a later one may get the same number. */
  readonly started?: string | undefined;
}

export function thisProcess(): Holder {
  const { pid } = process;
  return { pid, host: hostname(), started: startOf(pid) };
}

/** What this process writes into a lock: never the same text twice, so that a lock can be known by it. */
export function signHolder(): string {
  return JSON.stringify({ ...thisProcess(), id: randomUUID() });
}

/** Who signed; `undefined` for text that is torn. */
export function parseHolder(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    return Number.isInteger(holder?.pid) && typeof holder?.host === 'string' ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
}

/** A process of another machine counts as running: from here nobody can tell. */
export function isRunning(holder: Holder): boolean {
  if (isElsewhere(holder)) return true;
  const { pid, started } = holder;
  return isAlive(pid) && (started === undefined || (startOf(pid) ?? started) === started);
}

export function isElsewhere({ host }: Holder): boolean {
  return host !== hostname();
}

/** Whether a process of this machine is there. */
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
 * a container has the same number each time the container starts, so a number alone would never be free again.
 */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program, field 2, stands in parentheses and may hold spaces and parentheses itself.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3];
  } catch {
    return undefined;
  }
}
