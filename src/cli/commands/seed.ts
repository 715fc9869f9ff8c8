import { extname } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { OpenedRecipe, OpenRecipeOptions } from '../../run/open-recipe.js';
import type { Plan } from '../../engine/types.js';
import { examplesFolder } from '../bundled.js';
import {
  recipeArgs,
  setFlag,
  allowPluginsFlag,
  allowHostsFlag,
  artifactPathFlag,
  seedFlag,
  openingOf,
  stageFlag,
  stageOutputFlag,
  stageOutputsOf,
} from '../flags.js';
import { RecipeCommand } from '../recipe-command.js';
import { recordStyle } from '../print.js';

const { description, parse } = recipeArgs.recipe;

/** `dd seed RECIPE`: shows the seed rows. `dd seed --list`: shows the sessions on this machine. */
export default class Seed extends RecipeCommand {
  static override summary = 'Show the seed rows of a recipe, or the sessions on this machine.';

  static override description =
    'Reads the whole seed, as a run does. Shows the rows by format, the columns with their types and an example, what was left out and why, and what was redacted. Works while the recipe has mistakes outside its seed. With --list, shows which sessions there are, by format and folder, without reading them. Calls no model and writes nothing.';

  static override examples = [
    '<%= config.bin %> seed recipes/agent-rollout.yaml',
    '<%= config.bin %> seed recipes/agent-rollout.yaml --trace-dir examples/traces --row 3',
    '<%= config.bin %> seed recipes/agent-rollout.yaml --secrets',
    '<%= config.bin %> seed --list',
  ];

  static override enableJsonFlag = true;

  static override args = {
    recipe: Args.string({
      description: `${description} With --list also a folder or a file of sessions, or nothing.`,
      parse,
    }),
  };

  static override flags = {
    list: Flags.boolean({
      default: false,
      exclusive: ['row', 'secrets', 'shuffle'],
      description: 'List the sessions by format and folder: of this machine, of a recipe or below a folder.',
    }),
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
    seed: seedFlag(),
    'allow-plugins': allowPluginsFlag(),
    'allow-hosts': allowHostsFlag(),
    set: setFlag(),
    stage: stageFlag('Of a recipe with stages: show the seed rows of this one.'),
    'stage-output': stageOutputFlag(),
    'artifact-path': artifactPathFlag('Folder of datasets, for the stages that a stage needs.'),
  };

  async run(): Promise<unknown> {
    const { args, flags, params } = await this.parseWithParams(
      Seed,
      (file) => !this.argv.includes('--list') || hasRecipeName(file),
    );
    const { recipe } = args;
    if (flags.list) return this.list(recipe, openingOf(flags, params));
    if (recipe === undefined) {
      const hint = 'dd seed --list shows the sessions on this machine; dd seed --help shows all flags';
      return this.fail({ message: `missing recipe: ${description}`, hint });
    }

    const [{ inspectSeed }, { renderRedacted, renderSeedReport, renderSeedRow }] = await Promise.all([
      import('../../authoring/inspect-seed.js'),
      import('../render/seed.js'),
    ]);
    const { opened, plan } = await this.openSeed(recipe, {
      ...openingOf(flags, params),
      stage: flags.stage,
      stageOutputs: stageOutputsOf(flags['stage-output']),
      datasets: { artifactPath: flags['artifact-path'] },
    });
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

  /** A recipe whose mistakes, if any, are outside its seed. */
  private async openSeed(
    recipe: string,
    options: Omit<OpenRecipeOptions, 'cwd'>,
  ): Promise<{ readonly opened: OpenedRecipe; readonly plan: Plan }> {
    const [{ openRecipe }, { count }] = await Promise.all([
      import('../../run/open-recipe.js'),
      import('../render/text.js'),
    ]);
    const opened = await openRecipe(recipe, { cwd: process.cwd(), download: true, ...options });
    const plan = opened.plan ?? opened.seedPlan;
    if (!plan && opened.stages && opened.diagnostics.every(({ severity }) => severity !== 'error'))
      return this.failStageless(opened);
    if (!plan) return this.failMistakes(opened);
    this.note(opened, opened.diagnostics);
    const errors = opened.diagnostics.filter(({ severity }) => severity === 'error').length;
    if (errors > 0)
      this.logToStderr(
        `note: the recipe has ${count(errors, 'mistake')} outside its seed: dd validate shows ${errors === 1 ? 'it' : 'them'}`,
      );
    return { opened, plan };
  }

  /** Lists what there is on this machine, below a folder, or for a recipe. */
  private async list(typed: string | undefined, options: Omit<OpenRecipeOptions, 'cwd'>): Promise<object> {
    const [{ listSeed, listSessions }, { renderSeedListing }] = await Promise.all([
      import('../../authoring/list-seed.js'),
      import('../render/seed-listing.js'),
    ]);
    const { opened, plan } =
      typed !== undefined && hasRecipeName(typed) ? await this.openSeed(typed, options) : {};
    const listed = plan
      ? await listSeed(plan, process.env)
      : await listSessions(typed && examplesFolder(typed), process.cwd(), process.env);
    if (listed.ok) {
      this.log(renderSeedListing(listed.value));
      return listed.value;
    }
    return opened ? this.failAt(opened, listed.error) : this.fail(listed.error);
  }
}

/** Where a folder or a file of sessions can be given too. */
const hasRecipeName = (file: string): boolean => /^\.ya?ml$/i.test(extname(file));
