import { Args, Flags } from '@oclif/core';
import { EXIT } from '../app/run-status.js';
import { DdCommand } from '../cli/command.js';
import { limitFlags, limitsOf } from '../cli/limits.js';
import { recordStyle } from '../cli/print.js';

/** `dd retry DATASET`: asks exactly what failed. */
export default class Retry extends DdCommand {
  static override summary = 'Try the failed cells of a dataset again, and nothing else.';

  static override description = [
    'Opens the recipe as it was run, with the same params, overrides and rows, and asks for the cells in failures.jsonl and what depends on them. Answers that were never usable are asked for afresh. Failed cells that are not chosen stay failed, without a call.',
    'Exit codes: 0 nothing failed any more or nothing was to be done, 1 some rows still failed, otherwise as dd run.',
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> retry agent-rollout',
    '<%= config.bin %> retry agent-rollout --class rate,timeout',
    '<%= config.bin %> retry artifacts/agent-rollout --column sft_record --max-cost 2',
  ];

  static override enableJsonFlag = true;

  static override args = {
    dataset: Args.string({ description: 'Name of a dataset, or its folder.', required: true }),
  };

  static override flags = {
    class: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'CLASS,…',
      description: 'Only failures of these classes, as failures.jsonl names them.',
    }),
    column: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'NAME,…',
      description: 'Only cells of these columns.',
    }),
    recipe: Flags.string({ helpValue: 'FILE', description: 'Where the recipe is, if it was moved.' }),
    'artifact-path': Flags.string({
      helpValue: 'DIR',
      default: 'artifacts',
      description: 'Folder of datasets.',
    }),
    ...limitFlags,
    quiet: Flags.boolean({ char: 'q', description: 'No progress and no summary.' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Retry);
    const [{ planRetry }, { makeDataset }, { showProgress }, { renderRetry }, ui] = await Promise.all([
      import('../app/retry-dataset.js'),
      import('../app/make-dataset.js'),
      import('../ui/progress.js'),
      import('../ui/retry.js'),
      import('../cli/run-output.js'),
    ]);
    const planned = await planRetry({
      dataset: args.dataset,
      artifactPath: flags['artifact-path'],
      choice: { classes: flags.class ?? [], columns: flags.column ?? [] },
      ...(flags.recipe !== undefined && { recipe: flags.recipe }),
      env: process.env,
    });
    if (!planned.ok) this.fail(ui.renderProblem(planned.error), EXIT.badInput, planned.error);

    const { found, chosen, opened, request } = planned.value;
    if (!flags.quiet) this.logToStderr(renderRetry(planned.value));
    if (!opened) {
      this.log(found.folder);
      return { dataset: found.folder, exit_code: EXIT.complete, retried: 0 };
    }
    if (!request) this.fail(ui.renderMistakes(opened), EXIT.badInput, { diagnostics: opened.diagnostics });

    const progress = flags.quiet ? undefined : showProgress(process.stderr);
    const made = await makeDataset({
      ...request,
      limits: limitsOf(flags),
      onEvent: (event) => progress?.sink(event),
    });
    progress?.finish();
    if (!made.ok) this.fail(ui.renderRunProblem(opened, made.error), EXIT.badInput, made.error);

    const { metadata, dataset, exitCode } = made.value;
    if (!flags.quiet) this.logToStderr(ui.renderEnd(made.value, undefined, recordStyle(process.stderr)));
    if (dataset !== undefined) this.log(dataset);
    process.exitCode = exitCode;
    return { dataset, exit_code: exitCode, retried: chosen.length, metadata };
  }
}
