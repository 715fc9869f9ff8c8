import type { ColumnConfig } from '../core/config.js';
import { isObject, type Json, type JsonObject, type JsonSchema } from '../core/json.js';
import type { PluginFunctions } from '../core/plugin-function.js';
import type { Failure } from '../core/failure.js';
import type { Problem } from '../core/problem.js';
import { ok, type Result } from '../core/result.js';
import { getList } from '../core/paths.js';
import { VALIDATOR_TYPES } from '../validators/registry.js';
import type { ColumnValidator, PreparedValidator, ValidatorType } from '../validators/types.js';
import type { ColumnReference, ColumnType, PreparedColumn } from './types.js';

interface ValidationConfig extends ColumnConfig {
  readonly target_columns: readonly string[];
  readonly validator_type: string;
  readonly validator_params?: JsonObject;
  readonly batch_size?: number;
}

const DEFAULT_BATCH = 10;

/** `validation`: whether other columns are valid, as an object with `is_valid` and what the validator says. */
export const createValidation = (functions: PluginFunctions): ColumnType<ValidationConfig> => ({
  type: 'validation',
  summary: 'Whether other columns are valid, by a linter, a parser, a rule or a service.',
  schema: {
    properties: {
      target_columns: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: { type: 'string', minLength: 1 },
        description: 'The columns to check.',
      },
      validator_type: {
        enum: [...VALIDATOR_TYPES.keys()],
        enumDescriptions: [...VALIDATOR_TYPES.values()].map(({ summary }) => summary),
        description: 'The kind of check.',
      },
      validator_params: {
        type: 'object',
        description: 'How it is checked. The keys depend on `validator_type`.',
      },
      batch_size: {
        type: 'integer',
        minimum: 1,
        default: DEFAULT_BATCH,
        description: 'Rows in one request, at most. Only for `remote` and `url` of `custom`.',
      },
    },
    required: ['target_columns', 'validator_type', 'validator_params'],
    rules: {
      allOf: [...VALIDATOR_TYPES.values()].map((type) => ({
        if: { properties: { validator_type: { const: type.type } }, required: ['validator_type'] },
        // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's word
        then: { properties: { validator_params: paramsSchema(type) } },
      })),
    },
  },
  prepare(config, report, recipe) {
    const { name, target_columns: targets, validator_params = {}, batch_size = DEFAULT_BATCH } = config;
    const type = VALIDATOR_TYPES.get(config.validator_type);
    if (!type) return unsupported(name, targets);
    const inParams = (problem: Problem): void =>
      report({ ...problem, at: ['validator_params', ...problem.at] });
    const validator = type.prepare(validator_params, inParams, {
      name,
      targets,
      batchSize: batch_size,
      functions,
    });
    for (const problem of languageProblems(config, recipe)) report(problem);
    return {
      name,
      references: [...targets.map(targetReference), ...paramReferences(validator)],
      modelAliases: [],
      ...programsOf(validator),
      ...sendsOf(validator),
      makes: [name],
      types: () => [resultSchema(validator, targets)],
      async generate(row, { models, row: index }) {
        const values = Object.fromEntries(targets.map((target) => [target, row[target] ?? null]));
        const result =
          validator.checks === 'row'
            ? await validator.validate(values, { row, models, index })
            : await eachColumn(validator, targets, values);
        return result.ok
          ? { state: 'value', value: result.value }
          : { state: 'failed', failure: result.error };
      },
    };
  },
});

export const validation = createValidation(new Map());

/** A validator of Data Designer that is refused: the column is known to others, and never made. */
const unsupported = (name: string, targets: readonly string[]): PreparedColumn => ({
  name,
  references: targets.map(targetReference),
  modelAliases: [],
  makes: [name],
  types: () => [{}],
  generate: () => Promise.reject(new Error(`${name} has a mistake, and was not to be made`)),
});

/** Data Designer repeats `validator_type` in the params. */
function paramsSchema({ type, summary, schema }: ValidatorType): JsonSchema {
  return {
    type: 'object',
    description: summary,
    properties: { validator_type: { const: type }, ...schema.properties },
    required: schema.required,
    additionalProperties: false,
    ...schema.rules,
  };
}

const targetReference = (target: string, index: number): ColumnReference => ({
  path: [target],
  at: ['target_columns', index],
  span: { offset: 0, length: target.length },
  optional: false,
});

function paramReferences(validator: PreparedValidator): readonly ColumnReference[] {
  const references = validator.checks === 'row' ? (validator.references ?? []) : [];
  return references.map((reference) => ({ ...reference, at: ['validator_params', ...reference.at] }));
}

function programsOf(validator: PreparedValidator): Pick<PreparedColumn, 'programs'> {
  const program = validator.checks === 'row' ? validator.program : undefined;
  return program ? { programs: [{ ...program, at: ['validator_params', ...program.at] }] } : {};
}

function sendsOf(validator: PreparedValidator): Pick<PreparedColumn, 'sends'> {
  const sends = validator.checks === 'row' ? (validator.sends ?? []) : [];
  return { sends: sends.map((sending) => ({ ...sending, at: ['validator_params', ...sending.at] })) };
}

/** One target column: its result. Several that are checked one by one: an object with the result of each. */
function resultSchema(validator: PreparedValidator, targets: readonly string[]): JsonSchema {
  if (validator.checks === 'row' || targets.length === 1) return validator.result;
  return {
    type: 'object',
    properties: Object.fromEntries(targets.map((target) => [target, validator.result])),
    required: targets,
    additionalProperties: false,
  };
}

async function eachColumn(
  validator: ColumnValidator,
  targets: readonly string[],
  values: JsonObject,
): Promise<Result<JsonObject, Failure>> {
  const results: Record<string, Json> = {};
  for (const target of targets) {
    const value = values[target] ?? null;
    const result = value === null ? ok(unknown(validator.result)) : await validator.validate(value);
    if (!result.ok)
      return { ok: false, error: { ...result.error, message: `\`${target}\`: ${result.error.message}` } };
    results[target] = result.value;
  }
  const [only = ''] = targets;
  const single = results[only];
  return ok(targets.length === 1 && isObject(single) ? single : results);
}

/** The result for a target without a value. */
function unknown({ properties }: JsonSchema): JsonObject {
  const fields = isObject(properties) ? Object.keys(properties) : [];
  return Object.fromEntries(fields.map((field) => [field, null]));
}

/** Code that is written in one language and checked in another, and texts that may not be code at all. */
function languageProblems(config: ValidationConfig, recipe: object): readonly Problem[] {
  if (config.validator_type !== 'code') return [];
  const checked = String(config.validator_params?.['code_lang']);
  return config.target_columns.flatMap((target, index): readonly Problem[] => {
    const column = getList(recipe, 'columns').find((entry) => isObject(entry) && entry['name'] === target);
    if (!isObject(column)) return [];
    const written = column['code_lang'];
    const at = ['target_columns', index];
    if (column['column_type'] !== 'llm-code')
      return [
        {
          severity: 'warning',
          code: 'validated-column',
          message: `\`${target}\` is ${String(column['column_type'])}, not llm-code: text around the code makes it invalid`,
          at,
        },
      ];
    if (written === checked) return [];
    return [
      {
        code: 'code-language',
        message: `\`${target}\` is written as ${String(written)}, but checked as ${checked}`,
        hint: `code_lang: ${String(written)}`,
        at: ['validator_params', 'code_lang'],
      },
    ];
  });
}
