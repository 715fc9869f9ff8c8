import { artifactPathFlag } from '../flags.js';
import { Args, Flags } from '@oclif/core';
import { exitCodeOf } from '../../run/status.js';
import { DdCommand } from '../command.js';

/** `dd merge DATASET…`: joins the partitions of a run. */
export default class Merge extends DdCommand {
  static override summary = 'Join the partitions of a run into one dataset.';

  static override description = [
    'The result has the same bytes as a single run over all rows. If a partition is missing, duplicate, unfinished, or from another recipe or seed, an error names it and nothing is written. The partitions are not changed.',
    'Exit codes: 0 all rows made, 1 some rows failed, 2 the partitions do not fit together.',
  ].join('\n\n');

  static override examples = ['<%= config.bin %> merge artifacts/rollouts-part-* --dataset-name rollouts'];

  static override strict = false;
  static override enableJsonFlag = true;

  static override args = {
    dataset: Args.string({ description: 'Folders of the datasets, in any order.', required: true }),
  };

  static override flags = {
    'dataset-name': Flags.string({
      helpValue: 'NAME',
      required: true,
      description: 'Name of the new dataset.',
    }),
    'artifact-path': artifactPathFlag('Folder of the new dataset.'),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Merge);
    const [{ mergeDatasets }, { renderSummary }, { summariseNotes }, { rowsError }] = await Promise.all([
      import('../../run/merge/merge-datasets.js'),
      import('../render/summary.js'),
      import('../../seeds/notes.js'),
      import('../run-error.js'),
    ]);
    const merged = await mergeDatasets({
      datasets: argv.map(String),
      artifactPath: flags['artifact-path'],
      datasetName: flags['dataset-name'],
    });
    if (!merged.ok) return this.fail(merged.error);
    const { metadata, dataset } = merged.value;
    this.logToStderr(renderSummary(metadata, summariseNotes(metadata.seed_notes)));
    this.log(dataset);
    return this.endedWith(exitCodeOf(metadata), { dataset, metadata }, rowsError(metadata));
  }
}
