import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../run/status.js';
import { DdCommand } from '../command.js';
import { artifactPathFlag } from '../flags.js';
import { recordStyle } from '../print.js';
import { count } from '../render/text.js';

/** `dd diff A B`: two datasets side by side. */
export default class Diff extends DdCommand {
  static override summary = 'Compare two datasets row by row: what a change of the recipe did.';

  static override description = `Rows are paired by trace_id, or by their number if one of the datasets has no such column. Shows rows gained and lost, and each field that changed: scores and numbers with their mean change, verdicts and labels that flipped, texts with an example.
Exit codes: 0 no difference, 1 some difference, 2 they cannot be compared.`;

  static override examples = [
    '<%= config.bin %> diff agent-rollout-before agent-rollout',
    '<%= config.bin %> diff old/agent-rollout agent-rollout --column sft_quality_judge_result,recommended_for_sft',
    '<%= config.bin %> diff reviews reviews-2 --by review_id',
  ];

  static override enableJsonFlag = true;

  static override args = {
    a: Args.string({ description: 'Name of the earlier dataset, or its folder.', required: true }),
    b: Args.string({ description: 'Name of the later dataset, or its folder.', required: true }),
  };

  static override flags = {
    by: Flags.string({ helpValue: 'COLUMN', description: 'The column by which rows are paired.' }),
    column: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'NAME,…',
      description: 'Compare only these columns.',
    }),
    'artifact-path': artifactPathFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Diff);
    const [{ diffFoundDatasets }, { isSameDataset }, { renderDiff }] = await Promise.all([
      import('../../run/diff-datasets.js'),
      import('../../dataset/diff/diff.js'),
      import('../render/dataset-diff.js'),
    ]);
    const compared = await diffFoundDatasets({
      a: args.a,
      b: args.b,
      artifactPath: flags['artifact-path'],
      cwd: process.cwd(),
      by: flags.by,
      columns: flags.column,
    });
    if (!compared.ok) return this.fail(compared.error);
    const { a, b, diff } = compared.value;
    this.log(renderDiff(diff, [args.a, args.b], recordStyle(process.stdout)));
    const document = { ...diff, datasets: { a: a.folder, b: b.folder } };
    if (isSameDataset(diff)) return document;
    const { changed, gained, lost } = diff.rows;
    const message = `the datasets differ: ${count(changed, 'row')} changed, ${gained} gained, ${lost} lost`;
    return this.endedWith(EXIT.rowsFailed, document, { message });
  }
}
