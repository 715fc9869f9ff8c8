import { existsSync, statSync } from 'node:fs';
import { Flags, type Interfaces } from '@oclif/core';

/** A param of a recipe as a flag of `dd run`. */
export interface ParamFlag {
  /** The param's name in the recipe. */
  readonly param: string;
  /** The flag's name, without dashes. */
  readonly name: string;
  /** The values it may have, as text, where there is a list of them. */
  readonly choices?: readonly string[];
  readonly flag: Interfaces.FlagInput[string];
}

type KnownFlags = Readonly<Record<string, { readonly type: string; readonly char?: string }>>;

/**
 * The recipe among arguments that cannot be parsed yet: its params are flags that only it knows. It is the
 * first argument that is a file, and not the value of a flag that we do know.
 */
export function recipeIn(argv: readonly string[], known: KnownFlags): string | undefined {
  const takesValue = new Set(
    Object.entries(known).flatMap(([name, { type, char }]) =>
      type === 'option' ? [`--${name}`, ...(char === undefined ? [] : [`-${char}`])] : [],
    ),
  );
  return argv.find(
    (argument, index) =>
      !argument.startsWith('-') && !takesValue.has(argv[index - 1] ?? '') && isFile(argument),
  );
}

/** The params of a recipe as flags; none when it cannot be read. */
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
      flag:
        type === 'boolean'
          ? Flags.boolean({ ...shared, allowNo: true })
          : Flags.string({ ...shared, helpValue: value }),
    };
  });
}

/** What was given on the command line for each param, as text; the recipe checks it against its type. */
export function paramValues(
  params: readonly ParamFlag[],
  flags: Readonly<Record<string, unknown>>,
): Record<string, string> {
  return Object.fromEntries(
    params
      .filter(({ name }) => flags[name] !== undefined)
      .map(({ param, name }) => [param, String(flags[name])]),
  );
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
