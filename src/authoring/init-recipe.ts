import { lstatSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { packageFolder } from '../core/package-folder.js';
import { err, ok, type Result } from '../core/result.js';
import type { RunProblem } from '../run/problem.js';
import { TEMPLATES, type Template, type TemplateName } from './templates.js';

export interface InitRequest {
  readonly template: TemplateName;
  /** Name of the recipe, and of its file. */
  readonly name: string;
  readonly folder: string;
}

/** The files of a new recipe, relative to the folder. */
export interface Initialised {
  readonly recipe: string;
  readonly written: readonly string[];
  /** Files that already existed and were not changed. */
  readonly kept: readonly string[];
  /** Output folders that are missing in a .gitignore that already existed. */
  readonly notIgnored: readonly string[];
}

const GITIGNORE = '.gitignore';

/** The output folders of runs. */
const IGNORED = ['artifacts/', '.dd/'];

/** The recipe's schema requires this form, because the dataset's folder has the same name. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Writes a new recipe with its files. Never overwrites: it writes all of them or returns a problem. */
export async function initRecipe({
  template,
  name,
  folder,
}: InitRequest): Promise<Result<Initialised, RunProblem>> {
  if (!NAME.test(name))
    return err({
      message: `\`${name}\` cannot be the name of a recipe`,
      hint: 'use only letters, digits, `.`, `_` and `-`, and start with a letter or digit',
    });
  const files = await filesOf(template, name);
  const existing = files.filter(({ to, shared }) => !shared && exists(join(folder, to)));
  if (existing.length > 0)
    return err({
      message: `file exists: ${existing.map(({ to }) => to).join(', ')}`,
      hint: 'choose another name: dd init NAME',
    });

  const written: string[] = [];
  const kept: string[] = [];
  const write = async (to: string, content: string | Buffer): Promise<void> => {
    ((await writeNew(join(folder, to), content)) ? written : kept).push(to);
  };
  for (const { from, to } of files) {
    const content = await readFile(new URL(from, packageFolder()));
    await write(to, to.endsWith('.yaml') ? adapted(content.toString(), template, name) : content);
  }
  await write(GITIGNORE, IGNORED.map((entry) => `${entry}\n`).join(''));
  const lines = (await readFile(join(folder, GITIGNORE), 'utf8')).split(/\/?\s*(?:\n|$)/);
  const notIgnored = IGNORED.filter((entry) => !lines.some((line) => `${line}/`.endsWith(entry)));
  return ok({ recipe: `${name}.yaml`, written, kept, notIgnored });
}

interface File {
  /** Path in this package. */
  readonly from: string;
  /** Path in the folder of the new recipe. */
  readonly to: string;
  /** Several recipes may have it: it is not written if it exists. */
  readonly shared: boolean;
}

/** The files of a template, the recipe first. Schemas go into one folder. */
async function filesOf(template: TemplateName, name: string): Promise<readonly File[]> {
  const { files = await inFolder(template) } = TEMPLATES[template] as Template;
  return [...files, 'schemas/recipe.schema.json'].map((from) => {
    if (from.endsWith('.schema.json')) return { from, to: `schemas/${basename(from)}`, shared: true };
    const own = from.replace(/^recipes\/|^templates\/[^/]+\//, '');
    return { from, to: own.startsWith(template) ? name + own.slice(template.length) : own, shared: false };
  });
}

async function inFolder(template: TemplateName): Promise<readonly string[]> {
  const folder = `templates/${template}`;
  const root = fileURLToPath(new URL(folder, packageFolder()));
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = found
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/'));
  const recipe = `${template}.yaml`;
  return [recipe, ...paths.filter((path) => path !== recipe).toSorted()].map((path) => `${folder}/${path}`);
}

/** True also for a broken link. */
const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** Returns false if the file exists. */
async function writeNew(file: string, content: string | Buffer): Promise<boolean> {
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Puts the new name and the schema paths into a template. */
function adapted(text: string, template: TemplateName, name: string): string {
  return text
    .replaceAll(/(\$(?:schema=|ref: ))[^\s}]*?([\w-]+\.schema\.json)/g, '$1schemas/$2')
    .replaceAll(new RegExp(`(?:recipes/)?(?<![\\w-])${template}(?=[.-]\\w)`, 'g'), () => name)
    .replaceAll(`dd export ${template}`, () => `dd export ${name}`)
    .replace(/^name: .*$/m, () => `name: ${asYamlText(name)}`);
}

/** Quotes names that YAML would not read as text, such as `123` or `true`. */
function asYamlText(name: string): string {
  return parse(name) === name ? name : JSON.stringify(name);
}
