import { Flags } from '@oclif/core';
import { MakingCommand } from '../making-command.js';
import { modelFlag, recipeArgs, setFlag } from '../recipe-command.js';
import { PARTITION_SOURCES, partitionFrom, type PartitionSource } from '../../run/partition-env.js';
import type { RunProblem } from '../../run/problem.js';
import type { WatchRequest } from '../../run/watch/watch.js';
import { limitFlags, limitsOf } from '../limits.js';
import { paramValues } from '../recipe-params.js';
import { ok, type Result } from '../../core/result.js';
import type { PartitionBlock } from '../../core/config.js';

/** `dd run RECIPE`: parses flags, calls the library, prints. */
export default class Run extends MakingCommand {
  static override summary = 'Make the dataset of a recipe, or bring it up to date.';

  static override description = [
    'Every mistake in the recipe is reported before the first request. What a model has answered is kept and never asked again: after an interruption, an edit or new traces, the same command asks only for what is missing.',
    "The recipe's own params are flags of this command: see them with dd run RECIPE --help.",
    'Exit codes: 0 every row made, 1 some rows failed, 2 bad recipe or usage, 3 key refused or no credit, 4 stopped by a limit, 130 interrupted.',
  ].join('\n\n');

  static override examples = [
    {
      description: 'Try a recipe offline, with made-up answers',
      command: '<%= config.bin %> run recipes/agent-rollout.yaml --dry-run',
    },
    {
      description: 'Look at ten rows',
      command: '<%= config.bin %> run recipes/agent-rollout.yaml --format codex --preview',
    },
    {
      description: 'Edit a recipe and see after each save what changed',
      command: '<%= config.bin %> run recipes/agent-rollout.yaml --preview --watch --num-records 3',
    },
    {
      description: 'Another model behind an alias',
      command: '<%= config.bin %> run recipes/agent-rollout.yaml --model nvidia-super=openai/gpt-5-mini',
    },
    {
      description: 'One of eight parts, on this machine',
      command: '<%= config.bin %> run recipes/agent-rollout.yaml --partition-index 0 --num-partitions 8',
    },
  ];

  static override enableJsonFlag = true;

  static override args = recipeArgs;

  static override flags = {
    'num-records': Flags.integer({
      min: 1,
      helpValue: 'N',
      description: 'Rows to make. Default: every seed row; 10 with --preview or without a seed.',
    }),
    preview: Flags.boolean({ default: false, description: 'Show records; write no dataset.' }),
    watch: Flags.boolean({
      default: false,
      description: 'With --preview: show it again each time the recipe, or a schema it refers to, is saved.',
    }),
    shuffle: Flags.boolean({ default: false, description: 'Shuffle the seed rows before taking them.' }),
    seed: Flags.integer({
      helpValue: 'N',
      default: 0,
      description: 'Seed of the shuffle: the same number, the same order.',
    }),
    'partition-index': Flags.integer({
      min: 0,
      helpValue: 'I',
      dependsOn: ['num-partitions'],
      description: 'Make only block I of the seed rows, counted from 0.',
    }),
    'num-partitions': Flags.integer({
      min: 1,
      helpValue: 'N',
      dependsOn: ['partition-index'],
      description: 'Into how many blocks the seed rows are divided.',
    }),
    'partition-from': Flags.option({
      options: PARTITION_SOURCES,
      exclusive: ['partition-index', 'num-partitions'],
      description: 'Which block this is: as an Indexed Job (with DD_NUM_PARTITIONS) or a Slurm array says.',
    })(),
    model: modelFlag(),
    set: setFlag(
      'Change a value of the recipe, as in model_configs.nvidia-super.inference_parameters.temperature=0.2',
    ),
    'artifact-path': Flags.string({
      helpValue: 'DIR',
      default: 'artifacts',
      description: 'Folder of datasets. Answers are kept in .dd beside it.',
    }),
    'dataset-name': Flags.string({
      helpValue: 'NAME',
      description: "Folder of this dataset. Default: the recipe's name.",
    }),
    fresh: Flags.boolean({
      default: false,
      description: 'Make a new folder with a timestamp instead of bringing the dataset up to date.',
    }),
    'dry-run': Flags.boolean({
      default: false,
      description: 'Ask no model: make up answers that fit the schemas. Needs no key and no network.',
    }),
    cache: Flags.boolean({
      allowNo: true,
      default: true,
      description: 'Use the answer store; --no-cache asks everything again and stores that instead.',
    }),
    'retry-failed': Flags.boolean({
      default: false,
      description: 'Ask afresh for cells whose stored answers were never usable.',
    }),
    ...limitFlags,
    quiet: Flags.boolean({ char: 'q', default: false, description: 'No progress and no summary.' }),
  };

  async run(): Promise<unknown> {
    const { args, flags, params } = await this.parseWithParams(Run);

    const openedWith = {
      params: paramValues(params, flags),
      set: flags.set ?? [],
      models: flags.model ?? [],
      cwd: process.cwd(),
    };
    const asked = {
      artifactPath: flags['artifact-path'],
      ...(flags['num-records'] !== undefined && { numRecords: flags['num-records'] }),
      shuffle: flags.shuffle,
      seed: flags.seed,
      dryRun: flags['dry-run'],
      noCache: !flags.cache,
      retryFailed: flags['retry-failed'],
      limits: limitsOf(flags),
      openedWith,
      env: process.env,
    };
    const partition = this.partitionOf(flags);
    if (flags.watch) return this.watch({ ...asked, file: args.recipe }, partition, flags);

    const opened = await this.openSound(args.recipe, openedWith);
    if (!flags.quiet) (await import('../run-output.js')).warn(opened, (text) => this.logToStderr(text));
    if (partition && !partition.ok) return this.failAt(opened, partition.error);

    return this.make(
      opened,
      {
        ...asked,
        plan: opened.plan,
        ...(flags['dataset-name'] !== undefined && { datasetName: flags['dataset-name'] }),
        ...(partition && { partition: partition.value }),
        preview: flags.preview,
        fresh: flags.fresh,
      },
      flags.quiet,
    );
  }

  /** `--watch`: a preview after each save, until Ctrl-C. */
  private async watch(
    asked: Omit<WatchRequest, 'onEvent' | 'onReport' | 'partition'>,
    partition: Result<PartitionBlock, RunProblem> | undefined,
    { preview, quiet }: { readonly preview: boolean; readonly quiet: boolean },
  ): Promise<void> {
    const [{ watchRecipe }, { watchOutput }] = await Promise.all([
      import('../../run/watch/watch.js'),
      import('../watch-output.js'),
    ]);
    if (!preview)
      this.fail({ message: '--watch shows a preview after each save', hint: 'add --preview to the command' });
    if (this.jsonEnabled())
      this.fail({ message: '--watch has no end to report as JSON', hint: 'take out --json or --watch' });
    if (partition && !partition.ok) return this.fail(partition.error);
    const ended = await watchRecipe({
      ...asked,
      ...(partition && { partition: partition.value }),
      ...watchOutput({
        out: (text) => this.log(text),
        err: (text) => this.logToStderr(text),
        quiet,
        dryRun: asked.dryRun,
      }),
    });
    if (!ended.ok) return this.fail(ended.error);
    process.exitCode = ended.value;
  }

  /** The block that is asked for, by number or by what the scheduler says; `undefined` for all rows. */
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
