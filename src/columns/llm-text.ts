import { llmProperties, prepareLlmColumn, type LlmConfig } from './llm.js';
import type { ColumnType } from './types.js';

/** `llm-text`: the model's answer as text, unchanged. */
export const llmText: ColumnType<LlmConfig> = {
  type: 'llm-text',
  summary: 'Text written by a model.',
  schema: { properties: llmProperties, required: ['model_alias', 'prompt'] },
  prepare: (config, report) => prepareLlmColumn(config, { schema: { type: 'string' } }, report),
};
