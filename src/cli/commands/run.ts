import { resolve } from 'node:path';
import {
  recipeArgs,
  setFlag,
  allowPluginsFlag,
  allowHostsFlag,
  allowToolsFlag,
  allowCommandsFlag,
  modelFlag,
  limitFlags,
  limitsOf,
  artifactPathFlag,
  quietFlag,
  seedFlag,
  openingOf,
  metricsFlag,
  queueFlag,
  queueOf,
  queueRowsFlag,
  stageFlag,
  stageOutputFlag,
  stageOutputsOf,
} from '../flags.js';
import { Flags } from '@oclif/core';
import type { OpenedRecipe } from '../../run/open-recipe.js';
import { MakingCommand } from '../making-command.js';
import { plansOf } from '../recipe-command.js';
import { PARTITION_SOURCES, partitionFrom, type PartitionSource } from '../../run/partition-env.js';
import type { RunProblem } from '../../run/problem.js';
import type { Metrics } from '../../run/queue/metrics.js';
import type { WatchRequest } from '../../run/watch/watch.js';
import { ok, type Result } from '../../core/result.js';
import type { PartitionBlock } from '../../core/config.js';

/** `dd run RECIPE`: makes the dataset of a recipe. */
export default class Run extends MakingCommand {
  static override summary = 'Make the dataset of a recipe, or bring it up to date.';

  static override description = [
    'Every mistake in the recipe is reported before the first request. Model answers are cached on disk. After an interruption, an edit or new traces, run the same command again: it asks only for the missing answers.',
    "The recipe's params are also flags of this command. dd run RECIPE --help lists them.",
    'Exit codes: 0 all rows made, 1 some rows failed, 2 bad recipe or usage, 3 key refused or credit used up, 4 stopped by a limit, 130 interrupted.',
  ].join('\n\n');

  static override examples = [
    {
      description: 'Try a recipe offline, with generated fake answers',
      command: '<%= config.bin %> run recipes/agent-rollout.yaml --dry-run',
    },
    {
      description: 'Preview ten rows',
      command: '<%= config.bin %> run recipes/agent-rollout.yaml --format codex --preview',
    },
    {
      description: 'Preview again after each save, and see what changed',
      command: '<%= config.bin %> run recipes/agent-rollout.yaml --preview --watch --num-records 3',
    },
    {
      description: 'Use another model for an alias',
      command: '<%= config.bin %> run recipes/agent-rollout.yaml --model nvidia-super=openai/gpt-5-mini',
    },
    {
      description: 'Make one of eight partitions on this machine',
      command: '<%= config.bin %> run recipes/agent-rollout.yaml --partition-index 0 --num-partitions 8',
    },
  ];

  static override enableJsonFlag = true;

  static override args = recipeArgs;

  static override flags = {
    'num-records': Flags.integer({
      min: 1,
      helpValue: 'N',
      description:
        'Number of rows to make. Default: `num_records` of the recipe, else all seed rows, or 10 without a seed; 10 with --preview.',
    }),
    preview: Flags.boolean({ default: false, description: 'Show records without writing a dataset.' }),
    watch: Flags.boolean({
      default: false,
      description: 'With --preview: preview again each time the recipe or a schema it refers to is saved.',
    }),
    shuffle: Flags.boolean({ default: false, description: 'Shuffle the seed rows first.' }),
    seed: seedFlag(),
    'partition-index': Flags.integer({
      min: 0,
      helpValue: 'I',
      dependsOn: ['num-partitions'],
      description: 'Make only partition I of the seed rows, counted from 0.',
    }),
    'num-partitions': Flags.integer({
      min: 1,
      helpValue: 'N',
      dependsOn: ['partition-index'],
      description: 'Number of partitions of the seed rows.',
    }),
    'partition-from': Flags.option({
      options: PARTITION_SOURCES,
      exclusive: ['partition-index', 'num-partitions'],
      description:
        'Take the partition from a Kubernetes Indexed Job (with DD_NUM_PARTITIONS) or a Slurm array.',
    })(),
    model: modelFlag(),
    'allow-plugins': allowPluginsFlag(),
    'allow-hosts': allowHostsFlag(),
    'allow-tools': allowToolsFlag(),
    'allow-commands': allowCommandsFlag(),
    set: setFlag(
      'Change a value of the recipe. Example: model_configs.nvidia-super.inference_parameters.temperature=0.2',
    ),
    'artifact-path': artifactPathFlag('Folder of datasets. Answers are cached in .dd beside it.'),
    'dataset-name': Flags.string({
      helpValue: 'NAME',
      description: "Name of this dataset's folder. Default: the recipe's name.",
    }),
    fresh: Flags.boolean({
      default: false,
      description: 'Make a new folder with a timestamp instead of updating the dataset.',
    }),
    'dry-run': Flags.boolean({
      default: false,
      description:
        'Call no model: generate fake answers that match the schemas. Needs no key and no network.',
    }),
    cache: Flags.boolean({
      allowNo: true,
      default: true,
      description: 'Use stored answers; --no-cache asks for everything again and replaces them.',
    }),
    'retry-failed': Flags.boolean({
      default: false,
      description: 'Ask again for cells whose answer never became valid.',
    }),
    queue: queueFlag(
      'Let workers make the cells: the address of a Redis server, where dd worker finds this run.',
    ),
    'queue-rows': queueRowsFlag(
      'Hand rows to workers as files in this folder, which they see too, in place of Redis. For large rows.',
    ),
    batch: Flags.boolean({
      default: false,
      exclusive: ['preview', 'watch'],
      description:
        'Ask in batches, at about half the price, where the provider has them. The command may be ended and run again.',
    }),
    wait: Flags.boolean({
      allowNo: true,
      default: true,
      description:
        'Wait for batches; --no-wait hands in what is possible and ends, with exit code 4 while batches are under way.',
    }),
    'batch-corrections': Flags.option({
      options: ['batch', 'online'] as const,
      default: 'batch',
      description: 'How invalid answers are corrected: with the next batch, or at once at the usual price.',
    })(),
    'batch-grace': Flags.integer({
      min: 0,
      helpValue: 'SECONDS',
      description:
        'How long a batch whose request had no answer, as after a kill, is looked for before it is handed in again. Default: 60; at Anthropic 600.',
    }),
    stage: stageFlag(
      'Of a recipe with stages: make this one, and those it needs. With --preview: show this one.',
    ),
    'stage-output': stageOutputFlag(),
    metrics: metricsFlag(),
    ...limitFlags,
    quiet: quietFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags, params } = await this.parseWithParams(Run);

    const openedWith = {
      ...openingOf(flags, params),
      stageOutputs: stageOutputsOf(flags['stage-output']),
      cwd: process.cwd(),
      ...(flags.preview && {
        stage: flags.stage,
        datasets: {
          artifactPath: flags['artifact-path'],
          name: flags['dataset-name'],
          dryRun: flags['dry-run'],
        },
      }),
    };
    const partition = this.partitionOf(flags);
    const asked = {
      openedWith,
      target: {
        artifactPath: flags['artifact-path'],
        name: flags['dataset-name'],
        fresh: flags.fresh,
      },
      rows: {
        limit: flags['num-records'],
        shuffle: flags.shuffle,
        seed: flags.seed,
        partition: partition?.ok ? partition.value : undefined,
      },
      answers: { dryRun: flags['dry-run'], refresh: !flags.cache, retryFailed: flags['retry-failed'] },
      limits: limitsOf(flags),
      batch: {
        all: flags.batch,
        corrections: flags['batch-corrections'],
        waits: flags.wait,
        graceMs: flags['batch-grace'] === undefined ? undefined : flags['batch-grace'] * 1000,
      },
      allowHosts: flags['allow-hosts'],
      allowTools: flags['allow-tools'],
      allowCommands: flags['allow-commands'],
      env: process.env,
    };
    this.checkQueue(flags);
    if (flags.watch) return this.watch({ ...asked, file: args.recipe }, partition, flags);

    const opened = await this.openWhole(args.recipe, openedWith);
    if (!flags.quiet) (await import('../run-output.js')).warn(opened, (text) => this.logToStderr(text));
    if (partition && !partition.ok) return this.failAt(opened, partition.error);

    const { preview, quiet, stage } = flags;
    if (flags['dry-run'] && !quiet) await this.showSends(opened);
    const url = preview || flags['dry-run'] ? undefined : queueOf(flags);
    const metrics = flags.metrics === undefined ? undefined : await this.serveMetrics(flags.metrics, quiet);
    const rows = flags['queue-rows'] === undefined ? undefined : resolve(flags['queue-rows']);
    const queue =
      url === undefined ? undefined : { url, rows, isExported: opened.loaded.isExported, metrics };
    const { plan, stages } = opened;
    if (stages && !preview) return this.makeStages({ ...asked, recipe: opened, stage, queue }, quiet);
    if (plan && (preview || stage === undefined))
      return this.make(opened, { ...asked, plan, preview, queue }, quiet);
    return this.fail(
      stages
        ? {
            message: `a preview shows one stage: ${stages.map(({ name }) => name).join(', ')}`,
            hint: 'say which with --stage NAME; it reads the datasets of the stages it needs',
          }
        : { message: '--stage: the recipe has no stages', hint: 'leave --stage out' },
    );
  }

  /** `--watch`: a preview after each save, until Ctrl-C. */
  private async watch(
    asked: Omit<WatchRequest, 'onEvent' | 'onReport'>,
    partition: Result<PartitionBlock, RunProblem> | undefined,
    { preview, quiet }: { readonly preview: boolean; readonly quiet: boolean },
  ): Promise<void> {
    const [{ watchRecipe }, { watchOutput }] = await Promise.all([
      import('../../run/watch/watch.js'),
      import('../watch-output.js'),
    ]);
    if (!preview) this.fail({ message: '--watch needs --preview', hint: 'add --preview to the command' });
    if (this.jsonEnabled())
      this.fail({
        message: '--watch does not end, so it cannot print JSON',
        hint: 'remove --json or --watch',
      });
    if (partition && !partition.ok) return this.fail(partition.error);
    process.exitCode = await watchRecipe({
      ...asked,
      ...watchOutput({
        out: (text) => this.log(text),
        err: (text) => this.logToStderr(text),
        quiet,
        dryRun: asked.answers?.dryRun ?? false,
      }),
    });
  }

  /** What a run would send, which a dry run does not. */
  private async showSends(opened: OpenedRecipe): Promise<void> {
    const [{ planSendings }, { renderSends }] = await Promise.all([
      import('../../run/sendings.js'),
      import('../render/sends.js'),
    ]);
    const lines = new Set<string>();
    for (const plan of plansOf(opened))
      for (const line of renderSends(await planSendings(plan, process.env))) lines.add(line);
    for (const line of lines) this.logToStderr(`without --dry-run, this sends ${line}`);
  }

  private async serveMetrics(place: string, quiet: boolean): Promise<Metrics> {
    const { createMetrics, serveMetrics } = await import('../../run/queue/metrics.js');
    const metrics = createMetrics();
    const served = await serveMetrics(place, metrics);
    if (!served.ok) return this.fail(served.error);
    this.listen = metrics.sink;
    if (!quiet) this.logToStderr(`metrics at ${served.value.url}`);
    return metrics;
  }

  /** What `--queue` cannot go together with. */
  private checkQueue(flags: {
    readonly queue?: string | undefined;
    readonly 'queue-rows'?: string | undefined;
    readonly cache: boolean;
    readonly preview: boolean;
    readonly watch: boolean;
    readonly 'dry-run': boolean;
  }): void {
    const { queue, cache, preview, watch, 'dry-run': dryRun } = flags;
    const other = preview || watch ? '--preview' : dryRun ? '--dry-run' : undefined;
    if (queue !== undefined && other !== undefined)
      this.fail({ message: `${other} makes its rows in this process`, hint: 'remove --queue' });
    if (flags['queue-rows'] !== undefined && (other !== undefined || queueOf(flags) === undefined))
      this.fail({
        message: '--queue-rows hands rows to the workers of a queue, and there is none',
        hint: other === undefined ? 'add --queue URL, or set DD_QUEUE' : 'remove --queue-rows',
      });
    if (!cache && !preview && !dryRun && queueOf(flags) !== undefined)
      this.fail({
        message: '--no-cache and a queue do not go together: what workers have made is a stored answer',
        hint: 'remove --no-cache, or unset DD_QUEUE',
      });
  }

  /** The partition, from flags or from the scheduler's variables; `undefined` for all rows. */
  private partitionOf(flags: {
    readonly 'partition-from'?: PartitionSource | undefined;
    readonly 'partition-index'?: number | undefined;
    readonly 'num-partitions'?: number | undefined;
  }): Result<PartitionBlock, RunProblem> | undefined {
    const { 'partition-from': source, 'partition-index': index, 'num-partitions': count = 1 } = flags;
    if (index !== undefined) return ok({ index, num_partitions: count });
    return source && partitionFrom(source, process.env);
  }
}
