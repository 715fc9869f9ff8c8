import { Flags } from '@oclif/core';
import { DdCommand } from '../cli/command.js';

/** `dd runs`: the catalogue of runs. */
export default class Runs extends DdCommand {
  static override summary = 'List the runs made here.';
  static override enableJsonFlag = true;

  static override flags = {
    'artifact-path': Flags.string({
      helpValue: 'DIR',
      default: 'artifacts',
      description: 'Folder of datasets.',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Runs);
    const [{ foldersOf }, { listedRuns }, { renderRuns }] = await Promise.all([
      import('../dataset/folders.js'),
      import('../app/list-runs.js'),
      import('../ui/runs.js'),
    ]);
    const runs = await listedRuns(foldersOf(flags['artifact-path'], '').runs);
    this.log(runs.length === 0 ? 'no runs yet' : renderRuns(runs));
    return { runs };
  }
}
