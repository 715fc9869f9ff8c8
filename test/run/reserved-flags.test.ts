import { describe, expect, it } from '@jest/globals';
import { RESERVED_FLAGS } from '../../src/run/open-recipe.js';
import Run from '../../src/cli/commands/run.js';

describe('the flags that no param may be named after', () => {
  it('are those of dd run, with what every command has', () => {
    const flags = Object.entries(Run.flags).flatMap(([name, flag]) =>
      'allowNo' in flag && flag.allowNo ? [name, `no-${name}`] : [name],
    );
    expect(RESERVED_FLAGS.toSorted()).toEqual([...flags, 'help', 'json', 'version'].sort());
  });
});
