import { Args, Flags } from '@oclif/core';
import { EXIT } from '../app/run-status.js';
import { DdCommand } from '../cli/command.js';
import { paramFlags, paramValues, recipeIn } from '../cli/recipe-params.js';

/** `dd check-models RECIPE`: one small request to each model, before many large ones. */
export default class CheckModels extends DdCommand {
  static override summary = 'Ask each model of a recipe for a few tokens, to see whether it answers.';

  static override description = [
    'Asks every model that a column asks, all at the same time: is the server there, is the key accepted, is the name right, and by which technique can the model be made to keep to a schema. Nothing is stored. It costs a few tokens a model; no other command calls a model unasked.',
    'Exit codes: 0 every model answered, 2 bad recipe or a model that cannot be asked, 3 key refused or no credit.',
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> check-models recipes/agent-rollout.yaml',
    '<%= config.bin %> check-models recipes/agent-rollout.yaml --model nvidia-super=openai/gpt-5-mini',
  ];

  static override enableJsonFlag = true;

  static override args = {
    recipe: Args.string({ description: 'The recipe, a YAML file.', required: true }),
  };

  static override flags = {
    model: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'ALIAS=PROVIDER/MODEL',
      description: 'Check another model behind an alias.',
    }),
    set: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH=VALUE',
      description: 'Change a value of the recipe.',
    }),
  };

  async run(): Promise<unknown> {
    const recipe = recipeIn(this.argv, CheckModels.flags);
    const params = recipe === undefined ? [] : await paramFlags(recipe);
    this.knownFlags = [...this.knownFlags, ...params.map(({ name }) => name)];
    const { args, flags } = await this.parse({
      ...CheckModels,
      flags: { ...CheckModels.flags, ...Object.fromEntries(params.map(({ name, flag }) => [name, flag])) },
    } as typeof CheckModels);

    const [{ openRecipe }, { checkModels, checksExitCode }, { renderModelChecks }, output] =
      await Promise.all([
        import('../app/open-recipe.js'),
        import('../app/check-models.js'),
        import('../ui/model-checks.js'),
        import('../cli/run-output.js'),
      ]);
    const opened = await openRecipe(args.recipe, {
      params: paramValues(params, flags),
      set: flags.set ?? [],
      models: flags.model ?? [],
    });
    if (!opened.plan)
      this.fail(output.renderMistakes(opened), EXIT.badInput, { diagnostics: opened.diagnostics });

    const checks = await checkModels(opened.plan, process.env);
    this.log(checks.length === 0 ? 'no column asks a model' : renderModelChecks(checks));
    const exitCode = checksExitCode(checks);
    process.exitCode = exitCode;
    return { ok: exitCode === EXIT.complete, exit_code: exitCode, models: checks };
  }
}
