import { modelFlag, recipeArgs, RecipeCommand, setFlag } from '../recipe-command.js';
import { paramValues } from '../recipe-params.js';
import type { ModelCheck } from '../../authoring/check-models.js';
import { renderTable } from '../render/table.js';
import { safe } from '../render/text.js';

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

    const { checkModels, checksExitCode } = await import('../../authoring/check-models.js');
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

/** One line a model: which it is, and whether it can be asked. */
function renderModelChecks(checks: readonly ModelCheck[]): string {
  const rows = checks.map((check) => [check.alias, check.provider, check.model, outcome(check)].map(safe));
  return renderTable([['alias', 'provider', 'model', 'result'], ...rows]);
}

function outcome({ structured_output, notes, error }: ModelCheck): string {
  if (error) return [`${error.class}: ${error.message}`, error.hint].filter(Boolean).join('; ');
  const taken = structured_output === undefined ? [] : [`structured output: ${structured_output}`];
  return ['ok', ...taken, ...notes].join('; ');
}
