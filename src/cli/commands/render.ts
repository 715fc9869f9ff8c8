import {
  recipeArgs,
  setFlag,
  allowPluginsFlag,
  allowHostsFlag,
  modelFlag,
  artifactPathFlag,
  seedFlag,
  openingOf,
  stageFlag,
  stageOutputFlag,
  stageOutputsOf,
} from '../flags.js';
import { Flags } from '@oclif/core';
import { RecipeCommand } from '../recipe-command.js';
import { recordStyle } from '../print.js';
import type { RenderedCell, RenderedMessage, RenderedTurn } from '../../authoring/render-cell.js';
import type { RecordStyle } from '../render/record-style.js';
import { count, safe } from '../render/text.js';

/** `dd render RECIPE`: shows the messages of one cell without sending them. */
export default class Render extends RecipeCommand {
  static override summary = 'Show the exact messages of one cell without sending them.';

  static override description = [
    'Renders the prompts of one column for one seed row. The columns it reads have their cached answers. For a cell with tools, also their schemas and the stored turns are shown, once a run has listed the tools. If an answer is not cached, a generated fake answer is used, and the output says so. Calls no model and writes nothing.',
    "The recipe's params are also flags of this command. Token counts are estimates: one token is 4 ASCII characters, 3 other characters, or 1.5 Chinese, Japanese or Korean characters.",
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> render recipes/agent-rollout.yaml --column trace_digest --trace-dir examples/traces',
    '<%= config.bin %> render recipes/agent-rollout.yaml --column sft_record --row 3 --json',
  ];

  static override enableJsonFlag = true;

  static override args = recipeArgs;

  static override flags = {
    column: Flags.string({
      char: 'c',
      required: true,
      helpValue: 'NAME',
      description: 'The column to render. It must be a column that asks a model.',
    }),
    row: Flags.integer({
      min: 0,
      default: 0,
      helpValue: 'N',
      description: 'Row number, counted from 0, in the order of a run. Default: 0.',
    }),
    shuffle: Flags.boolean({ default: false, description: 'Shuffle the seed rows first, as in dd run.' }),
    seed: seedFlag(),
    model: modelFlag(),
    'allow-plugins': allowPluginsFlag(),
    'allow-hosts': allowHostsFlag(),
    set: setFlag(),
    stage: stageFlag('Of a recipe with stages: the one that has the column.'),
    'stage-output': stageOutputFlag(),
    'artifact-path': artifactPathFlag('Folder of datasets. Cached answers are read from .dd beside it.'),
  };

  async run(): Promise<unknown> {
    const { args, flags, params } = await this.parseWithParams(Render);

    const [{ renderCell }, { foldersOf }] = await Promise.all([
      import('../../authoring/render-cell.js'),
      import('../../dataset/folders.js'),
    ]);
    const opened = await this.openSound(args.recipe, {
      ...openingOf(flags, params),
      stage: flags.stage,
      stageOutputs: stageOutputsOf(flags['stage-output']),
      datasets: { artifactPath: flags['artifact-path'] },
    });
    const rendered = await renderCell({
      plan: opened.plan,
      column: flags.column,
      row: flags.row,
      shuffle: flags.shuffle,
      seed: flags.seed,
      answerStore: foldersOf(flags['artifact-path'], '').answerStore,
      env: process.env,
    });
    if (!rendered.ok) return this.failAt(opened, rendered.error);
    this.log(renderRenderedCell(rendered.value, recordStyle(process.stdout)));
    return rendered.value;
  }
}

/** The request of a cell as text, with every message in full. */
function renderRenderedCell(cell: RenderedCell, style: RecordStyle): string {
  return [
    heading(cell, style),
    ...cell.messages.map((message) => renderMessage(message, style)),
    renderTools(cell, style),
    ...(cell.turns ?? []).map((turn) => renderTurn(turn, style)),
    ending(cell),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function heading(
  { column, row, model, drawn = {}, tokens, reads }: RenderedCell,
  { bold, dim }: RecordStyle,
): string {
  const name = `${safe(model.alias)} (${safe(model.provider)}/${safe(model.model)})`;
  const origins = reads.map((read) => `${safe(read.name)} (${read.from})`);
  const values = Object.entries(drawn).map(([parameter, value]) => `${parameter} ${value}`);
  return [
    `${bold(column)}, row ${row}: ${name}, ${about(tokens)}`,
    ...(values.length > 0 ? [`drawn for this cell: ${values.join(', ')}`] : []),
    ...(origins.length > 0 ? [dim(`depends on ${origins.join(', ')}`)] : []),
  ].join('\n');
}

function renderMessage(
  { role, media = [], content, tokens, cut_bytes: cuts }: RenderedMessage,
  style: RecordStyle,
): string {
  const lost = cuts.reduce((sum, bytes) => sum + bytes, 0);
  const cut =
    cuts.length === 0 ? '' : `, cut in ${count(cuts.length, 'place')}: ${count(lost, 'byte')} left out`;
  const shown = media.map((part) => `[${safe(part)}]\n`).join('');
  return `${style.bold(role)} ${style.dim(`${about(tokens)}${cut}`)}\n${shown}${safe(content)}`;
}

/** The tools of the request, each with its JSON Schema; then what is stored of the conversation. */
function renderTools({ tools, turns }: RenderedCell, { bold, dim }: RecordStyle): string {
  if (!tools) return '';
  const { alias, definitions } = tools;
  const title = bold(`tools of ${safe(alias)}`);
  if (!definitions)
    return `${title}\nTheir names and schemas are part of the request. They are known here once a run has listed them: dd render starts no server.`;
  const shown = definitions.map(
    ({ name, description, parameters }) =>
      `${safe(name)}${description === undefined ? '' : ` ${dim(safe(description))}`}\n  ${safe(JSON.stringify(parameters))}`,
  );
  const rest = turns ? dim('Stored turns of this cell:') : dim('No turns of this cell are stored.');
  return [title, ...shown, '', rest].join('\n');
}

function renderTurn(
  { role, content, reasoning, toolCalls = [], toolCallId, media = [], isError }: RenderedTurn,
  { bold, dim }: RecordStyle,
): string {
  const about = `${toolCallId === undefined ? '' : ` ${safe(toolCallId)}`}${isError ? ', error' : ''}`;
  return [
    `${bold(role)}${dim(about)}`,
    ...(reasoning === undefined ? [] : [dim(safe(reasoning))]),
    ...media.map((part) => `[${safe(part)}]`),
    ...(content === '' ? [] : [safe(content)]),
    ...toolCalls.map(
      ({ id, name, arguments: given }) => `calls ${safe(name)} ${dim(safe(id))} ${safe(given)}`,
    ),
  ].join('\n');
}

function ending({ structured_output }: RenderedCell): string {
  return structured_output === undefined
    ? ''
    : `The answer must be JSON that matches the column's schema (technique: ${structured_output}). --json shows the schema.`;
}

const about = (tokens: number): string => `about ${count(tokens, 'token')}`;
