import { custom } from '../columns/custom.js';
import { embedding } from '../columns/embedding.js';
import { image } from '../columns/image.js';
import { expression } from '../columns/expression.js';
import { llmCode } from '../columns/llm-code.js';
import { llmJudge } from '../columns/llm-judge.js';
import { llmStructured } from '../columns/llm-structured.js';
import { llmText } from '../columns/llm-text.js';
import { sampler } from '../columns/sampler.js';
import { validation } from '../columns/validation.js';
import {
  alpaca,
  messages,
  openAiChat,
  promptCompletion,
  shareGpt,
  trajectories,
} from '../dataset/export/chat-formats.js';
import { csv } from '../dataset/export/csv.js';
import { imagefolder } from '../dataset/export/imagefolder.js';
import { jsonl } from '../dataset/export/jsonl.js';
import { parquet } from '../dataset/export/parquet.js';
import { dpo, kto, openAiDpo } from '../dataset/export/preference-formats.js';
import { dedupe } from '../processors/dedupe.js';
import { dropColumns } from '../processors/drop-columns.js';
import { explode } from '../processors/explode.js';
import { filter } from '../processors/filter.js';
import { sample } from '../processors/sample.js';
import { schemaTransform } from '../processors/schema-transform.js';
import { sort } from '../processors/sort.js';

import { providers } from '../models/providers/registry.js';
import { columnTypeChecks } from '../recipe/checks/column-types.js';
import { comparisons } from '../recipe/checks/comparisons.js';
import { constraints } from '../recipe/checks/constraints.js';
import { cycles } from '../recipe/checks/cycles.js';
import { names } from '../recipe/checks/names.js';
import { prompts } from '../recipe/checks/prompts.js';
import { references } from '../recipe/checks/references.js';
import { samplers } from '../recipe/checks/samplers.js';
import { schemas } from '../recipe/checks/schemas.js';
import { tools } from '../recipe/checks/tools.js';
import { skipValues } from '../recipe/checks/skip-values.js';
import { unusedColumns } from '../recipe/checks/unused-columns.js';
import { directory } from '../seeds/directory/directory.js';
import { fileContents } from '../seeds/directory/file-contents.js';
import { hub } from '../seeds/hub/index.js';
import { inlineRows } from '../seeds/inline-rows.js';
import { localFile } from '../seeds/local-file/index.js';
import { stageSeed } from '../seeds/stage/index.js';
import { builtInFormats } from '../traces/formats/index.js';
import type { Plugin } from './plugin.js';

/** The built-in types. To add a column type, seed type, check or exporter, write its file and add a line here. */
export const builtIns: Plugin = {
  name: 'dd',
  columns: [
    llmText,
    llmStructured,
    llmJudge,
    llmCode,
    embedding,
    image,
    validation,
    expression,
    sampler,
    custom,
  ],
  seeds: [localFile, directory, fileContents, hub, inlineRows, stageSeed],
  formats: builtInFormats,
  providers,
  processors: [dropColumns, schemaTransform, filter, sort, dedupe, explode, sample],
  checks: [
    names,
    references,
    comparisons,
    columnTypeChecks,
    schemas,
    skipValues,
    samplers,
    constraints,
    cycles,
    prompts,
    tools,
    unusedColumns,
  ],
  exporters: [
    jsonl,
    csv,
    parquet,
    imagefolder,
    messages,
    promptCompletion,
    trajectories,
    openAiChat,
    alpaca,
    shareGpt,
    dpo,
    openAiDpo,
    kto,
  ],
};
