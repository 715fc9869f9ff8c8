import { Flags } from '@oclif/core';
import { EXIT } from '../app/run-status.js';
import { modelFlag, recipeArgs, RecipeCommand, setFlag } from '../cli/recipe-command.js';
import { paramValues, type ParamFlag } from '../cli/recipe-params.js';
import { safe } from '../ui/text.js';

const FORMATS = ['text', 'mermaid', 'json'];

/** `dd plan RECIPE`: what a run would do. */
export default class PlanCommand extends RecipeCommand {
  static override summary = 'Show what a run would do: columns, calls, tokens, cost. Calls nothing.';

  static override description = [
    'Columns in the order in which they are made, what each reads and which model it asks, with estimates from the first rows of the seed.',
    "The recipe's own params are flags of this command too.",
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> plan recipes/agent-rollout.yaml --num-records 20000',
    '<%= config.bin %> plan recipes/agent-rollout.yaml --format mermaid',
  ];

  static override enableJsonFlag = true;

  static override args = recipeArgs;

  static override flags = {
    format: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: FORMATS.join('|'),
      description: 'A table (the default), a Mermaid flowchart, or everything as JSON.',
    }),
    'num-records': Flags.integer({ min: 1, helpValue: 'N', description: 'Rows to make.' }),
    model: modelFlag(),
    set: setFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags, params } = await this.parseWithParams(PlanCommand);
    const { format, own } = this.readFormat(flags.format ?? [], params);

    const [{ planReport }, ui, output] = await Promise.all([
      import('../app/plan-report.js'),
      import('../ui/plan.js'),
      import('../cli/run-output.js'),
    ]);
    const opened = await this.openSound(args.recipe, {
      params: { ...paramValues(params, { ...flags, format: undefined }), ...own },
      set: flags.set ?? [],
      models: flags.model ?? [],
    });
    output.warn(opened, (text) => this.logToStderr(text));
    const report = await planReport(opened.plan, flags['num-records'], process.env);
    if (format === 'json') this.log(JSON.stringify(report, null, 2));
    else this.log(format === 'mermaid' ? ui.renderMermaid(report) : ui.renderPlan(report));
    return report;
  }

  /** A recipe may have a param that is called `format` as well: whatever is no format of a plan is meant for it. */
  private readFormat(
    given: readonly string[],
    params: readonly ParamFlag[],
  ): { readonly format: string; readonly own: Readonly<Record<string, string>> } {
    const format = given.findLast((value) => FORMATS.includes(value)) ?? 'text';
    const other = given.findLast((value) => !FORMATS.includes(value));
    const param = params.find(({ name }) => name === 'format');
    if (other !== undefined && !param)
      this.fail(`error: --format must be one of ${FORMATS.join(', ')}, not ${safe(other)}`, EXIT.badInput);
    return { format, own: param && other !== undefined ? { [param.param]: other } : {} };
  }
}
