import { systemClock } from '../core/clock.js';
import type { Failure } from '../core/failure.js';
import type { Json, JsonObject } from '../core/json.js';
import { ok } from '../core/result.js';
import { makeRow } from '../engine/row.js';
import { createRowIds } from '../engine/row-identity.js';
import { createMemoryStore } from '../models/cached-requests.js';
import { createModels } from '../models/models.js';
import type { ChatMessage, ChatTransport } from '../models/types.js';
import type { Plugin } from '../plugins/plugin.js';
import { builtInRegistries } from '../plugins/registries.js';
import { openRecipe } from '../run/open-recipe.js';
import type { SeedType } from '../seeds/types.js';
import { noToolbox } from '../tools/toolbox.js';

/** One request to a scripted model. */
export interface ScriptedRequest {
  /** Alias of the model, from `model_configs`. */
  readonly alias: string;
  readonly messages: readonly ChatMessage[];
  /** The schema that the answer must have; `undefined` for plain text. */
  readonly schema: JsonObject | undefined;
}

/** What a scripted model answers: a text, or a value that is sent as JSON. */
export type Script = (request: ScriptedRequest) => Json | Promise<Json>;

export interface OneRowOptions {
  /** The recipe as data, without `seed_config`: `{ columns: […], model_configs: […] }`. */
  readonly recipe: JsonObject;
  /** The values of the seed row. */
  readonly row?: JsonObject;
  readonly plugins?: readonly Plugin[];
  /** The answers of every model. Called once for each request. */
  readonly answer?: Script;
}

export interface OneRow {
  /** What was made, by column. */
  readonly cells: JsonObject;
  /** The columns that failed, and why. */
  readonly failures: Readonly<Record<string, Failure>>;
  readonly skipped: readonly string[];
  /** Every request that was sent, in order. */
  readonly requests: readonly ScriptedRequest[];
}

/**
 * Makes one row of a recipe, with scripted answers: no network, no files, no waiting. Answers go the way that
 * real ones go: they are checked, corrected and asked for again.
 *
 * @throws Error with every mistake of the recipe, a line each
 * @example
 * const { cells } = await makeOneRow({
 *   plugins: [shoutPlugin],
 *   row: { name: 'Ada' },
 *   recipe: { columns: [{ name: 'loud', column_type: 'shout', target: 'name' }] },
 * });
 */
export async function makeOneRow({ recipe, row = {}, plugins = [], answer }: OneRowOptions): Promise<OneRow> {
  const registries = builtInRegistries.with([{ name: 'the test', seeds: [givenRow(row)] }, ...plugins]);
  if (!registries.ok) throw new Error(registries.error);
  const text = JSON.stringify({ ...recipe, seed_config: { source: { seed_type: GIVEN_ROW } } });
  const { plan, diagnostics } = await openRecipe('recipe.yaml', {
    text,
    registries: registries.value,
    cwd: '/',
    env: {},
  });
  if (!plan)
    throw new Error(
      diagnostics.map(({ code, message, hint = '' }) => `[${code}] ${message} ${hint}`).join('\n'),
    );

  const requests: ScriptedRequest[] = [];
  const never = new AbortController().signal;
  const models = createModels({
    models: plan.models,
    transportFor: () => scriptedTransport(answer, requests),
    toolbox: noToolbox,
    store: createMemoryStore(),
    runConfig: plan.recipe.run_config ?? {},
    emit: () => undefined,
    stop: never,
    abort: never,
    clock: { ...systemClock, sleep: async () => undefined },
  });
  const context = { models, emit: () => undefined };
  const made = await makeRow(plan, { index: 0, seed: row, ids: createRowIds(plan)(row) }, context);
  return {
    cells: made.cells,
    failures: Object.fromEntries(made.failures.map(({ column, failure }) => [column, failure])),
    skipped: made.skipped,
    requests,
  };
}

const GIVEN_ROW = 'given-row';

/** A seed whose columns are those of the row, of any type. */
function givenRow(row: JsonObject): SeedType {
  const columns = Object.keys(row).map((name) => ({ name, schema: {} }));
  const read = async () => ({ rows: [row], notes: [] });
  return {
    type: GIVEN_ROW,
    summary: 'One row that a test gives.',
    schema: { properties: {}, required: [] },
    columns: () => columns,
    open: async () => ok({ columns, entryCount: 1, notes: [], read }),
  };
}

function scriptedTransport(answer: Script | undefined, requests: ScriptedRequest[]): ChatTransport {
  return {
    async send({ model, messages, schema }) {
      if (!answer) throw new Error(`the model ${model.alias} was asked, and the test gives no answers`);
      const request = { alias: model.alias, messages, schema };
      requests.push(request);
      const value = await answer(request);
      return ok({
        text: typeof value === 'string' ? value : JSON.stringify(value),
        finishReason: 'stop',
        model: model.model,
        usage: { input: undefined, output: undefined, cached: undefined, reasoning: undefined },
      });
    },
  };
}
