import { Args, Flags, type Interfaces } from '@oclif/core';
import type { OpenedRecipe, OpenRecipeOptions } from '../run/open-recipe.js';
import type { RunProblem } from '../run/problem.js';
import { EXIT } from '../run/status.js';
import type { Plan } from '../engine/types.js';
import type { Diagnostic } from '../core/problem.js';
import { reported, reportName } from './render/report/report.js';
import { count } from './render/text.js';
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

/** What the params of a recipe are to a command. */
export interface TakenParams {
  /** Those that are flags of the command. */
  readonly params: readonly ParamFlag[];
  /** Those that the command has a flag of its own for: that one is meant. */
  readonly shadowed: readonly ParamFlag[];
}

/** What the commands about one recipe share: its params are flags of theirs, and its mistakes end them. */
export abstract class RecipeCommand extends DdCommand {
  /** Parses what was typed, with the params of the recipe as flags beside the command's own. */
  protected async parseWithParams<F extends FlagValues, B extends FlagValues, A extends ArgValues>(
    command: Interfaces.Input<F, B, A> & { readonly flags: Interfaces.FlagInput<F> },
  ): Promise<Interfaces.ParserOutput<F, B, A> & TakenParams> {
    const recipe = recipeIn(this.argv, command.flags);
    const all = recipe === undefined ? [] : await paramFlags(recipe);
    const isOwn = ({ name }: ParamFlag): boolean => Object.hasOwn(command.flags, name);
    const params = all.filter((param) => !isOwn(param));
    this.knownFlags = [...this.knownFlags, ...params.map(({ name }) => name)];
    const flags = { ...Object.fromEntries(params.map(({ name, flag }) => [name, flag])), ...command.flags };
    return { ...(await this.parse<F, B, A>({ ...command, flags })), params, shadowed: all.filter(isOwn) };
  }

  /** Opens a recipe; reports its mistakes and ends the program if there are any. */
  protected async openSound(file: string, options: Omit<OpenRecipeOptions, 'cwd'>): Promise<SoundRecipe> {
    const { openRecipe } = await import('../run/open-recipe.js');
    const opened = await openRecipe(file, { cwd: process.cwd(), ...options });
    const { plan } = opened;
    if (!plan) return this.failMistakes(opened);
    this.note(opened, opened.diagnostics);
    return { ...opened, plan };
  }

  /** Ends the program for the mistakes of a recipe. */
  protected async failMistakes(opened: OpenedRecipe): Promise<never> {
    const { renderMistakes } = await import('./run-output.js');
    const { diagnostics, loaded } = opened;
    this.note(opened, diagnostics);
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    const message = `${count(errors, 'mistake')} in ${reportName(loaded.file)}`;
    return this.fail({ message }, EXIT.badInput, renderMistakes(opened));
  }

  /** Ends the program for what a sound recipe asks for and cannot have, pointing at the key that asks for it. */
  protected async failAt(opened: OpenedRecipe, problem: RunProblem): Promise<never> {
    const { renderMistakes, problemDiagnostics } = await import('./run-output.js');
    const diagnostics = problemDiagnostics(opened, problem);
    if (diagnostics.length === 0) return this.fail(problem);
    this.note(opened, diagnostics);
    return this.fail(problem, EXIT.badInput, renderMistakes({ ...opened, diagnostics }));
  }

  /** Keeps what there is to say of a recipe, for the document of `--json`. */
  protected note({ loaded }: OpenedRecipe, diagnostics: readonly Diagnostic[]): void {
    const { file, text } = loaded.source;
    this.diagnostics = [
      ...this.diagnostics,
      ...diagnostics.map((diagnostic) => reported(diagnostic, diagnostic.file === file ? text : undefined)),
    ];
  }
}
