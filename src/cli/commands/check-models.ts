import { setFlag, allowPluginsFlag, allowHostsFlag, modelFlag, openingOf } from '../flags.js';
import { plansOf, RecipeCommand } from '../recipe-command.js';
import { Args, Flags } from '@oclif/core';
import { recipeFile } from '../bundled.js';
import type { LocalServer, ModelCheck } from '../../authoring/check-models.js';
import { renderTable } from '../render/table.js';
import { safe } from '../render/text.js';

/** `dd check-models RECIPE`: sends one small request to each model. */
export default class CheckModels extends RecipeCommand {
  static override summary = 'Call each model of a recipe once, to see whether it works.';

  static override description = [
    'Calls every model that a column uses, all at the same time. Checks that the server can be reached, the key is accepted and the name is right, and finds the technique for structured output. Nothing is stored. It costs a few tokens per model.',
    'Exit codes: 0 every model answered, 2 bad recipe or a model without an answer, 3 key refused or credit used up.',
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> check-models recipes/agent-rollout.yaml',
    '<%= config.bin %> check-models recipes/agent-rollout.yaml --model nvidia-super=openai/gpt-5-mini',
    '<%= config.bin %> check-models --local',
  ];

  static override enableJsonFlag = true;

  static override args = {
    recipe: Args.string({
      description: 'The recipe: a YAML file, or the name of one that comes with dd. None with --local.',
      parse: async (typed) => recipeFile(typed),
    }),
  };

  static override flags = {
    model: modelFlag(),
    local: Flags.boolean({
      default: false,
      description: 'Without a recipe: say which model servers answer on this machine, and what they serve.',
    }),
    'allow-plugins': allowPluginsFlag(),
    'allow-hosts': allowHostsFlag(),
    set: setFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags, params } = await this.parseWithParams(CheckModels);
    if (flags.local) return this.showLocal();
    if (args.recipe === undefined)
      return this.fail({
        message: 'no recipe',
        hint: 'name a recipe, or use --local for the servers on this machine',
      });

    const { checkModels, checksExitCode } = await import('../../authoring/check-models.js');
    const opened = await this.openWhole(args.recipe, openingOf(flags, params));

    const checked = await checkModels(plansOf(opened), process.env, flags['allow-hosts']);
    if (!checked.ok) return this.failAt(opened, checked.error);
    const checks = checked.value;
    this.log(checks.length === 0 ? 'no column asks a model' : renderModelChecks(checks));
    const silent = checks.filter(({ ok }) => !ok).length;
    const error =
      silent > 0 ? { message: `${silent} of ${checks.length} models cannot be asked` } : undefined;
    return this.endedWith(checksExitCode(checks), { models: checks }, error);
  }

  private async showLocal(): Promise<unknown> {
    const [{ findLocalServers }, { builtInRegistries }, { EXIT }] = await Promise.all([
      import('../../authoring/check-models.js'),
      import('../../plugins/registries.js'),
      import('../../run/status.js'),
    ]);
    const servers = await findLocalServers(builtInRegistries.providers);
    this.log(renderServers(servers));
    const isThere = servers.some(({ answers }) => answers);
    const error = isThere ? undefined : { message: 'no model server answers on this machine' };
    return this.endedWith(isThere ? EXIT.complete : EXIT.badInput, { servers }, error);
  }
}

/** A table with one line per server that may run on this machine. */
function renderServers(servers: readonly LocalServer[]): string {
  const rows = servers.map(({ provider, endpoint, answers, models }) => [
    provider,
    endpoint,
    answers ? models.join(', ') || 'answers, but serves no model' : 'no answer',
  ]);
  return renderTable([['provider', 'endpoint', 'models'], ...rows.map((row) => row.map(safe))]);
}

/** A table with one line per model. */
function renderModelChecks(checks: readonly ModelCheck[]): string {
  const rows = checks.map((check) => [check.alias, check.provider, check.model, outcome(check)].map(safe));
  return renderTable([['alias', 'provider', 'model', 'result'], ...rows]);
}

function outcome({ structured_output, notes, error }: ModelCheck): string {
  if (error) return [`${error.class}: ${error.message}`, error.hint].filter(Boolean).join('; ');
  const taken = structured_output === undefined ? [] : [`structured output: ${structured_output}`];
  return ['ok', ...taken, ...notes].join('; ');
}
