/** Writes schemas/recipe.schema.json from the compiled kinds of columns and seeds. Run by `npm run build`. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

import { builtInRegistries } from '../dist/plugins/registries.js';
import { publishedSchema } from '../dist/recipe/schema/published.js';

const file = fileURLToPath(new URL('../schemas/recipe.schema.json', import.meta.url));

const text = await format(JSON.stringify(publishedSchema(builtInRegistries), null, 2), {
  ...(await resolveConfig(file)),
  filepath: file,
});
const before = await readFile(file, 'utf8').catch(() => undefined);
if (text !== before) await writeFile(file, text);
