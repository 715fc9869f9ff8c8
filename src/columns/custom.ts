import { isDeepStrictEqual } from 'node:util';
import type { ColumnConfig } from '../core/config.js';
import { isObject, type Json, type JsonObject, type JsonSchema } from '../core/json.js';
import { oneLine } from '../core/one-line.js';
import type { PluginFunctions } from '../core/plugin-function.js';
import { compileOutput } from '../json-schema/compile.js';
import { followRef } from '../json-schema/pointer.js';
import {
  batchSizeProperty,
  ownCodeProperties,
  prepareOwnCode,
  type OwnCodeConfig,
} from '../validators/own-code.js';
import { isReservedName } from '../template/types.js';
import { COLUMN_NAME, COLUMN_NAME_RULE, type ColumnType } from './types.js';

interface CustomConfig extends ColumnConfig, OwnCodeConfig {
  readonly required_columns?: readonly string[];
  readonly side_effect_columns?: readonly string[];
  readonly schema?: JsonSchema;
  /** Data Designer's names for `function` and `params`. */
  readonly generator_function?: string;
  readonly generator_params?: Json;
}

/** `custom`: values that code of the person's own makes of other columns, with the functions that plugins have for it. */
export const createCustom = (functions: PluginFunctions): ColumnType<CustomConfig> => ({
  type: 'custom',
  summary: 'Values made by code of your own: a function of a plugin, a command or a service.',
  schema: {
    properties: {
      ...ownCodeProperties,
      batch_size: batchSizeProperty,
      required_columns: {
        type: 'array',
        uniqueItems: true,
        items: { type: 'string', minLength: 1 },
        description: 'The columns that the code reads. It gets no others.',
      },
      side_effect_columns: {
        type: 'array',
        uniqueItems: true,
        items: { type: 'string', pattern: COLUMN_NAME, patternErrorMessage: COLUMN_NAME_RULE },
        description: 'Columns that it makes besides its own.',
      },
      schema: {
        type: 'object',
        description:
          'JSON Schema of a result, an object with the column and its side columns, or `{ $ref: file }`. It is checked, and gives the types of the columns.',
      },
      generator_function: {
        type: 'string',
        minLength: 1,
        description: "Data Designer's name of `function`.",
      },
      generator_params: { description: "Data Designer's name of `params`." },
      generation_strategy: {
        enum: ['cell_by_cell'],
        default: 'cell_by_cell',
        description: 'The code gets one row at a time.',
      },
    },
    required: [],
    rules: {
      oneOf: ['function', 'generator_function', 'command', 'url'].map((key) => ({ required: [key] })),
    },
  },
  prepare(config, report) {
    const { name, schema, generator_function: generator } = config;
    const called = functions.get(config.function ?? generator ?? '');
    const required = config.required_columns ?? called?.required_columns ?? [];
    const sides = config.side_effect_columns ?? called?.side_effect_columns ?? [];
    const makes = [...new Set([name, ...sides])];
    for (const [index, side] of sides.entries())
      if (isReservedName(side))
        report({
          code: 'reserved-name',
          message: `templates cannot read a column named \`${side}\``,
          hint: 'choose another name',
          at: config.side_effect_columns ? ['side_effect_columns', index] : ['name'],
        });
    const compiled = schema && compileOutput(schema);
    if (compiled && !compiled.ok)
      report({
        code: 'invalid-schema',
        message: `schema is not a valid JSON Schema: ${compiled.error}`,
        at: ['schema'],
      });
    const ofSchema = compiled?.ok ? compiled.value.check : (): readonly string[] => [];
    const params = config.params ?? config.generator_params;
    const code = prepareOwnCode(
      {
        ...config,
        ...(generator !== undefined && { function: generator }),
        ...(params !== undefined && { params }),
      },
      {
        column: name,
        functions,
        functionKey: generator === undefined ? 'function' : 'generator_function',
        result: withColumns(schema ?? {}, makes),
        check(result) {
          const missing = makes.filter((key) => !Object.hasOwn(result, key));
          if (missing.length > 0) return [`it must have ${missing.map((key) => `\`${key}\``).join(' and ')}`];
          return ofSchema(pick(result, makes)).map((sentence) => sentence.replace(/^the answer /, 'it '));
        },
        report,
      },
    );
    return {
      name,
      references: required.map((column, index) => ({
        path: [column],
        at: config.required_columns ? ['required_columns', index] : ['name'],
        span: { offset: 0, length: column.length },
        optional: false,
      })),
      modelAliases: [],
      makes,
      ...(code.program && { programs: [code.program] }),
      ...(code.sends && { sends: code.sends }),
      isRandom: called !== undefined,
      types: () => makes.map((key) => typeOf(schema, key)),
      async generate(row, { models, row: index, random, note }) {
        const made = await code.run(pick(row, required), { models, index, random });
        if (!made.ok) return { state: 'failed', failure: made.error };
        // Code that returns the row itself, as functions of Data Designer do, has left out nothing.
        const isGiven = (key: string, value: Json): boolean =>
          required.includes(key) && isDeepStrictEqual(row[key], value);
        const extra = Object.entries(made.value)
          .filter(([key, value]) => !makes.includes(key) && !isGiven(key, value))
          .map(([key]) => key);
        if (extra.length > 0)
          note?.(
            `${oneLine(extra.map((key) => `\`${oneLine(key, 60)}\``).join(', '))} of the result ${extra.length === 1 ? 'is' : 'are'} left out: list ${extra.length === 1 ? 'it' : 'them'} in side_effect_columns to keep ${extra.length === 1 ? 'it' : 'them'}`,
          );
        return { state: 'done', cells: pick(made.value, makes) };
      },
    };
  },
});

export const custom = createCustom(new Map());

const pick = (object: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(keys.map((key) => [key, Object.hasOwn(object, key) ? (object[key] ?? null) : null]));

/** What dry runs make: all columns, as text where the schema says nothing. */
function withColumns(schema: JsonSchema, makes: readonly string[]): JsonSchema {
  const { properties, required, ...rest } = followRef(schema, schema) ?? {};
  const known = isObject(properties) ? properties : {};
  const named = Array.isArray(required) ? (required as readonly Json[]) : [];
  return {
    ...(schema['$defs'] !== undefined && { $defs: schema['$defs'] }),
    ...rest,
    type: 'object',
    properties: { ...Object.fromEntries(makes.map((key) => [key, { type: 'string' }])), ...known },
    required: [...new Set([...makes, ...named])],
  };
}

function typeOf(schema: JsonSchema | undefined, key: string): JsonSchema {
  const { properties } = (schema && followRef(schema, schema)) ?? {};
  const own = isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined;
  return isObject(own) ? { ...own, ...(schema?.['$defs'] !== undefined && { $defs: schema['$defs'] }) } : {};
}
