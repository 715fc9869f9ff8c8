import { availableParallelism } from 'node:os';

/** Jest runs the TypeScript sources as ES modules; the programs under test are spawned from dist/. */
export default {
  // More than there are cores: many tests wait for a program, a browser or Redis.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  testSequencer: '<rootDir>/test/rig/longest-first.mjs',
  testRunner: '<rootDir>/test/rig/runner.mjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/test/rig/strip-types.mjs' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // Far more than any test takes: a loaded machine must fail none. It ends those that wait for what never comes.
  testTimeout: process.env.DD_LONG_TESTS === '1' ? 1_200_000 : 240_000,
};
