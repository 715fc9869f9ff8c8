import type { Interfaces } from '@oclif/core';
import type { OpenedRecipe, OpenRecipeOptions } from '../run/open-recipe.js';
import type { RunProblem } from '../run/problem.js';
import { EXIT } from '../run/status.js';
import type { Plan } from '../engine/types.js';
import type { Diagnostic } from '../core/problem.js';
import { reported, reportName } from './render/report/report.js';
import { count } from './render/text.js';
import { withRecipeHints } from './bundled.js';
import { DdCommand } from './command.js';
import { paramFlags, recipeIn, type ParamFlag } from './recipe-params.js';

type FlagValues = Interfaces.OutputFlags<Interfaces.FlagInput>;
type ArgValues = Interfaces.OutputArgs<Interfaces.ArgInput>;

/** A recipe without errors, with its plan. */
export type SoundRecipe = OpenedRecipe & { readonly plan: Plan };

/** The plan of a recipe, or those of its stages. */
export const plansOf = ({ plan, stages = [] }: OpenedRecipe): readonly Plan[] =>
  [plan, ...stages.map(({ opened }) => opened.plan)].filter((each) => each !== undefined);

/** The params of a recipe, seen from a command. */
export interface TakenParams {
  /** Params that are flags of this command. */
  readonly params: readonly ParamFlag[];
  /** Params with the name of one of the command's own flags, which wins. */
  readonly shadowed: readonly ParamFlag[];
}

/** Base class of commands that take one recipe: adds its params as flags, and stops if it has errors. */
export abstract class RecipeCommand extends DdCommand {
  /**
   * Parses the command line, with the recipe's params as additional flags.
   *
   * @param isRecipe false for a file that is no recipe and has no params
   */
  protected async parseWithParams<F extends FlagValues, B extends FlagValues, A extends ArgValues>(
    command: Interfaces.Input<F, B, A> & { readonly flags: Interfaces.FlagInput<F> },
    isRecipe: (file: string) => boolean = () => true,
  ): Promise<Interfaces.ParserOutput<F, B, A> & TakenParams> {
    const recipe = recipeIn(this.argv, command.flags);
    const all = recipe === undefined || !isRecipe(recipe) ? [] : await paramFlags(recipe);
    const isOwn = ({ name }: ParamFlag): boolean => Object.hasOwn(command.flags, name);
    const params = all.filter((param) => !isOwn(param));
    this.knownFlags = [...this.knownFlags, ...params.map(({ name }) => name)];
    const flags = { ...Object.fromEntries(params.map(({ name, flag }) => [name, flag])), ...command.flags };
    return { ...(await this.parse<F, B, A>({ ...command, flags })), params, shadowed: all.filter(isOwn) };
  }

  /** Opens a recipe; reports its mistakes and ends the program if there are any. */
  protected async openSound(file: string, options: Omit<OpenRecipeOptions, 'cwd'>): Promise<SoundRecipe> {
    const opened = await this.openWhole(file, options);
    const { plan } = opened;
    return plan ? { ...opened, plan } : this.failStageless(opened);
  }

  /** Ends the program: the command is about one stage, and none was named. */
  protected failStageless({ stages = [] }: OpenedRecipe): never {
    const names = stages.map(({ name }) => name).join(', ');
    return this.fail({
      message: `the recipe has stages, and this concerns one of them: ${names}`,
      hint: 'say which with --stage NAME',
    });
  }

  /** Likewise, for commands that know what to do with a recipe with stages, which has no plan of its own. */
  protected async openWhole(file: string, options: Omit<OpenRecipeOptions, 'cwd'>): Promise<OpenedRecipe> {
    const { openRecipe } = await import('../run/open-recipe.js');
    const found = await openRecipe(file, { cwd: process.cwd(), download: true, ...options });
    const opened = { ...found, diagnostics: withRecipeHints(found.diagnostics, found.loaded.file) };
    const { plan, stages, diagnostics } = opened;
    const isSound = plan ?? (stages && diagnostics.every(({ severity }) => severity !== 'error'));
    if (!isSound) return this.failMistakes(opened);
    this.note(opened, diagnostics);
    return opened;
  }

  /** Shows the mistakes of a recipe and ends the program. */
  protected async failMistakes(opened: OpenedRecipe): Promise<never> {
    const { renderMistakes } = await import('./run-output.js');
    const { diagnostics, loaded } = opened;
    this.note(opened, diagnostics);
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    const message = `${count(errors, 'mistake')} in ${reportName(loaded.file)}`;
    return this.fail({ message }, EXIT.badInput, renderMistakes(opened));
  }

  /** Ends the program with a problem found after validation, and points at the key that caused it. */
  protected async failAt(opened: OpenedRecipe, problem: RunProblem): Promise<never> {
    const { renderMistakes, problemDiagnostics } = await import('./run-output.js');
    const diagnostics = problemDiagnostics(opened, problem);
    if (diagnostics.length === 0) return this.fail(problem);
    this.note(opened, diagnostics);
    return this.fail(problem, EXIT.badInput, renderMistakes({ ...opened, diagnostics }));
  }

  /** Adds diagnostics to the output of `--json`. */
  protected note({ loaded }: OpenedRecipe, diagnostics: readonly Diagnostic[]): void {
    const { file, text } = loaded.source;
    this.diagnostics = [
      ...this.diagnostics,
      ...diagnostics.map((diagnostic) => reported(diagnostic, diagnostic.file === file ? text : undefined)),
    ];
  }
}
