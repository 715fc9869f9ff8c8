import { Args, Flags } from '@oclif/core';
import { EXIT } from '../app/run-status.js';
import { DdCommand } from '../cli/command.js';
import { recordStyle } from '../cli/print.js';
import { paramFlags, paramValues, recipeIn } from '../cli/recipe-params.js';

/** `dd render RECIPE`: the messages of one cell, without sending them. */
export default class Render extends DdCommand {
  static override summary = 'Show the very messages that would be sent for a cell.';

  static override description = [
    'Renders the prompts of one column for one row of the seed. Columns it depends on have their stored answers; where nothing is stored, made-up ones that fit the schema, and it says which. Calls nothing and writes nothing.',
    "The recipe's own params are flags of this command too. Tokens are estimates: one for four ASCII characters, two for three others.",
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> render recipes/agent-rollout.yaml --column trace_digest --trace-dir examples/traces',
    '<%= config.bin %> render recipes/agent-rollout.yaml --column sft_record --row 3 --json',
  ];

  static override enableJsonFlag = true;

  static override args = {
    recipe: Args.string({ description: 'The recipe, a YAML file.', required: true }),
  };

  static override flags = {
    column: Flags.string({
      char: 'c',
      required: true,
      helpValue: 'NAME',
      description: 'The column whose messages to show; one that asks a model.',
    }),
    row: Flags.integer({
      min: 0,
      default: 0,
      helpValue: 'N',
      description: 'The row, counted from 0, in the order of a run. Default: 0.',
    }),
    shuffle: Flags.boolean({ description: 'Shuffle the seed rows first, as in dd run.' }),
    seed: Flags.integer({ helpValue: 'N', default: 0, description: 'Seed of the shuffle. Default: 0.' }),
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
    'artifact-path': Flags.string({
      helpValue: 'DIR',
      default: 'artifacts',
      description: 'Folder of datasets; stored answers are read from .dd beside it.',
    }),
  };

  async run(): Promise<unknown> {
    const recipe = recipeIn(this.argv, Render.flags);
    const params = recipe === undefined ? [] : await paramFlags(recipe);
    this.knownFlags = [...this.knownFlags, ...params.map(({ name }) => name)];
    const { args, flags } = await this.parse({
      ...Render,
      flags: { ...Object.fromEntries(params.map(({ name, flag }) => [name, flag])), ...Render.flags },
    } as typeof Render);

    const [{ openRecipe }, { renderCell }, { renderRenderedCell }, { foldersOf }, output] = await Promise.all(
      [
        import('../app/open-recipe.js'),
        import('../app/render-cell.js'),
        import('../ui/rendered-cell.js'),
        import('../dataset/folders.js'),
        import('../cli/run-output.js'),
      ],
    );
    const opened = await openRecipe(args.recipe, {
      params: paramValues(params, flags),
      set: flags.set ?? [],
      models: flags.model ?? [],
    });
    if (!opened.plan)
      this.fail(output.renderMistakes(opened), EXIT.badInput, { diagnostics: opened.diagnostics });
    const rendered = await renderCell({
      plan: opened.plan,
      column: flags.column,
      row: flags.row,
      shuffle: flags.shuffle,
      seed: flags.seed,
      cells: foldersOf(flags['artifact-path'], '').cells,
      env: process.env,
    });
    if (!rendered.ok)
      this.fail(output.renderRunProblem(opened, rendered.error), EXIT.badInput, rendered.error);
    this.log(renderRenderedCell(rendered.value, recordStyle(process.stdout)));
    return rendered.value;
  }
}
