/**
 * The library behind the commands: what `dd run` and `dd validate` do, for programs.
 *
 * @module
 * @example
 * import { openRecipe, run } from 'dd-recipes';
 *
 * const recipe = await openRecipe('recipes/agent-rollout.yaml');
 * const made = await run(recipe, { numRecords: 20 });
 */
export { openRecipe, readDataset, run } from './library.js';
export type { Dataset, RecipeOptions, RunOptions } from './library.js';
export type { OpenedRecipe, OpenedStage } from './run/open-recipe.js';
export type { MadeStage, RunOutcome } from './run/request.js';
export type { RunProblem } from './run/problem.js';
export { EXIT } from './run/status.js';
export { listRuns, type RunRecord } from './dataset/run-history.js';
export type { Metadata } from './dataset/metadata.js';
export type { CellFailure, RowState, RunEvent, SeedNote, StartedColumn, StopReason } from './core/events.js';
export type { Attempt, Failure } from './core/failure.js';
export type { Result } from './core/result.js';
export type { Diagnostic } from './core/problem.js';
export type { Recipe } from './core/config.js';
export type { Plan } from './engine/types.js';
export type { Json, JsonObject, JsonSchema } from './core/json.js';

// What plugins are made of.
export { createDd, type Dd } from './dd.js';
export { definePlugin, type Plugin } from './plugins/plugin.js';
export { openAiCompatible } from './models/providers/registry.js';
export type { ProviderDefinition } from './models/types.js';
export type {
  DatasetColumn,
  NamedColumn,
  PassingRow,
  PreparedProcessor,
  ProcessorContext,
  ProcessorInput,
  ProcessorType,
} from './processors/types.js';
export type { CellContext, CellOutcome, ColumnType, PreparedColumn } from './columns/types.js';
export type { FunctionContext, PluginFunction } from './core/plugin-function.js';
export type { Seed, SeedColumn, SeedContext, SeedEntryRows, SeedType } from './seeds/types.js';
export type { Check, CheckContext } from './recipe/checks/check.js';
export type { Exporter } from './dataset/export/exporter.js';
export type { FormatEntry, LazyFormat, RolloutFormat } from './traces/format.js';
export { createTranscript } from './traces/transcript.js';
