import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Diagnostic } from '../core/problem.js';
import { packageFolder } from '../core/package-folder.js';
import { nearest } from '../core/suggest.js';

/**
 * Recipes and example traces that come with the program. They are found by name in every folder, so that they work
 * after a global installation: `dd run agent-rollout --trace-dir examples`. A file or folder of the person comes first.
 */

/** The file of a recipe: as it was typed, with `.yaml` or `.json` added, from `recipes/`, or one that comes with the program. */
export function recipeFile(typed: string): string {
  if (existsSync(typed)) return typed;
  const isName = !/[/\\]/.test(typed) && extname(typed) === '';
  const own = isName
    ? ['.yaml', '.yml', '.json'].flatMap((end) => [`${typed}${end}`, `recipes/${typed}${end}`])
    : [];
  return own.find(isFile) ?? bundledRecipe(typed) ?? typed;
}

/** A recipe that does not exist gets a hint with those that exist, if no file beside it has a similar name. */
export function withRecipeHints(diagnostics: readonly Diagnostic[], recipe: string): readonly Diagnostic[] {
  return diagnostics.map((diagnostic) =>
    diagnostic.code === 'file-not-found' && diagnostic.span === undefined && diagnostic.hint === undefined
      ? { ...diagnostic, hint: hintFor(recipe) }
      : diagnostic,
  );
}

function hintFor(typed: string): string {
  const names = [...bundled().keys()];
  const near = nearest(basename(typed, extname(typed)), names);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  const listed = names.map((name) => `\`${name}\``).join(', ');
  return `dd comes with the recipes ${listed}; dd init writes one into this folder`;
}

/** A folder of examples that comes with the program, if the path names one and is not there itself. */
export function examplesFolder(typed: string): string {
  if (existsSync(typed) || !/^(?:\.[/\\])?examples(?:[/\\]|$)/.test(typed)) return typed;
  const found = resolve(packagePath('.'), typed);
  return isInside(found, packagePath('examples')) && existsSync(found) ? found : typed;
}

/** `agent-rollout`, `agent-rollout.yaml` and `recipes/agent-rollout.yaml` name the same. */
function bundledRecipe(typed: string): string | undefined {
  const [, name] = /^(?:(?:\.[/\\])?recipes[/\\])?([\w-]+)(?:\.ya?ml)?$/.exec(typed) ?? [];
  return name === undefined ? undefined : bundled().get(name);
}

function bundled(): ReadonlyMap<string, string> {
  const templates = namesIn('templates').map((name) => `templates/${name}/${name}.yaml`);
  const recipes = namesIn('recipes').map((name) => `recipes/${name}`);
  return new Map(
    [...recipes, ...templates]
      .map(packagePath)
      .filter((file) => extname(file) === '.yaml' && isFile(file))
      .map((file) => [basename(file, '.yaml'), file]),
  );
}

const namesIn = (folder: string): readonly string[] => {
  const path = packagePath(folder);
  return existsSync(path) ? readdirSync(path).toSorted() : [];
};

const packagePath = (path: string): string => join(fileURLToPath(packageFolder()), path);

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

const isInside = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep);
