import { pluginsFlag, artifactPathFlag } from '../flags.js';
import { Args, Flags } from '@oclif/core';
import { DdCommand } from '../command.js';
import { count } from '../render/text.js';

/** `dd export DATASET`: the rows of a dataset in another file format. */
export default class Export extends DdCommand {
  static override summary = 'Write a dataset to a file in another format.';

  static override description =
    'Formats: jsonl (all columns, one JSON object a line) and csv (all columns as a table). Plugins add more. The file appears once it is complete; one that exists is only replaced with --overwrite.';

  static override examples = [
    '<%= config.bin %> export agent-rollout --format csv',
    '<%= config.bin %> export agent-rollout --format jsonl --output rows.jsonl',
    '<%= config.bin %> export agent-rollout --plugins ./markdown-exporter.mjs --format markdown',
  ];

  static override enableJsonFlag = true;

  static override args = {
    dataset: Args.string({ description: 'Name of a dataset, or its folder.', required: true }),
  };

  static override flags = {
    format: Flags.string({ required: true, helpValue: 'NAME', description: 'The format to write.' }),
    output: Flags.string({
      char: 'o',
      helpValue: 'FILE',
      description: 'The file to write. Default: the name of the dataset, in this folder.',
    }),
    overwrite: Flags.boolean({ default: false, description: 'Replace a file that exists.' }),
    plugins: pluginsFlag(),
    'artifact-path': artifactPathFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Export);
    const { exporters } = await this.registriesWith(flags.plugins ?? []);
    const { exportDataset } = await import('../../run/export-dataset.js');
    const exported = await exportDataset({
      dataset: args.dataset,
      artifactPath: flags['artifact-path'],
      format: flags.format,
      exporters,
      ...(flags.output !== undefined && { output: flags.output }),
      cwd: process.cwd(),
      overwrite: flags.overwrite,
    });
    if (!exported.ok) return this.fail(exported.error);
    const { file, rows } = exported.value;
    this.logToStderr(`${count(rows, 'row')} written as ${flags.format}`);
    this.log(file);
    return { file, rows, format: flags.format };
  }
}
