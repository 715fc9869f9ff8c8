import {
  allowPluginsFlag,
  allowHostsFlag,
  allowToolsFlag,
  allowCommandsFlag,
  limitFlags,
  limitsOf,
  artifactPathFlag,
  quietFlag,
} from '../flags.js';
import { Args, Flags } from '@oclif/core';
import { MakingCommand } from '../making-command.js';
import type { FailedCell } from '../../run/retry/failed-cells.js';
import type { RetryPlan } from '../../run/retry/retry-dataset.js';
import { count, safe } from '../render/text.js';

/** `dd retry DATASET`: asks again for the failed cells only. */
export default class Retry extends MakingCommand {
  static override summary = 'Retry the failed cells of a dataset, and nothing else.';

  static override description = [
    'Uses the recipe as it was run, with the same params, overrides and rows. Asks again for the cells in failures.jsonl and the cells that depend on them. Failed cells that you do not choose stay failed.',
    'Exit codes: 0 no failed rows left or nothing to retry, 1 some rows still failed, otherwise as dd run.',
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> retry agent-rollout',
    '<%= config.bin %> retry agent-rollout --class rate,timeout',
    '<%= config.bin %> retry artifacts/agent-rollout --column sft_record --max-cost 2',
  ];

  static override enableJsonFlag = true;

  static override args = {
    dataset: Args.string({ description: 'Name or folder of a dataset.', required: true }),
  };

  static override flags = {
    class: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'CLASS,…',
      description: 'Only failures of these classes (`class` in failures.jsonl).',
    }),
    column: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'NAME,…',
      description: 'Only cells of these columns.',
    }),
    recipe: Flags.string({ helpValue: 'FILE', description: 'The recipe, if it was moved.' }),
    'artifact-path': artifactPathFlag(),
    ...limitFlags,
    'allow-plugins': allowPluginsFlag(),
    'allow-hosts': allowHostsFlag(),
    'allow-tools': allowToolsFlag(),
    'allow-commands': allowCommandsFlag(),
    quiet: quietFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Retry);
    const { planRetry } = await import('../../run/retry/retry-dataset.js');
    const planned = await planRetry({
      dataset: args.dataset,
      artifactPath: flags['artifact-path'],
      allowPlugins: flags['allow-plugins'],
      allowHosts: flags['allow-hosts'],
      choice: { classes: flags.class ?? [], columns: flags.column ?? [] },
      ...(flags.recipe !== undefined && { recipe: flags.recipe }),
      cwd: process.cwd(),
      env: process.env,
    });
    if (!planned.ok) return this.fail(planned.error);

    const { found, chosen, opened, request } = planned.value;
    if (!flags.quiet) this.logToStderr(renderRetry(planned.value));
    if (!opened) {
      this.log(found.folder);
      return { dataset: found.folder, retried: 0 };
    }
    if (!request) return this.failMistakes(opened);
    const made = await this.make(
      opened,
      {
        ...request,
        limits: limitsOf(flags),
        allowTools: flags['allow-tools'],
        allowCommands: flags['allow-commands'],
      },
      flags.quiet,
    );
    return { retried: chosen.length, ...made };
  }
}

/** The cells to retry, or why there are none. */
function renderRetry({ found, failed, chosen }: RetryPlan): string {
  const name = safe(found.metadata.dataset);
  const { unfinished } = found.metadata.rows;
  if (failed.length === 0)
    return unfinished > 0
      ? `nothing failed in ${name}, but ${count(unfinished, 'row')} were not finished: dd run makes them`
      : `nothing failed in ${name}`;
  if (chosen.length === 0) return `nothing to retry in ${name}: ${kinds(failed)} failed, none of them chosen`;
  const rest = failed.length - chosen.length;
  return `retrying ${kinds(chosen)}${rest > 0 ? `; ${count(rest, 'other failed cell')} left as they are` : ''}`;
}

/** `3 cells of sft_record (2 schema, 1 timeout), 1 of judge (rate)` */
function kinds(cells: readonly FailedCell[]): string {
  const columns = [...new Set(cells.map(({ column }) => column))];
  return columns
    .map((column) => {
      const own = cells.filter((cell) => cell.column === column);
      const classes = [...new Set(own.map(({ failure }) => failure.class))].sort();
      const counts = classes.map(
        (name) => `${own.filter(({ failure }) => failure.class === name).length} ${safe(name)}`,
      );
      return `${count(own.length, 'cell')} of ${safe(column)} (${counts.join(', ')})`;
    })
    .join(', ');
}
