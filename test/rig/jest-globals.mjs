/** What a test file gets from `@jest/globals`: see `runner.mjs`. */
export const { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } =
  globalThis.globalsOfTests;
