import { Help, type Command } from '@oclif/core';
import { paramFlags, recipeIn } from './recipe-params.js';

/** Commands with a recipe's params as flags. */
const TAKING_PARAMS: ReadonlySet<string> = new Set(['check-models', 'plan', 'render', 'run', 'seed']);

/** oclif's help, plus the recipe's params: `dd run RECIPE --help` lists them as flags. */
export default class DdHelp extends Help {
  #argv: readonly string[] = [];

  override async showHelp(argv: string[]): Promise<void> {
    this.#argv = argv;
    await super.showHelp(argv);
  }

  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    const recipe = TAKING_PARAMS.has(command.id) ? recipeIn(this.#argv.slice(1), command.flags) : undefined;
    const params = recipe === undefined ? [] : await paramFlags(recipe);
    const flags = Object.fromEntries(params.map(({ name, flag }) => [name, { ...flag, name }]));
    await super.showCommandHelp({
      ...command,
      usage: usageOf(command),
      flags: { ...flags, ...command.flags } as Command.Loadable['flags'],
    });
  }
}

/** The usage line: arguments and required flags. */
function usageOf({ id, args, flags, strict }: Command.Loadable): string {
  const names = Object.values(args).map(({ name, required }) => {
    const shown = `${name.toUpperCase()}${strict ? '' : '...'}`;
    return required ? shown : `[${shown}]`;
  });
  const needed = Object.values(flags).flatMap((flag) =>
    flag.required && flag.type === 'option' ? [`--${flag.name} ${flag.helpValue ?? 'VALUE'}`] : [],
  );
  return [id, ...names, ...needed, '[FLAGS]'].join(' ');
}
