import { spawnSync } from 'node:child_process';
import { accessSync, constants, fstatSync, realpathSync } from 'node:fs';
import { constants as os } from 'node:os';
import { basename, delimiter, join } from 'node:path';

/** Operands of the Unix tool `dd` (POSIX and GNU). */
const OPERANDS = /^(?:if|of|bs|ibs|obs|cbs|count|skip|seek|iseek|oseek|conv|iflag|oflag|status)=/;

/**
 * True if these arguments are for the Unix tool `dd`. Only the first argument counts: its calls start with an operand,
 * ours with a command, and later arguments can look like an operand (`--set count=5`). Without arguments, `dd` that
 * gets a pipe or a file as input is the Unix tool, which copies it.
 */
export function isForSystemDd([first]: readonly string[], called = process.argv[1] ?? ''): boolean {
  return first === undefined ? basename(called) === 'dd' && hasInput() : OPERANDS.test(first);
}

function hasInput(): boolean {
  try {
    const input = fstatSync(0);
    return input.isFIFO() || input.isFile();
  } catch {
    return false;
  }
}

/**
 * Runs the system's `dd`: the first one on the PATH that is not this program, `self`. Returns its exit code, or 127
 * if there is none.
 */
export function runSystemDd(argv: readonly string[], self: string): number {
  const program = findSystemDd(self);
  if (program === undefined) {
    process.stderr.write('dd: these operands are for the Unix tool dd, which is not on the PATH\n');
    return 127;
  }
  const { status, signal } = spawnSync(program, argv, { stdio: 'inherit' });
  return status ?? 128 + (signal === null ? 0 : os.signals[signal]);
}

function findSystemDd(self: string): string | undefined {
  const ours = realpathSync(self);
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'dd'))
    .find((candidate) => isExecutable(candidate) && realpathSync(candidate) !== ours);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
