import { modelFlag, recipeArgs, RecipeCommand, setFlag } from '../cli/recipe-command.js';
import { paramValues } from '../cli/recipe-params.js';

/** `dd check-models RECIPE`: one small request to each model, before many large ones. */
export default class CheckModels extends RecipeCommand {
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

  static override args = recipeArgs;

  static override flags = {
    model: modelFlag('Check another model behind an alias.'),
    set: setFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags, params } = await this.parseWithParams(CheckModels);

    const [{ checkModels, checksExitCode }, { renderModelChecks }] = await Promise.all([
      import('../app/check-models.js'),
      import('../ui/model-checks.js'),
    ]);
    const opened = await this.openSound(args.recipe, {
      params: paramValues(params, flags),
      set: flags.set ?? [],
      models: flags.model ?? [],
    });

    const checks = await checkModels(opened.plan, process.env);
    this.log(checks.length === 0 ? 'no column asks a model' : renderModelChecks(checks));
    const silent = checks.filter(({ ok }) => !ok).length;
    const error =
      silent > 0 ? { message: `${silent} of ${checks.length} models cannot be asked` } : undefined;
    return this.endedWith(checksExitCode(checks), { models: checks }, error);
  }
}
