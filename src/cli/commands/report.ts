import { extname, resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { DatasetReport } from '../../dataset/report/report.js';
import { DdCommand } from '../command.js';
import { artifactPathFlag } from '../flags.js';
import { recordStyle } from '../print.js';
import { jsonDocument } from '../render/json-document.js';

const FORMATS = ['text', 'json', 'html'] as const;

/** `dd report DATASET`: a dataset in numbers. */
export default class Report extends DdCommand {
  static override summary = 'Describe a dataset in numbers: scores, lengths, failures, duplicates, cost.';

  static override description = `Shows rows by state; types, nulls, different values and lengths of each column; scores and numbers with histograms; common values; correlations; the agreement of judges; failures with their first reason; repeated rows; cost.
--format html writes one page with charts, which needs no other file and no network.`;

  static override examples = [
    '<%= config.bin %> report agent-rollout',
    '<%= config.bin %> report agent-rollout --format html --output report.html',
    '<%= config.bin %> report agent-rollout --duplicates-by sft_instruction',
  ];

  static override enableJsonFlag = true;

  /** `--format json` prints the report alone, `--json` with the keys of all commands. */
  protected static override readonly hasJsonFormat = true;

  static override args = {
    dataset: Args.string({ description: 'Name of a dataset, or its folder.', required: true }),
  };

  static override flags = {
    format: Flags.option({ options: FORMATS, description: 'What to print. Default: text.' })(),
    output: Flags.string({
      char: 'o',
      helpValue: 'FILE',
      description: 'Write to this file instead. A name with .html or .json says the format.',
    }),
    'duplicates-by': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'NAME,…',
      description:
        'Columns that are compared to find repeated rows. Default: the texts that the recipe made.',
    }),
    'artifact-path': artifactPathFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Report);
    const { reportDataset } = await import('../../run/report-dataset.js');
    const reported = await reportDataset({
      dataset: args.dataset,
      artifactPath: flags['artifact-path'],
      cwd: process.cwd(),
      duplicatesBy: flags['duplicates-by'],
    });
    if (!reported.ok) return this.fail(reported.error);
    const report = reported.value;
    const { output } = flags;
    const format = flags.format ?? formatOf(output);
    if (output === undefined && this.jsonEnabled()) return report;
    const text = await draw(report, format);
    if (output === undefined) {
      this.log(text);
      return report;
    }
    const file = resolve(output);
    const { default: writeFileAtomic } = await import('write-file-atomic');
    await writeFileAtomic(file, `${text.trimEnd()}\n`);
    this.log(file);
    return { file, ...report };
  }
}

type Format = (typeof FORMATS)[number];

/** The format that the name of a file says. */
function formatOf(file: string | undefined): Format {
  const end = extname(file ?? '').toLowerCase();
  return end === '.html' || end === '.htm' ? 'html' : end === '.json' ? 'json' : 'text';
}

async function draw(report: DatasetReport, format: Format): Promise<string> {
  switch (format) {
    case 'json':
      return jsonDocument(report);
    case 'html':
      return (await import('../render/dataset-report/html.js')).renderReportHtml(report);
    case 'text':
      return (await import('../render/dataset-report/text.js')).renderReportText(
        report,
        recordStyle(process.stdout),
      );
  }
}
