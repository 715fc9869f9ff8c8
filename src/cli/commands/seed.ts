import { Flags } from '@oclif/core';
import { recipeArgs, RecipeCommand, allowPluginsFlag, setFlag } from '../recipe-command.js';
import { recordStyle } from '../print.js';
import { paramValues } from '../recipe-params.js';

/** `dd seed RECIPE`: shows the seed rows. */
export default class Seed extends RecipeCommand {
  static override summary = 'Show the seed rows of a recipe.';

  static override description =
    'Reads the whole seed, as a run does. Shows the rows by format, what was left out and why, and what was redacted. Calls no model and writes nothing.';

  static override examples = [
    '<%= config.bin %> seed recipes/agent-rollout.yaml',
    '<%= config.bin %> seed recipes/agent-rollout.yaml --trace-dir examples/traces --row 3',
  ];

  static override enableJsonFlag = true;

  static override args = recipeArgs;

  static override flags = {
    row: Flags.integer({
      min: 0,
      helpValue: 'N',
      description: 'Show row N, counted from 0. A trace is shown as a conversation.',
    }),
    shuffle: Flags.boolean({
      default: false,
      description: 'Shuffle the seed rows first, as in dd run, so that --row N is row N of that run.',
    }),
    seed: Flags.integer({ helpValue: 'N', default: 0, description: 'Seed of the shuffle. Default: 0.' }),
    'allow-plugins': allowPluginsFlag(),
    set: setFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags, params } = await this.parseWithParams(Seed);

    const [{ inspectSeed }, { renderSeedReport }, { renderSeedRow }] = await Promise.all([
      import('../../authoring/inspect-seed.js'),
      import('../render/seed.js'),
      import('../render/seed.js'),
    ]);
    const opened = await this.openSound(args.recipe, {
      params: paramValues(params, flags),
      set: flags.set ?? [],
      allowPlugins: flags['allow-plugins'],
    });
    const { row, shuffle, seed } = flags;
    const inspected = await inspectSeed(opened.plan, process.env, { row, shuffle, seed });
    if (!inspected.ok) return this.failAt(opened, inspected.error);

    const report = inspected.value;
    if (row === undefined) this.log(renderSeedReport(report));
    else if (report.row) this.log(renderSeedRow(report.row, recordStyle(process.stdout)));
    else this.fail({ message: `there is no row ${row}: the seed has ${report.rows}, counted from 0` });
    return report;
  }
}
