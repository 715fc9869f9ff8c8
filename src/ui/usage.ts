import type { AliasUsage, ColumnUsage, Metadata } from '../dataset/metadata.js';
import { money } from './money.js';
import { renderTable } from './table.js';
import { compact, safe } from './text.js';

interface Line {
  readonly alias: AliasUsage;
  readonly use: ColumnUsage;
}

interface TableColumn {
  readonly heading: string;
  readonly cell: (line: Line) => string;
  /** Left out when it would be empty in every line. */
  readonly amount?: (use: ColumnUsage) => number;
}

const ofAmount = (heading: string, amount: (use: ColumnUsage) => number): TableColumn => ({
  heading,
  amount,
  cell: ({ use }) => compact(amount(use)),
});

const tableColumns: readonly TableColumn[] = [
  { heading: 'column', cell: ({ use }) => safe(use.column) },
  { heading: 'model', cell: ({ alias }) => safe(alias.alias) },
  ofAmount('cells', ({ cells }) => cells),
  ofAmount('calls', ({ calls }) => calls),
  ofAmount('failed', (use) => use.failed_calls),
  ofAmount('stored', (use) => use.stored_answers),
  ofAmount('tokens in', ({ tokens }) => tokens.input),
  ofAmount('cached', ({ tokens }) => tokens.cached),
  ofAmount('tokens out', ({ tokens }) => tokens.output),
  ofAmount('reasoning', ({ tokens }) => tokens.reasoning),
  ofAmount('not counted', ({ tokens }) => tokens.answers_uncounted),
  { heading: 'cost', cell: ({ use }) => money(use.cost_usd, use.tokens.answers_uncounted > 0) },
];

/** What the models were asked, a line for each column and model, and what it cost in all. */
export function renderUsage({ usage, cost, fabricated }: Metadata): string | undefined {
  const lines = usage.flatMap((alias) => alias.columns.map((use): Line => ({ alias, use })));
  if (fabricated || lines.length === 0) return undefined;
  const areShared = new Set(lines.map(({ use }) => use.column)).size < lines.length;
  const shown = tableColumns
    .filter(({ amount }) => !amount || lines.some(({ use }) => amount(use) > 0))
    .filter(({ heading }) => heading !== 'cells' || areShared);
  const table = renderTable(
    [shown.map(({ heading }) => heading), ...lines.map((line) => shown.map(({ cell }) => cell(line)))],
    shown.flatMap((_, at) => (at > 1 ? at : [])),
  );
  return `${table}\n${costLine(usage, cost)}`;
}

function costLine(
  usage: readonly AliasUsage[],
  { this_run, dataset, prices_as_of }: Metadata['cost'],
): string {
  const run = `cost ${money(this_run.usd, this_run.usd_is_minimum)}`;
  const hasMore = JSON.stringify(dataset.tokens) !== JSON.stringify(this_run.tokens);
  const all = hasMore ? `; of the dataset in all ${money(dataset.usd, dataset.usd_is_minimum)}` : '';
  const used = usage.filter(({ columns }) => columns.length > 0);
  const dated = used.some(({ prices }) => prices?.from === 'table') ? ` (prices of ${prices_as_of})` : '';
  const unpriced = used.flatMap(({ alias, prices }) => (prices ? [] : `\`${safe(alias)}\``));
  const isMissed = [this_run, dataset].some(({ usd, usd_is_minimum }) => usd === null || usd_is_minimum);
  const hint =
    isMissed && unpriced.length > 0
      ? `: no prices are known for ${unpriced.join(', ')}; give them as \`prices:\``
      : '';
  return `${run}${all}${dated}${hint}`;
}
