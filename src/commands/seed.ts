import { Args, Flags } from '@oclif/core';
import { EXIT } from '../app/run-status.js';
import { DdCommand } from '../cli/command.js';
import { recordStyle } from '../cli/print.js';
import { paramFlags, paramValues, recipeIn } from '../cli/recipe-params.js';

/** `dd seed RECIPE`: looks at the rows before any model does. */
export default class Seed extends DdCommand {
  static override summary = "Look at a recipe's seed rows.";

  static override description =
    'Reads the whole seed, as a run would, and shows what was found: rows by format, what was left out and why, what was redacted. Calls nothing and writes nothing.';

  static override examples = [
    '<%= config.bin %> seed recipes/agent-rollout.yaml',
    '<%= config.bin %> seed recipes/agent-rollout.yaml --trace-dir examples/traces --row 3',
  ];

  static override enableJsonFlag = true;

  static override args = {
    recipe: Args.string({ description: 'The recipe, a YAML file.', required: true }),
  };

  static override flags = {
    row: Flags.integer({
      min: 0,
      helpValue: 'N',
      description: 'Show row N, counted from 0, as a conversation.',
    }),
    set: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH=VALUE',
      description: 'Change a value of the recipe.',
    }),
  };

  async run(): Promise<unknown> {
    const recipe = recipeIn(this.argv, Seed.flags);
    const params = recipe === undefined ? [] : await paramFlags(recipe);
    this.knownFlags = [...this.knownFlags, ...params.map(({ name }) => name)];
    const { args, flags } = await this.parse({
      ...Seed,
      flags: { ...Seed.flags, ...Object.fromEntries(params.map(({ name, flag }) => [name, flag])) },
    } as typeof Seed);

    const [{ openRecipe }, { inspectSeed }, { renderSeedReport }, { renderConversation }, output] =
      await Promise.all([
        import('../app/open-recipe.js'),
        import('../app/inspect-seed.js'),
        import('../ui/seed-report.js'),
        import('../ui/conversation.js'),
        import('../cli/run-output.js'),
      ]);
    const opened = await openRecipe(args.recipe, {
      params: paramValues(params, flags),
      set: flags.set ?? [],
    });
    if (!opened.plan)
      this.fail(output.renderMistakes(opened), EXIT.badInput, { diagnostics: opened.diagnostics });
    const inspected = await inspectSeed(opened.plan, process.env, flags.row);
    if (!inspected.ok)
      this.fail(output.renderRunProblem(opened, inspected.error), EXIT.badInput, inspected.error);

    const report = inspected.value;
    if (flags.row === undefined) this.log(renderSeedReport(report));
    else if (report.row) this.log(renderConversation(report.row, recordStyle(process.stdout)));
    else
      this.fail(
        `error: there is no row ${flags.row}: the seed has ${report.rows}, counted from 0`,
        EXIT.badInput,
      );
    return report;
  }
}
