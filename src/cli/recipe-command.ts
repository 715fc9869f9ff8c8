import { Args, Flags, type Interfaces } from '@oclif/core';
import type { OpenedRecipe, OpenRecipeOptions } from '../app/open-recipe.js';
import { EXIT } from '../app/run-status.js';
import type { Plan } from '../engine/types.js';
import { DdCommand } from './command.js';
import { paramFlags, recipeIn, type ParamFlag } from './recipe-params.js';

export const recipeArgs = {
  recipe: Args.string({ description: 'The recipe, a YAML file.', required: true }),
};

export const setFlag = (description = 'Change a value of the recipe.') =>
  Flags.string({ multiple: true, multipleNonGreedy: true, helpValue: 'PATH=VALUE', description });

export const modelFlag = (description = 'Ask another model behind an alias.') =>
  Flags.string({ multiple: true, multipleNonGreedy: true, helpValue: 'ALIAS=PROVIDER/MODEL', description });

type FlagValues = Interfaces.OutputFlags<Interfaces.FlagInput>;
type ArgValues = Interfaces.OutputArgs<Interfaces.ArgInput>;

/** A recipe without mistakes. */
export type SoundRecipe = OpenedRecipe & { readonly plan: Plan };

/** What the commands about one recipe share: its params are flags of theirs, and its mistakes end them. */
export abstract class RecipeCommand extends DdCommand {
  /** Parses what was typed, with the params of the recipe as flags beside the command's own. */
  protected async parseWithParams<F extends FlagValues, B extends FlagValues, A extends ArgValues>(
    command: Interfaces.Input<F, B, A> & { readonly flags: Interfaces.FlagInput<F> },
  ): Promise<Interfaces.ParserOutput<F, B, A> & { readonly params: readonly ParamFlag[] }> {
    const recipe = recipeIn(this.argv, command.flags);
    const params = recipe === undefined ? [] : await paramFlags(recipe);
    this.knownFlags = [...this.knownFlags, ...params.map(({ name }) => name)];
    const flags = { ...Object.fromEntries(params.map(({ name, flag }) => [name, flag])), ...command.flags };
    return { ...(await this.parse<F, B, A>({ ...command, flags })), params };
  }

  /** Opens a recipe; tells its mistakes and ends the program where it has some. */
  protected async openSound(file: string, options: OpenRecipeOptions): Promise<SoundRecipe> {
    const [{ openRecipe }, { renderMistakes }] = await Promise.all([
      import('../app/open-recipe.js'),
      import('./run-output.js'),
    ]);
    const opened = await openRecipe(file, options);
    const { plan } = opened;
    if (!plan) this.fail(renderMistakes(opened), EXIT.badInput, { diagnostics: opened.diagnostics });
    return { ...opened, plan };
  }
}
