import { existsSync, statSync } from 'node:fs';
import { Flags, type Interfaces } from '@oclif/core';
import { examplesFolder, recipeFile } from './bundled.js';

/** A param of a recipe as a flag of `dd run`. */
export interface ParamFlag {
  /** The param's name in the recipe. */
  readonly param: string;
  /** The flag's name, without dashes. */
  readonly name: string;
  /** The allowed values as text, if the param has an `enum`. */
  readonly choices?: readonly string[];
  /** True for a file or folder. */
  readonly isPath: boolean;
  readonly flag: Interfaces.FlagInput[string];
}

type KnownFlags = Readonly<Record<string, { readonly type: string; readonly char?: string }>>;

/**
 * Finds the recipe before the arguments can be parsed, because its params are flags too. It is the first argument
 * that is a file, or names a recipe that comes with dd, and is not the value of a known flag.
 */
export function recipeIn(argv: readonly string[], known: KnownFlags): string | undefined {
  const takesValue = new Set(
    Object.entries(known).flatMap(([name, { type, char }]) =>
      type === 'option' ? [`--${name}`, ...(char === undefined ? [] : [`-${char}`])] : [],
    ),
  );
  const candidates = argv.filter(
    (argument, index) => !argument.startsWith('-') && !takesValue.has(argv[index - 1] ?? ''),
  );
  return candidates.find(isFile) ?? candidates.map(recipeFile).find(isFile);
}

/** The params of a recipe as flags; empty if the recipe cannot be read. */
export async function paramFlags(recipe: string): Promise<readonly ParamFlag[]> {
  const { readParamSpecs } = await import('../recipe/params/specs.js');
  const params = await readParamSpecs(recipe);
  return params.map(({ name, flag, type, spec }) => {
    const fallback =
      spec.default === undefined ? '' : `${spec.description ? ' ' : ''}Default: ${String(spec.default)}.`;
    const shared = { description: `${spec.description ?? ''}${fallback}`, helpGroup: 'RECIPE' };
    const choices = spec.enum?.map(String);
    const value = choices ? choices.join('|') : spec.format === 'path' ? 'PATH' : type.toUpperCase();
    return {
      param: name,
      name: flag.slice(2),
      ...(choices && { choices }),
      isPath: spec.format === 'path',
      flag:
        type === 'boolean'
          ? Flags.boolean({ ...shared, allowNo: true })
          : Flags.string({ ...shared, helpValue: value }),
    };
  });
}

/**
 * The values given for each param, as text. Their types are checked when the recipe is loaded. A path may name the
 * examples that come with the program.
 */
export function paramValues(
  params: readonly ParamFlag[],
  flags: Readonly<Record<string, unknown>>,
): Record<string, string> {
  return Object.fromEntries(
    params
      .filter(({ name }) => flags[name] !== undefined)
      .map(({ param, name, isPath }) => {
        const value = String(flags[name]);
        return [param, isPath ? examplesFolder(value) : value];
      }),
  );
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
