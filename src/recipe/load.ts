import { basename, extname, resolve } from 'node:path';

import { isObject, type Json, type JsonObject } from '../core/json.js';
import { checkProviderSecrets, checkTextSecrets } from './checks/secrets.js';
import { dropNulls, unwrap } from './data-designer.js';
import { derivedSource, withoutText } from './yaml/derived-source.js';
import { covers, type Problem, type Span } from '../core/problem.js';
import { valueAt } from '../core/paths.js';
import { applyOverrides } from './params/overrides.js';
import { checkParams, declaredParams, type DeclaredParam } from './params/specs.js';
import { paramValues, type GivenParams } from './params/values.js';
import { readText } from './yaml/read-text.js';
import { resolveRefs } from './refs/resolve.js';
import type { Registries } from './registries.js';
import { schemaReader, type SchemaReader } from './refs/schema-files.js';
import { emptySource } from './yaml/source.js';
import { substituteParams } from './params/substitute.js';
import { ok } from '../core/result.js';
import type { LoadedRecipe } from './types.js';
import { validateRecipe } from './schema/validate.js';
import { parseYamlText } from './yaml/parse.js';
import type { Recipe } from '../core/config.js';
import type { RecipeSource } from './recipe-source.js';

export interface LoadOptions {
  /** Read in the file's place, to check a text before it is written. */
  readonly text?: string;
  /** Values of params by name, as typed on the command line. */
  readonly params?: GivenParams;
  /** `--set PATH=VALUE`, in order. */
  readonly set?: readonly string[];
  /** `--model ALIAS=PROVIDER/MODEL`, in order. */
  readonly models?: readonly string[];
  /** Where relative paths of the command line start. */
  readonly cwd: string;
  /** Reads the files of `$ref`s; shared by recipes that are read at the same time. */
  readonly readSchema?: SchemaReader;
  /** Flags (`--seed`) that a param must not be called. */
  readonly reservedFlags?: readonly string[];
  /** Loads what the recipe lists under `plugins`. No plugin is loaded when left out. */
  readonly loadPlugins?: (listed: Json | undefined, file: string) => Promise<PluginTypes>;
}

/** The types that a recipe can name once its plugins are loaded. */
export interface PluginTypes {
  readonly registries: Registries;
  readonly problems: readonly Problem[];
  /** True when a plugin was not loaded: a name that is unknown may be one that it brings. */
  readonly isPartial: boolean;
}

/**
 * Reads a recipe: YAML, Data Designer's wrapper, params, overrides, `$ref`s, schema. Mistakes are in
 * `problems`, never thrown; what comes after a mistake is still read where that makes sense.
 */
export async function loadRecipe(
  path: string,
  options: LoadOptions,
  builtIn: Registries,
): Promise<LoadedRecipe> {
  const file = resolve(options.cwd, path);
  const text = options.text === undefined ? await readText(file, true) : ok(options.text);
  if (!text.ok) {
    const problem = { ...text.error, message: `this file ${text.error.message}`, at: [], place: { file } };
    return unreadable(file, emptySource(file), [problem], builtIn);
  }
  const parsed = parseYamlText(file, text.value);
  const secrets = checkTextSecrets(text.value, file);
  const unread = (problems: readonly Problem[]): LoadedRecipe => {
    const all = [...problems, ...secrets];
    return unreadable(file, hideKeys(parsed.source, all, null), all, builtIn);
  };
  if (parsed.data === undefined) return unread(parsed.problems);
  const { data, prefix, problems } = unwrap(parsed.data);
  const outside = problems.map((problem) => onText(problem, parsed.source));
  const before = [...parsed.problems, ...outside];
  if (!isObject(data)) return unread([...before, notAMap(data, file)]);

  const { registries, ...plugins } = (await options.loadPlugins?.(data['plugins'], file)) ?? {
    registries: builtIn,
    problems: [],
    isPartial: false,
  };
  const params = declaredParams(data['params']);
  const given = paramValues(params, options.params ?? {}, options.cwd);
  const filled = substituteParams(data, namesOf(params), given.values);
  const overridden = applyOverrides(filled.data as JsonObject, options.set ?? [], options.models ?? []);
  const resolved = await resolveRefs(
    dropNulls(overridden.data, registries),
    file,
    options.readSchema ?? schemaReader(),
  );
  const recipe = { name: nameFromFile(file), ...resolved.recipe };
  const source = derivedSource(parsed.source, { ...filled, prefix, overrides: overridden.overrides });

  const all = [
    ...before,
    ...checkParams(params, options.reservedFlags ?? []),
    ...given.problems,
    ...filled.problems,
    ...overridden.problems,
    ...resolved.problems,
    ...plugins.problems,
    ...validateRecipe(recipe, registries).map((problem) =>
      plugins.isPartial ? unchecked(problem) : problem,
    ),
    ...unusedParams(params, filled.used),
    ...checkProviderSecrets(recipe),
  ];
  const keys = all
    .filter(({ code }) => code === 'literal-key')
    .map((problem) => keySpan(problem, source, recipe));
  all.push(
    ...secrets.filter(({ place }) => !keys.some((key) => place?.span && key && covers(key, place.span))),
  );
  return {
    file,
    source: hideKeys(source, all, recipe),
    recipe: recipe as JsonObject as unknown as Recipe,
    params: Object.fromEntries(given.values),
    schemaFiles: resolved.files,
    registries,
    problems: all,
  };
}

function unreadable(
  file: string,
  source: RecipeSource,
  problems: readonly Problem[],
  registries: Registries,
): LoadedRecipe {
  return { file, source, recipe: undefined, params: {}, schemaFiles: [], registries, problems };
}

/** Keys whose values are names that a plugin can bring. */
const PLUGIN_NAMES = new Set(['column_type', 'seed_type', 'provider_type', 'format']);

/** While a plugin is not loaded, a type that nobody knows is no misspelling: it could not be checked. */
function unchecked(problem: Problem): Problem {
  const key = String(problem.at.at(-1));
  if (problem.code !== 'unknown-value' || !PLUGIN_NAMES.has(key)) return problem;
  const { fix: _, ...rest } = problem;
  return {
    ...rest,
    code: 'unchecked-type',
    message: `this \`${key}\` could not be checked: it may be one of a plugin that was not loaded`,
    hint: 'allow the plugin, or correct the name',
  };
}

function notAMap(data: Json, file: string): Problem {
  const message = data === null ? 'the recipe is empty' : 'a recipe is a map of keys, such as `columns:`';
  return { code: 'empty-recipe', message, hint: 'begin with `columns:`', at: [], place: { file } };
}

/** Problems beside the wrapper have paths of the file, not of the recipe. */
function onText({ onKey = false, ...problem }: Problem, source: RecipeSource): Problem {
  return { ...problem, place: { file: source.file, span: source.locate(problem.at, { onKey }) } };
}

const namesOf = (params: readonly DeclaredParam[]): readonly string[] => params.map((param) => param.name);

/** Data Designer's configs have no name; a folder can always be named after what is left of the file's. */
function nameFromFile(file: string): string {
  const name = basename(file, extname(file)).replaceAll(/[^A-Za-z0-9._-]+/g, '-');
  return name.replace(/^[^A-Za-z0-9]+/, '') || 'recipe';
}

function unusedParams(params: readonly DeclaredParam[], used: ReadonlySet<string>): readonly Problem[] {
  return namesOf(params)
    .filter((name) => !used.has(name))
    .map((name) => ({
      severity: 'warning',
      code: 'unused-param',
      message: `the param \`${name}\` is declared but nowhere used`,
      hint: `use it as \`\${{ params.${name} }}\`, or take it out`,
      at: ['params', name],
      onKey: true,
    }));
}

/** A key that was written into a recipe must not reach a terminal, a log or an annotation. */
function hideKeys(source: RecipeSource, problems: readonly Problem[], recipe: Json): RecipeSource {
  const spans = problems
    .filter(({ code }) => code === 'literal-key')
    .flatMap((problem) => keySpan(problem, source, recipe) ?? []);
  return spans.length === 0 ? source : withoutText(source, spans);
}

/** Where the key itself stands, whatever the problem points at; `undefined` when it came with a flag. */
function keySpan({ at, place }: Problem, source: RecipeSource, recipe: Json): Span | undefined {
  if (place || source.flagAt(at) !== undefined) return place?.span;
  return source.locate(at, { within: { offset: 0, length: String(valueAt(recipe, at)).length } });
}
