import { Args, Flags } from '@oclif/core';
import type { ShownRow } from '../../dataset/browse-rows.js';
import type { Page } from '../pager.js';
import type { ShownRows } from '../../run/show-rows.js';
import { isObject, type JsonObject } from '../../core/json.js';
import { EXIT } from '../../run/status.js';
import { DdCommand } from '../command.js';
import { artifactPathFlag } from '../flags.js';
import { recordStyle } from '../print.js';
import { count, safe } from '../render/text.js';

/** `dd show DATASET`: one record to read. */
export default class Show extends DdCommand {
  static override summary = 'Show a record of a dataset to read.';

  static override description = `A trace is shown as a conversation. Below it are the cells, whole, with the reasons of each score. A failed row is shown with its failures and the answers of the model.
In a terminal, keys go through the rows: n or → next, p or ← previous, ↑ ↓ space b scroll, q quit. Otherwise the first row is printed.
Rows are counted from 0, failed rows included, in the order of the seed.`;

  static override examples = [
    '<%= config.bin %> show agent-rollout',
    '<%= config.bin %> show agent-rollout --row 12',
    "<%= config.bin %> show agent-rollout --where 'groundedness_score < 2'",
    '<%= config.bin %> show agent-rollout --failed',
    '<%= config.bin %> show agent-rollout --rejected',
    '<%= config.bin %> show agent-rollout --row 12 --column messages',
  ];

  static override enableJsonFlag = true;

  static override args = {
    dataset: Args.string({ description: 'Name of a dataset, or its folder.', required: true }),
  };

  static override flags = {
    row: Flags.integer({ min: 0, helpValue: 'N', description: 'Begin with row N, counted from 0.' }),
    where: Flags.string({
      helpValue: 'CONDITION',
      exclusive: ['row', 'failed'],
      description: 'Only rows for which this is true: Jinja over the columns.',
    }),
    failed: Flags.boolean({
      default: false,
      exclusive: ['row', 'where'],
      description: 'Only rows that failed.',
    }),
    rejected: Flags.boolean({
      default: false,
      exclusive: ['where', 'failed'],
      description: 'Only attempts that `accept` did not take, each with the reason. --row counts these.',
    }),
    column: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'NAME,…',
      description: 'Only these columns, whole. With --failed: only failures of these columns.',
    }),
    'artifact-path': artifactPathFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Show);
    const { row: begin = 0, column: columns = [] } = flags;
    const [{ showRows }, { renderRunRow }] = await Promise.all([
      import('../../run/show-rows.js'),
      import('../render/shown-row.js'),
    ]);
    const shown = await showRows({
      dataset: args.dataset,
      artifactPath: flags['artifact-path'],
      cwd: process.cwd(),
      where: flags.where,
      failed: flags.failed,
      rejected: flags.rejected,
      columns,
    });
    if (!shown.ok) return this.fail(shown.error);
    const { metadata, rows, total } = shown.value;
    try {
      const first = await rows.at(begin);
      if (!first) return this.fail({ message: nothing(shown.value, flags) });
      if (metadata.fabricated && !this.jsonEnabled())
        this.logToStderr('this dataset is of a dry run: its answers are fake');
      const title = ({ number, state }: ShownRow): string =>
        `row ${number}${state === 'done' ? '' : `, ${state}`} · ${count(total, flags.rejected ? 'rejected attempt' : 'row')} in all`;
      const isTerminal = process.stdin.isTTY && process.stdout.isTTY && process.env['TERM'] !== 'dumb';
      if (this.jsonEnabled() || !isTerminal) {
        const style = recordStyle(process.stdout);
        this.log(`${style.dim(title(first))}\n${renderRunRow(first, metadata.columns, columns, style)}`);
        return documentOf(first, columns);
      }
      const { showPages } = await import('../pager.js');
      const page = async (index: number): Promise<Page | undefined> => {
        const row = await rows.at(index);
        if (!row) return undefined;
        const text = (width: number): string =>
          renderRunRow(row, metadata.columns, columns, { ...recordStyle(process.stdout), width });
        return { title: `${safe(metadata.dataset)}: ${title(row)}`, text };
      };
      const ended = await showPages({ input: process.stdin, output: process.stdout }, page, begin);
      if (ended === 'interrupted') this.exit(EXIT.interrupted);
      return {};
    } finally {
      await rows.close();
    }
  }
}

interface Choice {
  readonly row: number | undefined;
  readonly where: string | undefined;
  readonly failed: boolean;
  readonly rejected: boolean;
  readonly column: readonly string[] | undefined;
}

/** Why there is no row to show. */
function nothing({ metadata, unclear }: ShownRows, { row, where, failed, rejected, column }: Choice): string {
  const name = safe(metadata.dataset);
  const error = unclear();
  if (error)
    return `no row of ${name} matches; --where failed on ${count(error.rows, 'row')}: ${error.error}`;
  if (where !== undefined) return `no row of ${name} matches`;
  if (failed && column) return `no cell of these columns failed in ${name}`;
  if (failed) return `nothing failed in ${name}`;
  if (rejected && row === undefined) return `no row of ${name} was rejected`;
  if (row !== undefined) return `there is no row ${row} in ${name}, counted from 0`;
  return `${name} has no rows`;
}

function documentOf(row: ShownRow, columns: readonly string[]): object {
  const { number, state } = row;
  if (state === 'failed') return { row: number, state, seed: row.seed, failures: row.failures };
  if (state === 'rejected') {
    const { record, ...why } = row.rejection;
    const shown = isObject(record) && columns.length > 0 ? only(record, columns) : record;
    return { ...why, state, record: shown };
  }
  return { row: number, state, record: columns.length === 0 ? row.row : only(row.row, columns) };
}

const only = (row: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
