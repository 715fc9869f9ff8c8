import { Errors } from '@oclif/core';
import { EXIT } from '../run/status.js';
import { asksForJson, ownArguments, printRefusal } from './document.js';
import { MEMORY_ADVICE } from './heap-watch.js';

/** An error as shown to people. */
export interface Fault {
  readonly message: string;
  readonly exitCode: number;
  /** True for oclif's own exit, after which nothing more is printed. */
  readonly isExit: boolean;
}

/** Faults of the machine that a person can fix, by the system's error code. */
const MACHINE: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'a file is in the way',
  EIO: 'the disk cannot be read or written; it may be full',
  EISDIR: 'a folder is in the way',
  ENOENT: 'no such file or folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'expected a folder, found a file',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
};

/**
 * Wrong usage and faults of the machine get exit code 2 and a message in words. Anything else is a bug in `dd`, shown
 * with its stack trace.
 */
export function explainFault(error: Error): Fault {
  if (error instanceof Errors.CLIError) {
    return {
      message: usageInWords(error.message),
      exitCode: error.oclif.exit ?? EXIT.badInput,
      isExit: error instanceof Errors.ExitError,
    };
  }
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'EBADSTORE' || code === 'EQUEUE')
    return { message: error.message, exitCode: EXIT.badInput, isExit: false };
  if (isOutOfMemory(error)) return { message: MEMORY_ADVICE, exitCode: EXIT.badInput, isExit: false };
  const fault =
    code !== undefined && Object.hasOwn(MACHINE, code) ? MACHINE[code] : faultInWords(error.message);
  if (fault !== undefined) {
    const where = path === undefined ? '' : `${path}: `;
    const message = `${where}${fault}\nNo stored answer is lost. Fix this and run the same command again.`;
    return { message, exitCode: EXIT.badInput, isExit: false };
  }
  return {
    message: `this is a bug in dd\n${error.stack ?? error.message}`,
    exitCode: EXIT.bug,
    isExit: false,
  };
}

/**
 * Errors of V8 and Node for memory that is used up. When the heap of the main thread is full, V8 itself ends the
 * process; `heap-watch.ts` says so before.
 */
const MEMORY_CODES: ReadonlySet<unknown> = new Set([
  'ERR_WORKER_OUT_OF_MEMORY',
  'ERR_MEMORY_ALLOCATION_FAILED',
  'ERR_STRING_TOO_LONG',
  'ERR_FS_FILE_TOO_LARGE',
  'ERR_BUFFER_TOO_LARGE',
  'ENOMEM',
]);
const MEMORY_WORDS =
  /invalid (?:string|array(?: buffer)?|typed array) length|allocation failed|out of memory|cannot create a string longer/i;

function isOutOfMemory({ code, message, name }: NodeJS.ErrnoException): boolean {
  return MEMORY_CODES.has(code) || (name === 'RangeError' && MEMORY_WORDS.test(message));
}

/** LMDB errors have no system code, so they are recognised by their message. */
function faultInWords(message: string): string | undefined {
  if (message.startsWith('Commit failed')) return 'the answer store cannot be written; the disk may be full';
  return /no space left on device|disk quota exceeded|read-only file system|input\/output error/i
    .exec(message)?.[0]
    .toLowerCase();
}

/** Ends the program with an error that no command caught, as text or JSON. */
export function dieOfFault(error: unknown, argv: readonly string[]): never {
  const { message, exitCode } = explainFault(error instanceof Error ? error : new Error(String(error)));
  printRefusal({ message }, exitCode, ownArguments(argv).includes('--json') || asksForJson(argv));
  process.exit(exitCode);
}

/** Rewrites oclif's usage errors in our words. Unknown messages stay unchanged. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\nSee more help with --help/g, ''],
  [/\n\nNote: .* allows? multiple values\.[^]*$/, ''],
  [/^The following errors? occurred:\n\s*/, ''],
  [/^Missing \d+ required args?:\n([^\s]+) +/, 'missing $1: '],
  [/Missing required flag (\S+)/g, '--$1 is missing'],
  [/All of the following must be provided when using (--\S+): (.+)/g, '$1 needs $2 too'],
  [/(--[\w-]+)(?:=\S*)? cannot also be provided when using (--\S+)/g, '$2 and $1 cannot be used together'],
  [/^Parsing (--\S+) \n\t(?:\1 )?/, '$1 '],
  [/^(--\S+) Expected an integer( .*)? but received: /, '$1 must be a whole number$2, not '],
  [/^Expected (--[\w-]+)=(.*) to be one of: (.*)$/, '$1 must be one of $3, not $2'],
  [/^Nonexistent flag(s?): /, 'unknown flag$1 '],
  [/^Unexpected argument(s?): /, 'unexpected argument$1 '],
];

export function usageInWords(message: string): string {
  return PHRASES.reduce((text, [phrase, words]) => text.replace(phrase, words), message);
}
