/** Jest runs the TypeScript sources as ES modules; the programs under test are spawned from dist/. */
export default {
  // All cores: most tests wait for a program of their own.
  maxWorkers: '100%',
  testEnvironment: '<rootDir>/test/rig/environment.mjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testTimeout: 60_000,
};
