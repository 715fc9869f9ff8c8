/**
 * Compiles the recipe's schema, and JSON Schema itself, into dist/core/ready-validators.js. Run by `npm run build`,
 * after the compiler.
 */
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';

import { builtInRegistries } from '../dist/plugins/registries.js';
import { recipeSchema } from '../dist/recipe/schema/schema.js';
import { validatorOptions } from '../dist/recipe/schema/validate.js';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const code = { source: true, esm: true };

const forRecipes = new Ajv2020({ ...validatorOptions, code });
const forSchemas = new Ajv2020({ allErrors: true, strictTypes: false, code });
const modules = {
  recipe: standalone.default(forRecipes, forRecipes.compile(recipeSchema(builtInRegistries))),
  metaschema: standalone.default(forSchemas, forSchemas.getSchema(DIALECT)),
};

await build({
  stdin: {
    contents: `import recipe from 'ready:recipe';
      import metaschema from 'ready:metaschema';
      export const readyValidators = { recipe, metaschema };`,
    resolveDir: fileURLToPath(new URL('..', import.meta.url)),
  },
  outfile: fileURLToPath(new URL('../dist/core/ready-validators.js', import.meta.url)),
  bundle: true,
  format: 'esm',
  platform: 'node',
  minify: true,
  plugins: [{ name: 'ready', setup: provideModules }],
});

/** What was just compiled, to be bundled with the few functions of Ajv that it calls. */
function provideModules(builder) {
  builder.onResolve({ filter: /^ready:/ }, ({ path }) => ({ path: path.slice(6), namespace: 'ready' }));
  builder.onLoad({ filter: /.*/, namespace: 'ready' }, ({ path }) => ({
    contents: modules[path],
    resolveDir: fileURLToPath(new URL('..', import.meta.url)),
  }));
}
