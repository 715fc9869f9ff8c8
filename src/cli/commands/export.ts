import { basename } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { EXAMPLE_FIELDS, type ExampleField } from '../../core/config.js';
import type { FieldMap } from '../../dataset/export/exporter.js';
import { parseSplits } from '../../dataset/export/splits.js';
import type { ConfiguredRequest } from '../../run/export/configured.js';
import type { Exported } from '../../run/export-dataset.js';
import { DdCommand } from '../command.js';
import { artifactPathFlag, pluginsFlag } from '../flags.js';
import { count, safe } from '../render/text.js';

/** `dd export DATASET`: the rows of a dataset in another file format, for trainers among others. */
export default class Export extends DdCommand {
  static override summary = 'Write a dataset to a file in another format.';

  static override description = `Formats of all columns: jsonl, csv, parquet; imagefolder, a folder that Hugging Face loads with its pictures.
For training: messages, prompt-completion, trajectories, openai-chat, alpaca, sharegpt; with pairs: dpo, openai-dpo, kto. They are JSON Lines, or Parquet if the file of --output ends in .parquet.
Plugins add more. A training format takes the prompt and the answer (or the conversation) of each row from columns with the usual names, or from where --map says. It leaves out rows that the recipe does not recommend, and says how many.
The file appears once it is complete; one that exists is only replaced with --overwrite. Pictures that rows name are copied beside it, into images/.
Without --format, it writes what \`exports\` of the recipe say: a folder for each entry, in exports/DATASET or in --output.`;

  static override examples = [
    '<%= config.bin %> export agent-rollout',
    '<%= config.bin %> export agent-rollout --format messages --split train=0.9,test=0.1',
    '<%= config.bin %> export reviews --format prompt-completion --map prompt=question --map completion=judge.best',
    '<%= config.bin %> export agent-rollout --format csv',
    '<%= config.bin %> export agent-rollout --format jsonl --output rows.jsonl',
    '<%= config.bin %> export agent-rollout --format messages --output train.parquet',
    '<%= config.bin %> export agent-rollout --format messages --split train=0.9,test=0.1 --output sft/',
    '<%= config.bin %> export agent-rollout --plugins ./markdown-exporter.mjs --format markdown',
  ];

  static override enableJsonFlag = true;

  static override args = {
    dataset: Args.string({ description: 'Name of a dataset, or its folder.', required: true }),
  };

  static override flags = {
    format: Flags.string({
      helpValue: 'NAME',
      description: "The format to write. Default: what the recipe's `exports` say.",
    }),
    output: Flags.string({
      char: 'o',
      helpValue: 'FILE',
      description:
        'The file to write, or a folder (FOLDER/), which also gets settings for trainers and a card. Default: the name of the dataset, in this folder.',
    }),
    overwrite: Flags.boolean({ default: false, description: 'Replace a file that exists.' }),
    reviews: Flags.boolean({
      description:
        'Leave out rows that were dropped in `dd view`, and take corrected answers. --where can read `review`.',
    }),
    where: Flags.string({
      dependsOn: ['format'],
      helpValue: 'CONDITION',
      description:
        'Only rows for which this is true: Jinja over the columns, such as `groundedness_score >= 3`.',
    }),
    map: Flags.string({
      dependsOn: ['format'],
      multiple: true,
      helpValue: 'FIELD=EXPRESSION',
      description: `For training formats: where a part of the example is, as JSONata over the columns. Fields: ${EXAMPLE_FIELDS.join(', ')}.`,
    }),
    split: Flags.string({
      dependsOn: ['format'],
      helpValue: 'train=0.9,test=0.1',
      description: 'Write one file for each name. Rows of one project stay together.',
    }),
    'group-by': Flags.string({
      helpValue: 'COLUMN',
      dependsOn: ['split'],
      description:
        'The column whose equal values stay together. Default: project_path, root_session_id or trace_id.',
    }),
    dedupe: Flags.boolean({
      dependsOn: ['format'],
      description: 'Leave out rows whose text is equal, or nearly equal, to an earlier one.',
    }),
    'dedupe-by': Flags.string({
      helpValue: 'COLUMN,COLUMN',
      dependsOn: ['dedupe'],
      description: 'The columns to compare. Default: what is written of a row.',
    }),
    'dedupe-share': Flags.string({
      helpValue: '0.9',
      dependsOn: ['dedupe'],
      description: 'The share of common runs of three words that makes a duplicate; 1 for equal texts only.',
    }),
    decontaminate: Flags.string({
      dependsOn: ['format'],
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'FILE',
      description: 'Leave out rows that share words with a test set: JSON Lines, JSON, CSV, TSV or text.',
    }),
    'decontaminate-words': Flags.integer({
      min: 1,
      helpValue: 'N',
      dependsOn: ['decontaminate'],
      description: 'So many words in a row, in both. Default: 13.',
    }),
    'max-tokens': Flags.integer({
      dependsOn: ['format'],
      min: 1,
      helpValue: 'N',
      description: 'For training formats: leave out longer examples. None is cut.',
    }),
    tokenizer: Flags.string({
      helpValue: 'NAME|FILE',
      dependsOn: ['max-tokens'],
      description:
        'Count tokens with an encoding of gpt-tokenizer, such as o200k_base, or with the tokenizer.json of a model. Default: an estimate.',
    }),
    plugins: pluginsFlag(),
    'artifact-path': artifactPathFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Export);
    const { exporters } = await this.registriesWith(flags.plugins ?? []);
    const fields = fieldsOf(flags.map ?? []);
    if (typeof fields === 'string') return this.fail({ message: fields });
    const splits = flags.split === undefined ? undefined : parseSplits(flags.split);
    if (splits?.ok === false) return this.fail({ message: splits.error });
    const share = flags['dedupe-share'] === undefined ? undefined : Number(flags['dedupe-share']);
    if (share !== undefined && !(share > 0 && share <= 1))
      return this.fail({ message: `--dedupe-share ${flags['dedupe-share']}: write a number from 0 to 1` });
    const of = {
      dataset: args.dataset,
      artifactPath: flags['artifact-path'],
      exporters,
      ...(flags.output !== undefined && { output: flags.output }),
      cwd: process.cwd(),
      overwrite: flags.overwrite,
      ...(flags.reviews === true && { reviews: true }),
    };
    const { format } = flags;
    if (format === undefined) return this.asConfigured(of);
    const { exportDataset } = await import('../../run/export-dataset.js');
    const exported = await exportDataset({
      ...of,
      format,
      ...(flags.where !== undefined && { where: flags.where }),
      fields,
      splits: splits?.value ?? [],
      ...(flags['group-by'] !== undefined && { groupBy: flags['group-by'] }),
      ...(flags.dedupe === true && {
        dedupe: {
          ...(flags['dedupe-by'] !== undefined && {
            by: flags['dedupe-by'].split(',').map((column) => column.trim()),
          }),
          ...(share !== undefined && { share }),
        },
      }),
      ...(flags.decontaminate && {
        decontaminate: {
          files: flags.decontaminate,
          ...(flags['decontaminate-words'] !== undefined && { words: flags['decontaminate-words'] }),
        },
      }),
      ...(flags['max-tokens'] !== undefined && { maxTokens: flags['max-tokens'] }),
      ...(flags.tokenizer !== undefined && { tokenizer: flags.tokenizer }),
    });
    if (!exported.ok) return this.fail(exported.error);
    if (exported.value.fabricated) this.sayFake();
    return this.report(exported.value, format);
  }

  /** Writes what the recipe's `exports` say. */
  private async asConfigured(of: ConfiguredRequest): Promise<unknown> {
    const { exportConfigured } = await import('../../run/export/configured.js');
    const exported = await exportConfigured(of);
    if (!exported.ok) return this.fail(exported.error);
    if (exported.value.some(({ fabricated }) => fabricated)) this.sayFake();
    const exports = exported.value.map(({ name, format, ...one }) => {
      this.logToStderr(`${name}:`);
      return { name, ...this.report(one, format) };
    });
    return { exports };
  }

  private sayFake(): void {
    this.logToStderr('this dataset is of a dry run: its answers are fake, do not train on it');
  }

  private report(exported: Exported, format: string): object {
    const { files, leftOut, changed = {}, leftOutFile, sidecars, pictures = 0, notes = [] } = exported;
    for (const { rows } of files) this.logToStderr(`${count(rows, 'row')} written as ${format}`);
    for (const [reason, rows] of Object.entries(leftOut))
      this.logToStderr(`${count(rows, 'row')} left out: ${safe(reason)}`);
    for (const [what, rows] of Object.entries(changed))
      this.logToStderr(`${count(rows, 'row')} changed: ${safe(what)}`);
    if (pictures > 0) this.logToStderr(`${count(pictures, 'picture')} beside the rows, in images/`);
    for (const note of notes) this.logToStderr(safe(note));
    if (leftOutFile !== undefined && Object.keys(leftOut).length > 0)
      this.logToStderr(`which rows, and why: ${safe(leftOutFile)}`);
    if (sidecars) this.logToStderr(`beside: ${sidecars.map((file) => basename(file)).join(', ')}`);
    for (const { file } of files) this.log(file);
    return {
      files,
      left_out: leftOut,
      ...(Object.keys(changed).length > 0 && { changed }),
      ...(leftOutFile !== undefined && { left_out_file: leftOutFile }),
      ...(sidecars && { sidecars }),
      ...(pictures > 0 && { pictures }),
      format,
    };
  }
}

/** The map of `FIELD=EXPRESSION`s, or what is wrong with one of them. */
function fieldsOf(texts: readonly string[]): FieldMap | string {
  const fields: Partial<Record<ExampleField, string>> = {};
  for (const text of texts) {
    const [name = '', ...rest] = text.split('=');
    const field = EXAMPLE_FIELDS.find((known) => known === name.trim());
    const expression = rest.join('=').trim();
    if (field === undefined || expression === '')
      return `--map ${text}: write FIELD=EXPRESSION, where FIELD is one of ${EXAMPLE_FIELDS.join(', ')}`;
    fields[field] = expression;
  }
  return fields;
}
