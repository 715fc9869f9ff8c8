import { readFile } from 'node:fs/promises';
import { isObject, type Json } from '../../core/json.js';
import type { Problem } from '../../core/problem.js';
import { unwrap } from '../data-designer.js';
import { parseYamlText } from '../yaml/parse.js';
import type { ParamSpec } from '../../core/config.js';

export type ParamType = NonNullable<ParamSpec['type']>;

/** A declared param, with its flag and its inferred type. */
export interface DeclaredParam {
  readonly name: string;
  /** `--trace-dir` for `trace_dir`. */
  readonly flag: string;
  readonly type: ParamType;
  readonly spec: ParamSpec;
}

/** snake_case, so that each flag has exactly one name. */
export const PARAM_NAME = '^[a-z][a-z0-9]*(_[a-z0-9]+)*$';

export const flagOf = (name: string): string => `--${name.replaceAll('_', '-')}`;

/** The params with a valid declaration; the recipe's schema reports the others. */
export function declaredParams(params: unknown): readonly DeclaredParam[] {
  if (!isObject(params)) return [];
  return Object.entries(params).flatMap(([name, given]) => {
    const spec = readSpec(given);
    if (!spec || !new RegExp(PARAM_NAME).test(name)) return [];
    return [{ name, flag: flagOf(name), type: typeOf(spec), spec }];
  });
}

/** Mistakes of declarations that a schema cannot express. */
export function checkParams(
  params: readonly DeclaredParam[],
  reservedFlags: readonly string[],
): readonly Problem[] {
  return params.flatMap((param) => [...checkFlag(param, reservedFlags), ...checkValues(param)]);
}

function checkFlag({ name, flag }: DeclaredParam, reservedFlags: readonly string[]): readonly Problem[] {
  if (!reservedFlags.includes(flag)) return [];
  return [
    {
      code: 'reserved-param',
      message: `the param \`${name}\` would become \`${flag}\`, which is a flag of dd itself`,
      hint: 'give the param another name',
      at: ['params', name],
      onKey: true,
    },
  ];
}

function checkValues({ name, type, spec }: DeclaredParam): readonly Problem[] {
  const problems: Problem[] = [];
  const wrong = (message: string, at: readonly (string | number)[], hint?: string): void => {
    problems.push({ code: 'invalid-param', message, at: ['params', name, ...at], ...(hint ? { hint } : {}) });
  };
  for (const [index, value] of (spec.enum ?? []).entries()) {
    if (!isOfType(value, type)) wrong(`${show(value)} is not of the param's type, ${type}`, ['enum', index]);
  }
  if (spec.default === undefined) return problems;
  if (spec.enum && !spec.enum.includes(spec.default as string | number)) {
    wrong(
      `the default of \`${name}\` is not in its enum`,
      ['default'],
      `one of ${spec.enum.map(show).join(', ')}`,
    );
  } else if (!isOfType(spec.default, type)) {
    wrong(`the default of \`${name}\` is not of its type, ${type}`, ['default']);
  }
  return problems;
}

function readSpec(given: Json): ParamSpec | undefined {
  if (given === null) return {};
  if (!isObject(given)) return undefined;
  const { type, format, description } = given;
  const choices = given['enum'];
  const fallback = given['default'];
  return {
    ...(isParamType(type) ? { type } : {}),
    ...(format === 'path' ? { format } : {}),
    ...(isChoices(choices) ? { enum: choices } : {}),
    ...(isScalarValue(fallback) ? { default: fallback } : {}),
    ...(typeof description === 'string' ? { description } : {}),
  };
}

/** The declared type, or the type of all choices, or the type of the default, or `string`. */
function typeOf(spec: ParamSpec): ParamType {
  if (spec.type) return spec.type;
  const values = spec.enum ?? (spec.default === undefined ? [] : [spec.default]);
  if (values.length === 0) return 'string';
  const narrow = ['integer', 'number', 'boolean'] as const;
  return narrow.find((type) => values.every((value) => isOfType(value, type))) ?? 'string';
}

function isOfType(value: unknown, type: ParamType): boolean {
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}

const isParamType = (value: unknown): value is ParamType =>
  value === 'string' || value === 'integer' || value === 'number' || value === 'boolean';

const isScalarValue = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const isChoices = (value: unknown): value is readonly (string | number)[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string' || typeof entry === 'number');

const show = (value: unknown): string => `\`${String(value)}\``;

/**
 * The params of a recipe, for `dd run FILE --help`. Reads only the file, and never throws: a file that is missing or
 * invalid has no params (`loadRecipe` reports the mistakes).
 */
export async function readParamSpecs(file: string): Promise<readonly DeclaredParam[]> {
  try {
    const { data } = unwrap(parseYamlText(file, await readFile(file, 'utf8')).data ?? null);
    return declaredParams(
      typeof data === 'object' && data !== null && 'params' in data ? data.params : undefined,
    );
  } catch {
    return [];
  }
}
