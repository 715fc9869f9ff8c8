import { afterEach, describe, expect, it } from '@jest/globals';
import { hasColors } from '../../src/cli/print.js';

const stream = (isTTY: boolean): NodeJS.WriteStream =>
  ({ isTTY, hasColors: () => isTTY }) as unknown as NodeJS.WriteStream;

const { NO_COLOR, FORCE_COLOR } = process.env;
afterEach(() => {
  Object.assign(process.env, { NO_COLOR: NO_COLOR ?? '', FORCE_COLOR: FORCE_COLOR ?? '' });
});

describe('colours', () => {
  it.each<[string, boolean, Record<string, string>, boolean]>([
    ['are for a terminal', true, {}, true],
    ['are not for a pipe', false, {}, false],
    ['are for a pipe where they are forced', false, { FORCE_COLOR: '1' }, true],
    ['are off with FORCE_COLOR=0', true, { FORCE_COLOR: '0' }, false],
    ['are off with NO_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('%s', (_name, isTTY, env, expected) => {
    Object.assign(process.env, { NO_COLOR: '', FORCE_COLOR: '', ...env });
    expect(hasColors(stream(isTTY))).toBe(expected);
  });
});
