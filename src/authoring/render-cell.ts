import { makeRow } from '../engine/row.js';
import { identifyRows, type IdentifiedRow } from '../engine/row-identity.js';
import { findStoreDamage } from '../answer-store/integrity.js';
import { openStoredAnswers } from '../answer-store/answer-store.js';
import type { FinishedRow, Plan, PlannedColumn } from '../engine/types.js';
import type { JsonObject, JsonSchema } from '../core/json.js';
import { mediaSummary } from '../columns/media-context.js';
import { mediaInMemory, mediaPlaces } from '../dataset/media.js';
import type { MediaFiles } from '../columns/types.js';
import { tokensPerPart } from '../models/usage/estimate.js';
import { estimateTokens } from '../core/estimate-tokens.js';
import { drawParameters } from '../models/drawn-parameters.js';
import { fitRequest } from '../models/fit-prompt.js';
import { createFabricator, fabricateReply } from '../models/fabricate.js';
import { createMemoryStore } from '../models/cached-requests.js';
import { createModels, withCachePolicy } from '../models/models.js';
import { withSchemaInPrompt } from '../models/structured/prompt.js';
import { techniquesFor } from '../models/providers/techniques.js';
import type {
  AnswerStore,
  ChatMessage,
  Model,
  Models,
  ModelRequest,
  SpokenMessage,
  Technique,
  ToolDefinition,
} from '../models/types.js';
import { err, ok, type Result } from '../core/result.js';
import { didYouMeanOneOf } from '../core/suggest.js';
import type { RunProblem } from '../run/problem.js';
import { noToolbox } from '../tools/toolbox.js';
import { rememberedTools } from '../run/remembered-tools.js';
import { openRows } from '../run/seed-rows.js';

/** The cell to render, and the answer store to use. */
export interface RenderRequest {
  readonly plan: Plan;
  readonly column: string;
  /** Counted from 0, in the order of a run with the same flags. */
  readonly row: number;
  readonly shuffle: boolean;
  /** Seed of every random choice. */
  readonly seed: number | undefined;
  /** Folder of the answer store. It does not have to exist. */
  readonly answerStore: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The request of one cell. */
export interface RenderedCell {
  readonly column: string;
  readonly row: number;
  readonly model: { readonly alias: string; readonly provider: string; readonly model: string };
  /** The parameters that were drawn for this cell; only if there are any. */
  readonly drawn?: Readonly<Record<string, number>>;
  readonly messages: readonly RenderedMessage[];
  /** Estimated input tokens of the whole request. */
  readonly tokens: number;
  /** The columns it depends on, and where their values come from. */
  readonly reads: readonly ReadColumn[];
  /** The first technique for structured output, and the schema; only if the answer is JSON. */
  readonly structured_output?: Technique;
  readonly schema?: JsonSchema;
  /** The tools that the model may call; only if there are any. */
  readonly tools?: RenderedTools;
  /** What followed the messages when the cell was made: calls of tools, results, the answer. Only if it is stored. */
  readonly turns?: readonly RenderedTurn[];
}

export interface RenderedTools {
  readonly alias: string;
  /** As they are part of the request; left out while no run has listed them. */
  readonly definitions?: readonly ToolDefinition[];
}

/** A message of the conversation with tools. */
export interface RenderedTurn extends Omit<SpokenMessage, 'media'> {
  readonly media?: readonly string[];
}

export interface RenderedMessage extends Omit<ChatMessage, 'media'> {
  /** Images, sounds and films before the text, without their data; only if there are any. */
  readonly media?: readonly string[];
  readonly tokens: number;
  /** Bytes that `fit` cut, one entry per mark. */
  readonly cut_bytes: readonly number[];
}

export interface ReadColumn {
  readonly name: string;
  /** `made`: computed from other columns without a model. */
  readonly from: 'stored' | 'fabricated' | 'made' | 'skipped';
}

/** Renders the request of one cell. Calls no model and writes nothing. */
export async function renderCell(request: RenderRequest): Promise<Result<RenderedCell, RunProblem>> {
  const plan = { ...request.plan, randomSeed: request.seed ?? request.plan.randomSeed };
  const target = plan.columns.find(({ column }) => column.name === request.column);
  if (!target || target.column.modelAliases.length === 0) return err(noSuchColumn(request, target));

  const row = await findRow(request);
  if (!row.ok) return row;
  const damage = await findStoreDamage(request.answerStore);
  const stored = damage === undefined ? await openStoredAnswers(request.answerStore) : undefined;
  try {
    const recorder = recordRequest(plan, request.column, stored?.store ?? createMemoryStore());
    const columns = ancestry(target, plan.columns);
    const media = mediaInMemory(mediaPlaces(plan));
    const context = { models: recorder.models, media, emit: () => undefined };
    const made = await makeRow({ ...plan, columns }, row.value, context);
    const asked = recorder.request();
    const question = asked && shownRequest(asked, plan, stored?.store ?? createMemoryStore());
    if (!question) return err(noRequest(made, request));
    const reads = columns
      .filter((column) => column !== target)
      .map((column) => ({
        name: column.column.name,
        from: made.skipped.includes(column.column.name)
          ? ('skipped' as const)
          : recorder.origin(column.column.name),
      }));
    return ok({ ...describe(question, plan, request.row, reads), ...(await recorder.withTools(question)) });
  } finally {
    await stored?.close();
  }
}

/**
 * Renders the requests of a row of a dataset, one for each column that asks a model, from the cells of the row itself.
 * Calls no model, reads no seed and no stored answers.
 */
export async function renderRow(
  plan: Plan,
  row: JsonObject,
  media: MediaFiles = mediaInMemory(mediaPlaces(plan)),
): Promise<readonly { readonly column: string; readonly rendered: Result<RenderedCell, RunProblem> }[]> {
  const asking = plan.columns.filter(({ column }) => column.modelAliases.length > 0);
  return Promise.all(
    asking.map(async (target) => {
      const { name } = target.column;
      const recorder = recordRequest(plan, name, createMemoryStore());
      const alone = { ...plan, columns: [{ ...target, dependsOn: [] }] };
      const context = { models: recorder.models, media, emit: () => undefined };
      const made = await makeRow(alone, { index: 0, seed: row, ids: new Map() }, context);
      const asked = recorder.request();
      const rendered = asked
        ? ok(describe(shownRequest(asked, plan, createMemoryStore()), plan, 0, []))
        : err(noRequest(made, { column: name, row: 0 }));
      return { column: name, rendered };
    }),
  );
}

/** The row as a run identifies it: that depends on the rows before it. */
async function findRow({
  plan,
  row,
  shuffle,
  seed,
  env,
}: RenderRequest): Promise<Result<IdentifiedRow, RunProblem>> {
  const opened = await openRows(plan, {
    rows: { limit: row + 1, shuffle, seed },
    env,
  });
  if (!opened.ok) return opened;
  let count = 0;
  for await (const found of identifyRows(plan, opened.value.rows)) {
    if (found.index === row) return ok(found);
    count += 1;
  }
  return err({ message: `there is no row ${row}: the seed has ${count}, counted from 0` });
}

/** The request as a run sends it: shortened where it does not fit into the context window. */
function shownRequest(request: ModelRequest, plan: Plan, store: AnswerStore): ModelRequest {
  const model = plan.models.get(request.alias);
  return model ? fitRequest(request, model, store, () => false).request : request;
}

interface Recorder {
  readonly models: Models;
  /** The request of the column. */
  request(): ModelRequest | undefined;
  origin(column: string): 'stored' | 'fabricated' | 'made';
  /** The tools of a request, and its stored turns. */
  withTools(question: ModelRequest): Promise<Pick<RenderedCell, 'tools' | 'turns'>>;
}

/** Models that record the request of one column, and answer other columns from the store or with fake answers. */
function recordRequest(plan: Plan, column: string, store: AnswerStore): Recorder {
  const never = new AbortController().signal;
  const shared = {
    models: plan.models,
    runConfig: plan.recipe.run_config ?? {},
    emit: () => undefined,
    stop: never,
    abort: never,
    transportFor: () => createFabricator(),
    callService: fabricateReply,
  };
  const toolbox = rememberedTools(plan.recipe, store);
  const fromStore = createModels({ ...shared, store, toolbox });
  const fake = createModels({ ...shared, store: createMemoryStore(), toolbox: noToolbox });
  const origins = new Map<string, 'stored' | 'fabricated'>();
  let recorded: ModelRequest | undefined;
  return {
    models: {
      async ask(question) {
        if (question.column === column) {
          recorded = question;
          return err({ class: 'stopped', message: 'nothing is sent', attempts: [] });
        }
        const stored = await fromStore.ask({ ...question, cachePolicy: 'cache-only' });
        origins.set(question.column, stored.ok ? 'stored' : 'fabricated');
        return stored.ok ? stored : fake.ask(question);
      },
      async call(question) {
        const stored = await withCachePolicy(fromStore, 'cache-only').call?.(question);
        origins.set(question.column, stored?.ok ? 'stored' : 'fabricated');
        return stored?.ok ? stored : fake.call(question);
      },
    },
    request: () => recorded,
    origin: (name) => origins.get(name) ?? 'made',
    async withTools(question) {
      const { toolAlias: alias, messages } = question;
      if (alias === undefined) return {};
      const kit = await toolbox.kitOf(alias);
      if (!kit.ok) return { tools: { alias } };
      const tools = { alias, definitions: kit.value.definitions };
      const stored = await fromStore.ask({ ...question, cachePolicy: 'cache-only' });
      if (!stored.ok) return { tools };
      return { tools, turns: stored.value.conversation.slice(messages.length).map(turnOf) };
    },
  };
}

/** A column with all columns it depends on, in the order of the plan. */
function ancestry(target: PlannedColumn, columns: readonly PlannedColumn[]): readonly PlannedColumn[] {
  const needed = new Set([target.column.name]);
  for (const { column, dependsOn } of columns.toReversed())
    if (needed.has(column.name)) for (const name of dependsOn) needed.add(name);
  return columns.filter(({ column }) => needed.has(column.name));
}

function describe(
  question: ModelRequest,
  plan: Plan,
  row: number,
  reads: readonly ReadColumn[],
): RenderedCell {
  const model = plan.models.get(question.alias);
  if (!model) throw new Error(`unknown model alias ${question.alias}`);
  const technique = question.output && techniqueOf(model);
  const messages = messagesOf(question, technique).map(measure);
  return {
    column: question.column,
    row,
    model: { alias: model.alias, provider: model.endpoint.provider, model: model.model },
    ...(model.drawn && question.random && { drawn: drawParameters(model, question.random()) }),
    messages,
    tokens: messages.reduce((sum, { tokens }) => sum + tokens, 0),
    reads,
    ...(technique && question.output && { structured_output: technique, schema: question.output.schema }),
  };
}

const techniqueOf = (model: Model): Technique => techniquesFor(model)[0] ?? 'prompt';

function messagesOf(
  { messages, output }: ModelRequest,
  technique: Technique | undefined,
): readonly ChatMessage[] {
  return output && technique === 'prompt' ? withSchemaInPrompt(messages, output.schema) : messages;
}

const turnOf = ({ media = [], ...message }: SpokenMessage): RenderedTurn => ({
  ...message,
  ...(media.length > 0 && { media: media.map(mediaSummary) }),
});

/** The mark that `fit` puts where it cut. */
const CUT = /…\[(\d+) bytes cut\]…/g;

function measure({ role, content, media = [] }: ChatMessage): RenderedMessage {
  const cut_bytes = [...content.matchAll(CUT)].map(([, bytes]) => Number(bytes));
  return {
    role,
    ...(media.length > 0 && { media: media.map(mediaSummary) }),
    content,
    tokens: estimateTokens(content) + media.length * tokensPerPart,
    cut_bytes,
  };
}

function noSuchColumn({ plan, column }: RenderRequest, found: PlannedColumn | undefined): RunProblem {
  const asking = plan.columns
    .filter((planned) => planned.column.modelAliases.length > 0)
    .map((planned) => planned.column.name);
  const message = found ? `column \`${column}\` asks no model` : `there is no column \`${column}\``;
  const hint = didYouMeanOneOf(column, asking);
  return { message, ...(hint !== undefined && { hint }) };
}

function noRequest(
  { failures, skipped }: FinishedRow,
  { column, row }: Pick<RenderRequest, 'column' | 'row'>,
): RunProblem {
  if (skipped.includes(column)) return { message: `column \`${column}\` is skipped in row ${row}` };
  const [failure] = failures;
  const reason = failure ? `: column \`${failure.column}\`: ${failure.failure.message}` : '';
  return { message: `column \`${column}\` sends no request in row ${row}${reason}` };
}
