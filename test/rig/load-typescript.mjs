/** How Node resolves and loads modules of `src/` and `test/`: see `runner.mjs`. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { stripTypes } from './strip-types.mjs';

const tests = new URL('../', import.meta.url).href;
const sources = new URL('../../src/', import.meta.url).href;

/** `?file=12`, the test file, is handed from each module below `test/` to those it imports there. */
export async function resolve(specifier, context, next) {
  const { parentURL = '' } = context;
  const isTest = parentURL.startsWith(tests);
  if (!isTest && !parentURL.startsWith(sources)) return next(specifier, context);
  const { search } = new URL(parentURL);
  if (specifier === '@jest/globals') return ours(new URL('./jest-globals.mjs', import.meta.url), search);
  if (!specifier.startsWith('.')) return next(specifier, context);
  const url = new URL(specifier.replace(/\.js$/, '.ts'), parentURL);
  if (url.href.startsWith(tests)) return ours(url, search);
  return url.href.startsWith(sources) ? ours(url, '') : next(specifier, context);
}

const ours = (url, search) => ({ url: `${url}${search}`, format: 'module', shortCircuit: true });

export async function load(url, context, next) {
  const file = new URL(url);
  if (!file.pathname.endsWith('.ts')) return next(url, context);
  file.search = '';
  const source = loaded.get(file.href) ?? (await javaScriptOf(file));
  loaded.set(file.href, source);
  return { format: 'module', source, shortCircuit: true };
}

/** What each test file loads again. */
const loaded = new Map();

async function javaScriptOf(file) {
  const source = stripTypes(await readFile(fileURLToPath(file), 'utf8'));
  return file.href.startsWith(sources) ? importingOnce(source) : source;
}

/** `import('./x.js')` by `importOnce` of `runner.mjs`, which other threads do not have. */
const importingOnce = (source) =>
  source.replaceAll(
    /\bimport\(('[^'\n]+')\)/g,
    (call, specifier) => `(globalThis.importOnce?.(import.meta.url, ${specifier}, () => ${call}) ?? ${call})`,
  );
