import { expect, it } from '@jest/globals';
import { expandHome, startsAtHome } from '../../src/core/home.js';

it.each([
  ['~', '/home/ada', true],
  ['~/traces', '/home/ada/traces', true],
  [String.raw`~\traces`, String.raw`/home/ada\traces`, true],
  ['~bob/traces', '~bob/traces', false],
  ['./~/traces', './~/traces', false],
  ['/a/~', '/a/~', false],
])('%s is %s', (path, expanded, isAtHome) => {
  expect([expandHome(path, '/home/ada'), startsAtHome(path)]).toEqual([expanded, isAtHome]);
});
