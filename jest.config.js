/** Jest runs the TypeScript sources as ES modules; the programs under test are spawned from dist/. */
export default {
  // All cores: most tests wait for a program of their own.
  maxWorkers: '100%',
  testRunner: '<rootDir>/test/rig/runner.mjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/test/rig/strip-types.mjs' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testTimeout: 60_000,
};
