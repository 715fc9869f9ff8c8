import { Flags } from '@oclif/core';
import { modelFlag, recipeArgs, RecipeCommand, setFlag } from '../cli/recipe-command.js';
import { recordStyle } from '../cli/print.js';
import { paramValues } from '../cli/recipe-params.js';

/** `dd render RECIPE`: the messages of one cell, without sending them. */
export default class Render extends RecipeCommand {
  static override summary = 'Show the very messages that would be sent for a cell.';

  static override description = [
    'Renders the prompts of one column for one row of the seed. Columns it depends on have their stored answers; where nothing is stored, made-up ones that fit the schema, and it says which. Calls nothing and writes nothing.',
    "The recipe's own params are flags of this command too. Tokens are estimates: four ASCII characters make one, three others, or one and a half Chinese, Japanese or Korean ones.",
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> render recipes/agent-rollout.yaml --column trace_digest --trace-dir examples/traces',
    '<%= config.bin %> render recipes/agent-rollout.yaml --column sft_record --row 3 --json',
  ];

  static override enableJsonFlag = true;

  static override args = recipeArgs;

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
    shuffle: Flags.boolean({ default: false, description: 'Shuffle the seed rows first, as in dd run.' }),
    seed: Flags.integer({ helpValue: 'N', default: 0, description: 'Seed of the shuffle. Default: 0.' }),
    model: modelFlag(),
    set: setFlag(),
    'artifact-path': Flags.string({
      helpValue: 'DIR',
      default: 'artifacts',
      description: 'Folder of datasets; stored answers are read from .dd beside it.',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags, params } = await this.parseWithParams(Render);

    const [{ renderCell }, { renderRenderedCell }, { foldersOf }] = await Promise.all([
      import('../app/render-cell.js'),
      import('../ui/rendered-cell.js'),
      import('../dataset/folders.js'),
    ]);
    const opened = await this.openSound(args.recipe, {
      params: paramValues(params, flags),
      set: flags.set ?? [],
      models: flags.model ?? [],
    });
    const rendered = await renderCell({
      plan: opened.plan,
      column: flags.column,
      row: flags.row,
      shuffle: flags.shuffle,
      seed: flags.seed,
      cells: foldersOf(flags['artifact-path'], '').cells,
      env: process.env,
    });
    if (!rendered.ok) return this.failAt(opened, rendered.error);
    this.log(renderRenderedCell(rendered.value, recordStyle(process.stdout)));
    return rendered.value;
  }
}
