import { Args, Flags } from '@oclif/core';
import { parseSplits } from '../../dataset/export/splits.js';
import { EXIT } from '../../run/status.js';
import { DdCommand } from '../command.js';
import { artifactPathFlag, pluginsFlag } from '../flags.js';
import { count, safe } from '../render/text.js';
import Export from './export.js';

const { where, split, 'group-by': groupBy } = Export.flags;

/** `dd push DATASET hf://USER/NAME`: a dataset on the Hugging Face Hub. */
export default class Push extends DdCommand {
  static override summary = 'Publish a dataset on the Hugging Face Hub.';

  static override description = `Writes the rows as dd export does, with a dataset card: the recipe, its models, counts, scores and filters. All of it is one commit. The repository is private unless you say --public.
Refused: a dataset of a dry run, and rows in which redaction would replace something.
The token is HF_TOKEN of the environment. HF_ENDPOINT names another Hub. Needs the package @huggingface/hub.`;

  static override examples = [
    '<%= config.bin %> push agent-rollout hf://ada/agent-rollout',
    '<%= config.bin %> push agent-rollout hf://ada/agent-sft --format messages --split train=0.9,test=0.1',
    '<%= config.bin %> push agent-rollout hf://ada/agent-rollout --public --license apache-2.0',
  ];

  static override enableJsonFlag = true;

  static override args = {
    dataset: Args.string({ description: 'Name of a dataset, or its folder.', required: true }),
    target: Args.string({ description: 'Where to: hf://USER/NAME.', required: true }),
  };

  static override flags = {
    format: Flags.string({
      default: 'parquet',
      helpValue: 'NAME',
      description: 'The format, as in dd export.',
    }),
    where,
    split,
    'group-by': groupBy,
    public: Flags.boolean({ default: false, description: 'Let everybody see it.' }),
    license: Flags.string({ helpValue: 'ID', description: 'A licence for the card, such as apache-2.0.' }),
    plugins: pluginsFlag(),
    'artifact-path': artifactPathFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Push);
    const { exporters } = await this.registriesWith(flags.plugins ?? []);
    const splits = flags.split === undefined ? undefined : parseSplits(flags.split);
    if (splits?.ok === false) return this.fail({ message: splits.error });
    const { pushDataset } = await import('../../run/push/push-dataset.js');
    const pushed = await pushDataset({
      dataset: args.dataset,
      target: args.target,
      artifactPath: flags['artifact-path'],
      cwd: process.cwd(),
      format: flags.format,
      exporters,
      ...(flags.where !== undefined && { where: flags.where }),
      splits: splits?.value ?? [],
      ...(flags['group-by'] !== undefined && { groupBy: flags['group-by'] }),
      ...(flags.license !== undefined && { license: flags.license }),
      isPublic: flags.public,
      env: process.env,
    });
    if (!pushed.ok) return this.fail(pushed.error, pushed.error.isRefused ? EXIT.refused : EXIT.badInput);
    const { repo, url, isPublic, exported } = pushed.value;
    const { files, leftOut } = exported;
    for (const [reason, rows] of Object.entries(leftOut))
      this.logToStderr(`${count(rows, 'row')} left out: ${safe(reason)}`);
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    this.logToStderr(`${count(rows, 'row')} pushed to ${repo}, ${isPublic ? 'public' : 'private'}`);
    this.log(url);
    return this.endedWith(EXIT.complete, { repo, url, rows, left_out: leftOut, public: isPublic }, undefined);
  }
}
