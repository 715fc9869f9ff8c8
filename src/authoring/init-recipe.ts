import { lstatSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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

/** What was done: paths from the folder. */
export interface Initialised {
  readonly recipe: string;
  readonly written: readonly string[];
  /** Was there already, and was left as it is. */
  readonly kept: readonly string[];
}

const GITIGNORE = '.gitignore';

/** What runs leave behind. */
const IGNORED = 'artifacts/\n.dd/\n';

/** A name that the recipe's schema takes, since the dataset's folder is called so. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Writes a new recipe with what belongs to it. Overwrites nothing: it writes all of it or says why not. */
export async function initRecipe({
  template,
  name,
  folder,
}: InitRequest): Promise<Result<Initialised, RunProblem>> {
  if (!NAME.test(name))
    return err({
      message: `\`${name}\` cannot be the name of a recipe`,
      hint: 'use letters, digits, `.`, `_` and `-` only, a letter or digit first',
    });
  const files = (TEMPLATES[template] as Template).files.map((file) => ({
    ...file,
    to: file.to.replace('NAME', () => name),
  }));
  const inTheWay = files.filter(({ to, shared }) => !shared && isThere(join(folder, to)));
  if (inTheWay.length > 0)
    return err({
      message: `already there: ${inTheWay.map(({ to }) => to).join(', ')}`,
      hint: 'choose another name: dd init NAME',
    });

  const written: string[] = [];
  const kept: string[] = [];
  const write = async (to: string, text: string): Promise<void> => {
    ((await writeNew(join(folder, to), text)) ? written : kept).push(to);
  };
  for (const { from, to } of files) {
    const text = await readFile(new URL(from, packageFolder()), 'utf8');
    await write(to, to.endsWith('.yaml') ? adapted(text, template, name) : text);
  }
  await write(GITIGNORE, IGNORED);
  return ok({ recipe: `${name}.yaml`, written, kept });
}

/** Also a link that leads nowhere is in the way. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** False where there is a file already. */
async function writeNew(file: string, text: string): Promise<boolean> {
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The recipe under its new name, with its schemas in the folder beside it. */
function adapted(text: string, template: TemplateName, name: string): string {
  return text
    .replaceAll(/(\$(?:schema=|ref: ))[^\s}]*?([\w-]+\.schema\.json)/g, '$1schemas/$2')
    .replaceAll(new RegExp(`(?:recipes/)?${template}`, 'g'), () => name)
    .replace(/^name: .*$/m, () => `name: ${asYamlText(name)}`);
}

/** A name as YAML reads it as text, though `123` or `true` be one. */
function asYamlText(name: string): string {
  return parse(name) === name ? name : JSON.stringify(name);
}
