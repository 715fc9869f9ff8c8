import { artifactPathFlag } from '../flags.js';
import { basename } from 'node:path';
import { DdCommand } from '../command.js';
import type { ListedRun } from '../../dataset/run-history.js';
import { renderTable } from '../render/table.js';
import { safe } from '../render/text.js';

/** `dd runs`: lists the run history. */
export default class Runs extends DdCommand {
  static override summary = 'List the runs made here.';
  static override enableJsonFlag = true;

  static override flags = {
    'artifact-path': artifactPathFlag(),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Runs);
    const [{ foldersOf }, { listedRuns }] = await Promise.all([
      import('../../dataset/folders.js'),
      import('../../dataset/run-history.js'),
    ]);
    const runs = await listedRuns(foldersOf(flags['artifact-path'], '').runs);
    this.log(runs.length === 0 ? 'no runs yet' : renderRuns(runs));
    return { runs };
  }
}

/** A table with one line per run. */
function renderRuns(runs: readonly ListedRun[]): string {
  const rows = runs.map((run) => [
    run.started_at.slice(0, 16).replace('T', ' '),
    safe(run.recipe),
    datasetOf(run),
    run.fabricated ? `${run.status} (fabricated)` : run.status,
    run.rows ? `${run.rows.done} done, ${run.rows.failed} failed` : '',
  ]);
  return renderTable([['started', 'recipe', 'dataset', 'status', 'rows'], ...rows]);
}

/** The name, with a note if the folder does not exist. */
function datasetOf({ dataset, dataset_exists, status }: ListedRun): string {
  const name = safe(basename(dataset));
  if (dataset_exists) return name;
  return status === 'running' ? `${name} (not there yet)` : `${name} (not there)`;
}
