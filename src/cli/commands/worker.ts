import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { DdCommand } from '../command.js';
import { EXIT } from '../../run/status.js';
import { allowHostsFlag, metricsFlag, queueFlag, queueOf, queueRowsFlag, quietFlag } from '../flags.js';

/** `dd worker`: makes cells for the runs of a queue. */
export default class Worker extends DdCommand {
  static override summary = 'Make cells for the runs of a queue, on any number of machines.';

  static override description = [
    'dd run RECIPE --queue URL coordinates a run; each dd worker --queue URL makes a part of its cells. Workers may start before or after the run, anywhere. They need the keys of its models in their environment, and write no files.',
    'Ctrl-C ends a worker: requests in flight are waited for, and what it has not finished goes to another one.',
  ].join('\n\n');

  static override examples = [
    {
      description: 'Work on whatever comes, until Ctrl-C',
      command: '<%= config.bin %> worker --queue redis://queue.example:6379',
    },
    {
      description: 'End when there was no work for five minutes, as in a Slurm job',
      command: '<%= config.bin %> worker --idle-exit 300',
    },
  ];

  static override enableJsonFlag = true;

  static override flags = {
    queue: queueFlag('The address of the Redis server of the queue.'),
    'queue-rows': queueRowsFlag(
      'The folder of dd run --queue-rows, where it has another path on this machine.',
    ),
    concurrency: Flags.integer({
      min: 1,
      max: 64,
      helpValue: 'N',
      description:
        'Blocks of rows at a time, of each run, at most. Default: what keeps its part of the limits busy.',
    }),
    once: Flags.boolean({ default: false, description: 'End when the runs that it worked on are over.' }),
    'idle-exit': Flags.integer({
      min: 0,
      helpValue: 'SECONDS',
      description: 'End when there was no work for so many seconds.',
    }),
    metrics: metricsFlag(),
    'allow-plugins': Flags.boolean({
      default: false,
      description: 'Load the plugins that the recipes name. A plugin is a program: read it first.',
    }),
    'allow-hosts': allowHostsFlag(),
    quiet: quietFlag('Print nothing but errors.'),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Worker);
    const url = queueOf(flags);
    if (url === undefined)
      return this.fail({
        message: 'a worker needs the address of a queue',
        hint: 'dd worker --queue redis://HOST:6379, or set DD_QUEUE',
      });
    const [{ workOnQueue }, { interruptOnSignals }] = await Promise.all([
      import('../../run/queue/worker.js'),
      import('../../run/stop.js'),
    ]);
    const worked = await workOnQueue({
      url,
      rows: flags['queue-rows'] === undefined ? undefined : resolve(flags['queue-rows']),
      cwd: process.cwd(),
      env: process.env,
      allowPlugins: flags['allow-plugins'],
      allowHosts: flags['allow-hosts'],
      concurrency: flags.concurrency,
      once: flags.once,
      idleExit: flags['idle-exit'],
      metrics: flags.metrics,
      onNote: (text) => {
        if (!flags.quiet && !this.jsonEnabled()) this.logToStderr(text);
      },
      interrupt: interruptOnSignals,
      // Connections and timers of BullMQ are left that would keep the process.
      onLost: () => setTimeout(() => process.exit(), 1000).unref(),
    });
    if (!worked.ok) return this.fail(worked.error);
    return this.endedWith(EXIT.complete, worked.value, undefined);
  }
}
