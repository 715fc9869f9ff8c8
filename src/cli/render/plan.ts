import type {
  ColumnReport,
  PlanReport,
  StageReport,
  StagesReport,
  Work,
} from '../../authoring/plan-report.js';
import { money, compact, count, safe, wrap } from './text.js';
import { renderSends } from './sends.js';
import { renderTable } from './table.js';

/** Longer lines are wrapped and indented. */
const WIDTH = 100;

/** A plan as text: the columns in order, then calls, tokens and cost. */
export function renderPlan(report: PlanReport): string {
  const { columns, total, rows } = report;
  const asking = columns.filter(({ models }) => models.length > 0);
  const work = [
    ['column', 'model', 'calls', '~tokens in', '~tokens out', '~cost'],
    ...asking.map((column) => [safe(column.name), modelsOf(column), ...workOf(column)]),
    ['all', '', ...workOf(total)],
  ];
  return [
    `${safe(report.recipe)}: ${rowsText(report)}`,
    ...rows.problems.map((problem) => `note: ${safe(problem)}`),
    ...asking
      .filter(({ shortened_prompts }) => shortened_prompts > 0)
      .map(({ name, shortened_prompts }) => shortenedNote(name, shortened_prompts, rows.looked_at)),
    '',
    renderGraph(columns),
    ...renderProcessors(report),
    ...(asking.length > 0 ? ['', renderTable(work, [2, 3, 4, 5])] : []),
    ...batchText(report),
    ...sendsText(report),
    ...(asking.length > 0 && rows.looked_at > 0 ? ['', ...basis(report)] : []),
  ].join('\n');
}

/** A plan of stages: each as a plan of its own, then what all of them cost. */
export function renderStagesPlan({ recipe, stages, total }: StagesReport): string {
  const table = [
    ['stage', 'calls', '~tokens in', '~tokens out', '~cost'],
    ...stages.map(({ stage, file, total: own }) => [
      safe(stage),
      ...(file === null ? workOf(own) : ['0', '0', '0', money(0)]),
    ]),
    ['all', ...workOf(total)],
  ];
  return [
    `${safe(recipe)}: ${count(stages.length, 'stage')}`,
    ...stages.flatMap((stage) => [
      '',
      stageHeading(stage),
      ...(stage.file === null ? [renderPlan({ ...stage, sends: [] })] : []),
    ]),
    '',
    renderTable(table, [1, 2, 3, 4]),
    ...(total.calls === null
      ? ['The rows of a later stage are known when the stages that it needs have been made: plan again then.']
      : []),
    ...sendsText({ sends: stages.flatMap(({ sends }) => sends) }),
  ].join('\n');
}

function stageHeading({ stage, needs, file }: StageReport): string {
  const from = needs.length === 0 ? '' : `, from the rows of ${needs.map(safe).join(' and ')}`;
  return file === null
    ? `stage ${safe(stage)}${from}`
    : `stage ${safe(stage)}: ${safe(file)} is read in its place`;
}

const shortenedNote = (name: string, shortened: number, all: number): string =>
  `note: column \`${safe(name)}\`: ${shortened} of ${count(all, 'prompt')} shortened to fit into the context window`;

function renderGraph(columns: readonly ColumnReport[]): string {
  const table = [
    ['step', 'column', 'type'],
    ...columns.map(({ step, name, type, dropped }) => [
      step,
      `${safe(name)}${dropped ? ' (dropped)' : ''}`,
      type,
    ]),
  ];
  return besideTable(table, ['reads', ...columns.map(readsOf)]).join('\n');
}

/** A table with a long text behind each line, wrapped and indented. */
function besideTable(table: Parameters<typeof renderTable>[0], texts: readonly string[]): readonly string[] {
  const lines = renderTable(table).split('\n');
  const indent = Math.max(...lines.map((line) => line.length)) + 2;
  return lines.flatMap((line, at) => {
    const [first = '', ...more] = wrap(texts[at] ?? '', WIDTH - indent);
    return [`${line.padEnd(indent)}${first}`.trimEnd(), ...more.map((rest) => ' '.repeat(indent) + rest)];
  });
}

/** The processors in order, with the columns that each leaves. */
function renderProcessors({ processors }: PlanReport): readonly string[] {
  if (processors.length === 0) return [];
  const table = [
    ['then', 'processor', 'type'],
    ...processors.map(({ name, type }, at) => [String(at + 1), safe(name), type]),
  ];
  const leaves = [
    'columns',
    ...processors.map(({ columns, beside }) =>
      [...columns.map(safe), ...(beside ? [`and beside them ${beside.map(safe).join(', ')}`] : [])].join(
        ', ',
      ),
    ),
  ];
  return ['', ...besideTable(table, leaves)];
}

function rowsText({ seed, rows }: PlanReport): string {
  const from = seed === null ? '' : ` of ${seed}`;
  if (rows.count === null) return `rows${from} not known`;
  return `${rows.exact ? '' : 'about '}${count(rows.count, 'row')}${from}`;
}

const readsOf = ({ depends_on, seed_columns }: ColumnReport): string =>
  [...(seed_columns.length > 0 ? ['the seed'] : []), ...depends_on.map(safe)].join(', ');

const modelsOf = ({ models }: ColumnReport): string => models.map(({ alias }) => safe(alias)).join(', else ');

function workOf({ calls, input_tokens, output_tokens, cost_usd }: Work): readonly string[] {
  const number = (value: number | null): string => (value === null ? 'unknown' : compact(value));
  return [number(calls), number(input_tokens), number(output_tokens), money(cost_usd)];
}

function batchText({ batch }: PlanReport): readonly string[] {
  if (!batch) return [];
  const names = batch.models.map((alias) => `\`${safe(alias)}\``).join(', ');
  return [
    '',
    `In batches: ${names}, at the price of batches, with ${count(batch.waits, 'wait')} of up to a day, one after the other.`,
  ];
}

function sendsText({ sends }: Pick<PlanReport, 'sends'>): readonly string[] {
  if (sends.length === 0) return [];
  return [
    '',
    'A run sends these variables of the environment:',
    ...[...new Set(renderSends(sends))].map((line) => `  ${line}`),
  ];
}

function basis({ rows, assumptions, prices_as_of, columns, total }: PlanReport): readonly string[] {
  const isDated = columns.some(({ models }) => models.some(({ prices_from }) => prices_from === 'table'));
  return [
    `Estimated from the first ${count(rows.looked_at, 'row')}. No model was called. Assumptions:`,
    ...assumptions.map((sentence) => `- ${sentence}`),
    ...(isDated ? [`Prices of ${prices_as_of}.`] : []),
    ...(total.cost_usd === null
      ? ['To get a cost for every model, add `prices:` to the models without one.']
      : []),
  ];
}

/** A plan as a Mermaid flowchart. */
export const renderMermaid = (report: PlanReport): string =>
  ['flowchart TD', ...mermaidLines(report, '')].join('\n');

/** Stages as a Mermaid flowchart, with a box around the columns of each. */
export function renderStagesMermaid({ stages }: StagesReport): string {
  const ids = new Map(stages.map(({ stage }, index) => [stage, `s${index}`]));
  return [
    'flowchart TD',
    ...stages.flatMap((stage) => [
      `  subgraph ${ids.get(stage.stage)}["${label(stage.stage)}"]`,
      ...(stage.file === null
        ? mermaidLines(
            { ...stage, seed: stage.needs.length > 0 ? null : stage.seed },
            `${ids.get(stage.stage)}`,
          )
        : [`  ${ids.get(stage.stage)}file[("${label(stage.file)}")]`]),
      '  end',
    ]),
    ...stages.flatMap(({ stage, needs }) =>
      needs.map((needed) => `  ${ids.get(needed)} --> ${ids.get(stage)}`),
    ),
  ].join('\n');
}

function mermaidLines({ seed, columns }: PlanReport, prefix: string): readonly string[] {
  const ids = new Map(columns.map(({ name }, index) => [name, `${prefix}c${index}`]));
  const nodes = columns.map(({ name, type, models }) => {
    const about = [type, models.map(({ alias }) => alias).join(', else ')].filter(Boolean).join(' · ');
    return `  ${ids.get(name)}["${label(name)}<br/>${label(about)}"]`;
  });
  const edges = columns.flatMap(({ name, depends_on, seed_columns }) => [
    ...(seed !== null && seed_columns.length > 0 ? [`  ${prefix}seed --> ${ids.get(name)}`] : []),
    ...depends_on.map((needed) => `  ${ids.get(needed)} --> ${ids.get(name)}`),
  ]);
  return [...(seed === null ? [] : [`  ${prefix}seed[("${label(seed)}")]`]), ...nodes, ...edges];
}

/** Text inside quotes. Mermaid writes HTML entities with `#`. */
function label(text: string): string {
  return safe(text).replaceAll(/["#&<>;`\n]/g, (sign) => `#${sign.codePointAt(0)};`);
}
