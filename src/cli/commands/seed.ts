import { recipeArgs, setFlag, allowPluginsFlag, shuffleSeedFlag } from '../flags.js';
import { Flags } from '@oclif/core';
import { RecipeCommand } from '../recipe-command.js';
import { recordStyle } from '../print.js';
import { paramValues } from '../recipe-params.js';

/** `dd seed RECIPE`: shows the seed rows. */
export default class Seed extends RecipeCommand {
  static override summary = 'Show the seed rows of a recipe.';

  static override description =
    'Reads the whole seed, as a run does. Shows the rows by format, the columns with their types and an example, what was left out and why, and what was redacted. Works while the recipe has mistakes outside its seed. Calls no model and writes nothing.';

  static override examples = [
    '<%= config.bin %> seed recipes/agent-rollout.yaml',
    '<%= config.bin %> seed recipes/agent-rollout.yaml --trace-dir examples/traces --row 3',
    '<%= config.bin %> seed recipes/agent-rollout.yaml --secrets',
  ];

  static override enableJsonFlag = true;

  static override args = recipeArgs;

  static override flags = {
    row: Flags.integer({
      min: 0,
      helpValue: 'N',
      description: 'Show row N, counted from 0. A trace is shown as a conversation.',
    }),
    secrets: Flags.boolean({
      default: false,
      exclusive: ['row'],
      description: 'List what was redacted: kind, row, place and file, never the value.',
    }),
    shuffle: Flags.boolean({
      default: false,
      description: 'Shuffle the seed rows first, as in dd run, so that --row N is row N of that run.',
    }),
    seed: shuffleSeedFlag(),
    'allow-plugins': allowPluginsFlag(),
    set: setFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags, params } = await this.parseWithParams(Seed);

    const [{ openRecipe }, { inspectSeed }, { renderRedacted, renderSeedReport, renderSeedRow }, { count }] =
      await Promise.all([
        import('../../run/open-recipe.js'),
        import('../../authoring/inspect-seed.js'),
        import('../render/seed.js'),
        import('../render/text.js'),
      ]);
    const opened = await openRecipe(args.recipe, {
      cwd: process.cwd(),
      params: paramValues(params, flags),
      set: flags.set ?? [],
      allowPlugins: flags['allow-plugins'],
    });
    const plan = opened.plan ?? opened.seedPlan;
    if (!plan) return this.failMistakes(opened);
    this.note(opened, opened.diagnostics);
    const errors = opened.diagnostics.filter(({ severity }) => severity === 'error').length;
    if (errors > 0)
      this.logToStderr(
        `note: the recipe has ${count(errors, 'mistake')} outside its seed: dd validate shows ${errors === 1 ? 'it' : 'them'}`,
      );
    const { row, shuffle, seed, secrets } = flags;
    const inspected = await inspectSeed(plan, process.env, { row, shuffle, seed, secrets });
    if (!inspected.ok) return this.failAt(opened, inspected.error);

    const report = inspected.value;
    if (report.redacted) this.log(renderRedacted(report.redacted));
    else if (row === undefined) this.log(renderSeedReport(report));
    else if (report.row) this.log(renderSeedRow(report.row, recordStyle(process.stdout)));
    else this.fail({ message: `there is no row ${row}: the seed has ${report.rows}, counted from 0` });
    return report;
  }
}
