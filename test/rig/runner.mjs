/**
 * Runs a test file with Jest's own runner, but loads it as Node loads any program. Jest's way is a realm and a copy of
 * all modules for each test file: `src/`, Ajv and the parser of YAML are read, compiled and started cold each time,
 * which is half of the suite's time. Here the modules of `src/` and of packages are loaded once for each of Jest's
 * workers, and those of `test/` for each test file. A test file that imports `jest`, to replace modules or timers,
 * is loaded in Jest's way.
 */
import { readFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { pathToFileURL } from 'node:url';
import circus from 'jest-circus/runner';
import { runWarm } from './run-warm.mjs';

const require = createRequire(import.meta.url);
register('./load-typescript.mjs', import.meta.url);
globalThis.runWarm = runWarm;
globalThis.importOnce = importOnce;

const IMPORTS_JEST = /^import \{[^}]*\bjest\b[^}]*\} from '@jest\/globals';$/m;

export default async function runTestFile(globalConfig, config, environment, runtime, path, ...more) {
  if (!IMPORTS_JEST.test(readFileSync(path, 'utf8'))) loadByNode(runtime);
  return circus.default(globalConfig, config, environment, runtime, path, ...more);
}

const imported = new Map();

/** Node asks the thread of its loader at each `import()`, also for a module that is there; here only the first time. */
function importOnce(from, specifier, load) {
  const key = `${from} ${specifier}`;
  if (!imported.has(key)) {
    const loading = load();
    imported.set(key, loading);
    loading.catch(() => imported.delete(key));
  }
  return imported.get(key);
}

let files = 0;

function loadByNode(runtime) {
  files += 1;
  runtime.requireInternalModule = loadFramework;
  // Read by `jest-globals.mjs`.
  runtime.setGlobalsForRuntime = (globals) => {
    globalThis.globalsOfTests = globals;
  };
  runtime.unstable_importModule = (path) => import(`${pathToFileURL(path)}?file=${files}`);
}

/** The framework has the tests of a file in its module, and what listens to them in a global object. */
function loadFramework(path) {
  delete require.cache[path];
  delete globalThis[Symbol.for('EVENT_HANDLERS')];
  return require(path);
}
