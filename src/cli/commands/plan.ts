import { recipeArgs, setFlag, allowPluginsFlag, modelFlag } from '../flags.js';
import { Flags } from '@oclif/core';
import { RecipeCommand } from '../recipe-command.js';
import { paramValues, type ParamFlag } from '../recipe-params.js';

const FORMATS = ['text', 'mermaid', 'json'];

/** `dd plan RECIPE`: shows what a run would do. */
export default class PlanCommand extends RecipeCommand {
  static override summary = 'Estimate calls, tokens and cost of a run without calling a model.';

  static override description = [
    'Shows the columns in order, what each column reads and which model it uses. The estimates come from the first rows of the seed.',
    "The recipe's params are also flags of this command.",
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> plan recipes/agent-rollout.yaml --num-records 20000',
    '<%= config.bin %> plan recipes/agent-rollout.yaml --format mermaid',
  ];

  static override enableJsonFlag = true;
  protected static override readonly hasJsonFormat = true;

  static override args = recipeArgs;

  static override flags = {
    format: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: FORMATS.join('|'),
      description:
        'A table (default), a Mermaid flowchart, or all details as JSON. Any other value is used for a param of the recipe named `format`.',
    }),
    'num-records': Flags.integer({ min: 1, helpValue: 'N', description: 'Number of rows to plan for.' }),
    model: modelFlag(),
    'allow-plugins': allowPluginsFlag(),
    set: setFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags, params, shadowed } = await this.parseWithParams(PlanCommand);
    const { format, own } = this.readFormat(flags.format ?? [], shadowed);

    const [{ planReport }, ui, { toDiagnostics }, { warn }] = await Promise.all([
      import('../../authoring/plan-report.js'),
      import('../render/plan.js'),
      import('../../recipe/to-diagnostics.js'),
      import('../run-output.js'),
    ]);
    const opened = await this.openSound(args.recipe, {
      params: { ...paramValues(params, flags), ...own },
      set: flags.set ?? [],
      allowPlugins: flags['allow-plugins'],
      models: flags.model ?? [],
    });
    const { report, problems } = await planReport(
      opened.plan,
      opened.loaded.source,
      flags['num-records'],
      process.env,
    );
    const ofSeed = toDiagnostics(problems, opened.loaded.source);
    this.note(opened, ofSeed);
    warn({ ...opened, diagnostics: [...opened.diagnostics, ...ofSeed] }, (text) => this.logToStderr(text));
    this.log(format === 'mermaid' ? ui.renderMermaid(report) : ui.renderPlan(report));
    return report;
  }

  /**
   * A recipe may have a param named `format`. Values that are no plan format go to that param, so that `dd plan`
   * accepts the same flags as `dd run`.
   */
  private readFormat(
    given: readonly string[],
    shadowed: readonly ParamFlag[],
  ): { readonly format: string; readonly own: Readonly<Record<string, string>> } {
    const format = given.findLast((value) => FORMATS.includes(value)) ?? 'text';
    const other = given.findLast((value) => !FORMATS.includes(value));
    if (other === undefined) return { format, own: {} };
    const param = shadowed.find(({ name }) => name === 'format');
    if (param?.choices?.includes(other)) return { format, own: { [param.param]: other } };
    const message = `--format must be one of ${FORMATS.join(', ')}, not ${other}`;
    const choices = param?.choices?.join(', ');
    return this.fail(
      choices === undefined ? { message } : { message, hint: `or, for the recipe, one of ${choices}` },
    );
  }
}
