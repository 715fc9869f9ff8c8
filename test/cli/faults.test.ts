import { Errors } from '@oclif/core';
import { describe, expect, it } from '@jest/globals';
import { explainFault } from '../../src/cli/faults.js';

const systemError = (code: string, path?: string): Error => Object.assign(new Error(code), { code, path });

describe('a fault', () => {
  it.each<[string, Error, string, number]>([
    ['of the disk', systemError('ENOSPC', '/d/x'), '/d/x: the disk is full', 2],
    ['of rights', systemError('EACCES', '/d'), '/d: permission denied', 2],
    ['that only has words', new Error('MDB: No space left on device'), 'no space left on device', 2],
    ['of the store', new Error('Commit failed (see commitError for details)'), 'the disk may be full', 2],
    ['of usage', new Errors.CLIError('no such flag', { exit: 2 }), 'no such flag', 2],
    ['of memory, in a thread', systemError('ERR_WORKER_OUT_OF_MEMORY'), '--max-old-space-size', 2],
    [
      'of memory, for a text',
      new RangeError('Invalid string length'),
      'the memory of the program is full',
      2,
    ],
    ['of memory, for bytes', new RangeError('Array buffer allocation failed'), '--num-records', 2],
    ['that is a bug', new TypeError('x is not a function'), 'this is a bug in dd', 70],
    ['with a code like a method of objects', systemError('toString'), 'this is a bug in dd', 70],
  ])('%s is reported in words with its exit code', (_name, error, words, exitCode) => {
    const fault = explainFault(error);
    expect(fault.message).toContain(words);
    expect(fault.exitCode).toBe(exitCode);
  });
});
