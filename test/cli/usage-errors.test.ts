import { describe, expect, it } from '@jest/globals';
import { Args, Flags, Parser } from '@oclif/core';
import { usageInWords } from '../../src/cli/faults.js';

const options = {
  args: { recipe: Args.string({ required: true, description: 'The recipe.' }) },
  flags: {
    column: Flags.string({ required: true }),
    set: Flags.string({ multiple: true }),
    row: Flags.integer({ min: 1 }),
    format: Flags.string({ options: ['pretty', 'json'] }),
    prune: Flags.boolean({ dependsOn: ['row'] }),
    repair: Flags.boolean({ exclusive: ['verify'] }),
    verify: Flags.boolean(),
  },
};

/** What is said of this command line. */
async function said(...argv: readonly string[]): Promise<string> {
  const error: unknown = await Parser.parse([...argv], options).catch((thrown: unknown) => thrown);
  return usageInWords((error as Error).message);
}

describe('wrong usage is reported in one line:', () => {
  it.each<[string, readonly string[], string]>([
    ['an argument that is missing', ['--column', 'a'], 'missing recipe: The recipe.'],
    ['a flag that is missing', ['r.yaml'], '--column is missing'],
    ['a flag that does not exist', ['r.yaml', '--column', 'a', '--x'], 'unknown flag --x'],
    ['a second argument', ['r.yaml', 'b', '--column', 'a'], 'unexpected argument b'],
    ['no number', ['r.yaml', '--column', 'a', '--row', 'x'], '--row must be a whole number, not x'],
    [
      'too small a number',
      ['r.yaml', '--column', 'a', '--row', '0'],
      '--row must be a whole number greater than or equal to 1, not 0',
    ],
    [
      'a value that is not one of those there are',
      ['r.yaml', '--column', 'a', '--format', 'xml'],
      '--format must be one of pretty, json, not xml',
    ],
    ['a flag that needs another', ['r.yaml', '--column', 'a', '--prune'], '--prune needs --row too'],
    [
      'flags that exclude each other',
      ['r.yaml', '--column', 'a', '--repair', '--verify'],
      '--repair and --verify cannot be used together',
    ],
  ])('%s', async (_name, argv, words) => {
    expect(await said(...argv)).toBe(words);
  });
});
