/**
 * The library behind the commands: what `dd run` and `dd validate` do, for programs.
 *
 * @example
 * const openedWith = { cwd: process.cwd() };
 * const { plan, diagnostics } = await openRecipe('recipes/agent-rollout.yaml', openedWith);
 * if (plan) await makeDataset({ plan, openedWith, target: { artifactPath: 'artifacts' }, env: process.env });
 */
export { createDd, type Dd } from './dd.js';
export { openAiCompatible } from './models/providers/registry.js';
export type { Exporter } from './dataset/export/exporter.js';
export type { ProviderDefinition } from './models/types.js';
export type { Check, CheckContext } from './recipe/checks/check.js';
export type { FormatEntry, LazyFormat, RolloutFormat } from './traces/format.js';
export { createTranscript } from './traces/transcript.js';
export { definePlugin, type Plugin } from './plugins/plugin.js';
export { makeDataset } from './run/make-dataset.js';
export { openRecipe, type OpenedRecipe, type OpenRecipeOptions } from './run/open-recipe.js';
export { EXIT } from './run/status.js';
export type { ColumnType, PreparedColumn } from './columns/types.js';
export { listRuns, type RunRecord } from './dataset/run-history.js';
export type { Metadata } from './dataset/metadata.js';
export type { Plan } from './engine/types.js';
export type { Json, JsonObject, JsonSchema } from './core/json.js';
export type { Diagnostic } from './core/problem.js';
export type { Seed, SeedType } from './seeds/types.js';
export type { Recipe } from './core/config.js';
export type { RunEvent } from './core/events.js';
export type { RunOutcome } from './run/request.js';
export type { RunRequest } from './run/request.js';
