import { isObject, type Json, type JsonPath } from '../../core/json.js';
import { entryName, isList, valueAt } from '../../core/paths.js';

/** The word for an entry of a section. */
const kinds: Readonly<Record<string, string>> = {
  columns: 'column',
  model_configs: 'model',
  providers: 'provider',
  processors: 'processor',
  exports: 'export',
  constraints: 'constraint',
  stages: 'stage',
};

/** The name of a part of a recipe in a message: ``column `digest` ``, `` `skip` of column `digest` ``. */
export function nameOf(path: JsonPath, recipe: Json): string {
  const [section, entry, ...rest] = path;
  if (section === undefined) return 'the recipe';
  if (entry === undefined) return `\`${section}\``;
  // A column is named after itself, not after its stage.
  if (section === 'stages' && rest.length > 1 && Object.hasOwn(kinds, String(rest[0])))
    return nameOf(rest, valueAt(recipe, [section, entry]) ?? null);
  const owner = ownerName(String(section), entry, recipe);
  if (owner === undefined) return `\`${dotted(path, recipe)}\``;
  return rest.length === 0 ? owner : `\`${dotted(rest, valueAt(recipe, [section, entry]))}\` of ${owner}`;
}

/** ` in column \`digest\``; empty for the recipe as a whole. */
export const within = (path: JsonPath, recipe: Json): string =>
  path.length === 0 ? '' : ` in ${nameOf(path, recipe)}`;

/** A value in a message: short, on one line; only the type of a list or a map. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (isList(value)) return 'a list';
  if (isObject(value)) return 'a map';
  const text = String(value).replaceAll(/\s+/g, ' ');
  const short = text.length > 40 ? `${text.slice(0, 39)}…` : text;
  return typeof value === 'string' ? `the text \`${short}\`` : `\`${short}\``;
}

function ownerName(section: string, entry: string | number, recipe: Json): string | undefined {
  if (section === 'params') return `param \`${entry}\``;
  const kind = Object.hasOwn(kinds, section) ? kinds[section] : undefined;
  if (kind === undefined) return undefined;
  const name = entryName(valueAt(recipe, [section, entry]));
  return name === undefined ? `${kind} ${Number(entry) + 1}` : `${kind} \`${name}\``;
}

/** `scores.groundedness.options` or, for an entry without a name, `items[2].x`. */
function dotted(path: JsonPath, root: Json | undefined): string {
  let text = '';
  for (const [depth, key] of path.entries()) {
    const name = typeof key === 'number' ? entryName(valueAt(root, path.slice(0, depth + 1))) : String(key);
    if (name === undefined) text += `[${key}]`;
    else text += text === '' ? name : `.${name}`;
  }
  return text;
}
