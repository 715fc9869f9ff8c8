/**
 * Bundles the program into dist/program, so that it starts quickly: a few files to load instead of hundreds.
 * The library stays as the compiler left it. The page of `dd view` goes to dist/page, with all that it needs. Run by
 * `npm run build`, after everything else.
 */
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url);
const file = (path) => fileURLToPath(new URL(path, root));

/**
 * What every command, or every check of a recipe, needs, and packages of hundreds of small files. All else is loaded from
 * node_modules when it is used.
 */
const BUNDLED = new Set([
  '@anthropic-ai/sdk',
  '@oclif/core',
  'ajv',
  'ajv-formats',
  'csv-parse',
  'd3-random',
  'd3-time-format',
  'fastest-levenshtein',
  'hyparquet',
  'openai',
  'picocolors',
  'picomatch',
  'redos-detector',
  'tinyglobby',
  'yaml',
]);

const { dependencies, peerDependencies } = JSON.parse(await readFile(file('package.json'), 'utf8'));

const program = {
  outbase: file('dist'),
  outdir: file('dist/program'),
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'linked',
  logLevel: 'warning',
  // Its build for Node asks for an environment variable with every token it reads.
  alias: { yaml: file('node_modules/yaml/browser/index.js') },
  // Optional packages are the person's own, never a copy.
  external: Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => !BUNDLED.has(name)),
  // The CommonJS packages among them call `require` for Node's own modules.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
};

await rm(file('dist/program'), { recursive: true, force: true });
await build({
  ...program,
  entryPoints: ['main', 'cli/help', 'cli/commands/index', 'cli/command-not-found'].map((name) =>
    file(`dist/${name}.js`),
  ),
  splitting: true,
});
// A thread is one file with all that it needs at once: it starts in less than half the time.
await build({
  ...program,
  entryPoints: ['traces/reading/worker-thread', 'dataset/parquet-worker-thread'].map((name) =>
    file(`dist/${name}.js`),
  ),
});

await mkdir(file('dist/page'), { recursive: true });
await copyFile(file('src/view/page/index.html'), file('dist/page/index.html'));
await build({
  entryPoints: { page: file('src/view/page/main.tsx'), style: file('src/view/page/page.css') },
  outdir: file('dist/page'),
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2023',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  legalComments: 'eof',
  logLevel: 'warning',
});
