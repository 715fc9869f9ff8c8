import { Args, Flags } from '@oclif/core';
import { EXIT } from '../app/run-status.js';
import { DdCommand } from '../cli/command.js';
import { paramFlags, paramValues, recipeIn, type ParamFlag } from '../cli/recipe-params.js';
import { safe } from '../ui/text.js';

const FORMATS = ['text', 'mermaid', 'json'];

/** `dd plan RECIPE`: what a run would do. */
export default class PlanCommand extends DdCommand {
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

  static override args = {
    recipe: Args.string({ description: 'The recipe, a YAML file.', required: true }),
  };

  static override flags = {
    format: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: FORMATS.join('|'),
      description: 'A table (the default), a Mermaid flowchart, or everything as JSON.',
    }),
    'num-records': Flags.integer({ min: 1, helpValue: 'N', description: 'Rows to make.' }),
    model: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'ALIAS=PROVIDER/MODEL',
      description: 'Ask another model behind an alias.',
    }),
    set: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH=VALUE',
      description: 'Change a value of the recipe.',
    }),
  };

  async run(): Promise<unknown> {
    const recipe = recipeIn(this.argv, PlanCommand.flags);
    const params = recipe === undefined ? [] : await paramFlags(recipe);
    this.knownFlags = [...this.knownFlags, ...params.map(({ name }) => name)];
    const { args, flags } = await this.parse({
      ...PlanCommand,
      flags: { ...Object.fromEntries(params.map(({ name, flag }) => [name, flag])), ...PlanCommand.flags },
    } as typeof PlanCommand);
    const { format, own } = this.readFormat(flags.format ?? [], params);

    const [{ openRecipe }, { planReport }, ui, output] = await Promise.all([
      import('../app/open-recipe.js'),
      import('../app/plan-report.js'),
      import('../ui/plan.js'),
      import('../cli/run-output.js'),
    ]);
    const opened = await openRecipe(args.recipe, {
      params: { ...paramValues(params, { ...flags, format: undefined }), ...own },
      set: flags.set ?? [],
      models: flags.model ?? [],
    });
    if (!opened.plan)
      this.fail(output.renderMistakes(opened), EXIT.badInput, { diagnostics: opened.diagnostics });
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
