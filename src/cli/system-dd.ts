import { spawnSync } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import { constants as os } from 'node:os';
import { delimiter, join } from 'node:path';

/** Operands of the Unix tool `dd` (POSIX and GNU). */
const OPERANDS = /^(?:if|of|bs|ibs|obs|cbs|count|skip|seek|iseek|oseek|conv|iflag|oflag|status)=/;

/**
 * Whether these arguments were meant for the Unix tool of the same name. Its calls begin with an operand; ours
 * begin with a command, and what follows may look like one (`--set count=5`).
 */
export function isForSystemDd([first = '']: readonly string[]): boolean {
  return OPERANDS.test(first);
}

/**
 * Hands over to the system's `dd`: the first one on the PATH that is not this program, `self`.
 * Returns its exit code; 127 when there is none.
 */
export function runSystemDd(argv: readonly string[], self: string): number {
  const program = findSystemDd(self);
  if (program === undefined) {
    process.stderr.write("dd: these operands are for the system's dd, and there is none on the PATH\n");
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
