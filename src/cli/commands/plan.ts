import {
  recipeArgs,
  setFlag,
  allowPluginsFlag,
  allowHostsFlag,
  artifactPathFlag,
  modelFlag,
  stageFlag,
  stageOutputFlag,
  stageOutputsOf,
} from '../flags.js';
import { Flags } from '@oclif/core';
import type { PlanReport, StageReport } from '../../authoring/plan-report.js';
import type { PlannedOutput } from '../../authoring/plan-stages.js';
import type { Diagnostic } from '../../core/problem.js';
import type { OpenedRecipe } from '../../run/open-recipe.js';
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
    batch: Flags.boolean({
      default: false,
      description: 'Plan for `dd run --batch`: the price of batches, and how often it waits for them.',
    }),
    model: modelFlag(),
    'allow-plugins': allowPluginsFlag(),
    'allow-hosts': allowHostsFlag(),
    set: setFlag(),
    stage: stageFlag('Of a recipe with stages: plan this one alone.'),
    'stage-output': stageOutputFlag(),
    'artifact-path': artifactPathFlag('Folder of datasets, for the stages that a stage needs.'),
  };

  async run(): Promise<unknown> {
    const { args, flags, params, shadowed } = await this.parseWithParams(PlanCommand);
    const { format, own } = this.readFormat(flags.format ?? [], shadowed);

    const [{ planReport, stagesReport }, ui, { toDiagnostics }, { warn }] = await Promise.all([
      import('../../authoring/plan-report.js'),
      import('../render/plan.js'),
      import('../../recipe/to-diagnostics.js'),
      import('../run-output.js'),
    ]);
    const opened = await this.openWhole(args.recipe, {
      params: { ...paramValues(params, flags), ...own },
      set: flags.set ?? [],
      allowPlugins: flags['allow-plugins'],
      allowHosts: flags['allow-hosts'],
      models: flags.model ?? [],
      stage: flags.stage,
      stageOutputs: stageOutputsOf(flags['stage-output']),
      datasets: { artifactPath: flags['artifact-path'] },
    });
    const ofSeed: Diagnostic[] = [];
    const outputs = new Map<string, PlannedOutput>();
    const planOne = async ({ plan, loaded }: OpenedRecipe): Promise<readonly PlanReport[]> => {
      if (!plan) return [];
      const { name = '', needs = [] } = plan.stage ?? {};
      const isFirst = needs.length === 0;
      const { report, problems, made } = await planReport(plan, {
        source: loaded.source,
        numRecords: isFirst || name === flags.stage ? flags['num-records'] : undefined,
        env: process.env,
        earlier: outputs,
        inBatches: flags.batch,
      });
      outputs.set(name, made);
      // That an earlier stage was not made yet is said in its report.
      if (isFirst) ofSeed.push(...toDiagnostics(problems, loaded.source));
      return [report];
    };
    const stages: StageReport[] = [];
    for (const { name: stage, needs, file = null, opened: one } of opened.stages ?? opened.earlier ?? []) {
      for (const report of await planOne(one)) stages.push({ stage, needs, file, ...report });
      if (file !== null) outputs.delete(stage);
    }
    const [report] = await planOne(opened);
    this.note(opened, ofSeed);
    warn({ ...opened, diagnostics: [...opened.diagnostics, ...ofSeed] }, (text) => this.logToStderr(text));
    if (report) {
      this.log(format === 'mermaid' ? ui.renderMermaid(report) : ui.renderPlan(report));
      return report;
    }
    const all = stagesReport(opened.loaded.recipe?.name ?? '', stages);
    this.log(format === 'mermaid' ? ui.renderStagesMermaid(all) : ui.renderStagesPlan(all));
    return all;
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
