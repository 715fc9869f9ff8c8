import { basename, extname, resolve } from 'node:path';

import { isObject, type Json, type JsonObject } from '../core/json.js';
import { checkRedaction } from './checks/redaction.js';
import { checkProviderSecrets, checkTextSecrets } from './checks/secrets.js';
import { dropNulls, isForeignName, sortedConditions, unwrap, wrapperDefaults } from './data-designer.js';
import { derivedSource, withoutText } from './derived-source.js';
import { covers, type Problem, type Span } from '../core/problem.js';
import { getList, startsWith, valueAt } from '../core/paths.js';
import { withoutForeignKeywords } from './foreign-keywords.js';
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
  /** Read instead of the file, to check a text before it is written. */
  readonly text?: string;
  /** Values of params by name, as typed on the command line. */
  readonly params?: GivenParams;
  /** `--set PATH=VALUE`, in order. */
  readonly set?: readonly string[];
  /** `--model ALIAS=PROVIDER/MODEL`, in order. */
  readonly models?: readonly string[];
  /** The folder from which paths on the command line are resolved. */
  readonly cwd: string;
  /** Reads the files of `$ref`s; can be shared by recipes that are loaded together. */
  readonly readSchema?: SchemaReader;
  /** Flags of dd (`--seed`) that params must not use. */
  readonly reservedFlags?: readonly string[];
  /** Loads the plugins of the recipe. Without it, none are loaded. */
  readonly loadPlugins?: (listed: Json | undefined, file: string) => Promise<PluginTypes>;
}

/** The registries after the plugins of a recipe are loaded. */
export interface PluginTypes {
  readonly registries: Registries;
  readonly problems: readonly Problem[];
  /** True when a plugin was not loaded: an unknown name may be one of its types. */
  readonly isPartial: boolean;
}

/**
 * Reads a recipe, in these stages:
 *
 * 1. the text as YAML (`yaml/`), and a scan of the text for secrets;
 * 2. Data Designer's wrapper is removed, plugins are loaded;
 * 3. params are filled in, then the overrides of the command line (`params/`);
 * 4. `$ref`s to schema files are bundled (`refs/`);
 * 5. the result is validated against the recipe's JSON Schema (`schema/`).
 *
 * Mistakes are returned as `problems`, never thrown, and a stage still runs after mistakes in earlier ones where that
 * is possible. Mistakes that only show in the recipe as a whole are found later, by `planRecipe` and the checks.
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
  const notLoaded = (problems: readonly Problem[]): LoadedRecipe => {
    const all = [...problems, ...secrets];
    return unreadable(file, hideKeys(parsed.source, all, null), all, builtIn);
  };
  if (parsed.data === undefined) return notLoaded(parsed.problems);
  const { data, prefix, isExported, problems } = unwrap(parsed.data);
  const outside = problems.map((problem) => onText(problem, parsed.source));
  const before = [...parsed.problems, ...outside];
  if (!isObject(data)) return notLoaded([...before, notAMap(data, file)]);

  const { registries, ...plugins } = (await options.loadPlugins?.(data['plugins'], file)) ?? {
    registries: builtIn,
    problems: [],
    isPartial: false,
  };
  const params = declaredParams(data['params']);
  const given = paramValues(params, options.params ?? {}, options.cwd);
  const filled = substituteParams(data, namesOf(params), given.values);
  const overridden = applyOverrides(filled.data as JsonObject, options.set ?? [], options.models ?? []);
  const clean = dropNulls(overridden.data, registries);
  const resolved = await resolveRefs(
    prefix.length > 0 ? wrapperDefaults(clean, registries) : clean,
    file,
    options.readSchema ?? schemaReader(),
  );
  const known = isExported
    ? withoutForeignKeywords(resolved.recipe)
    : { recipe: resolved.recipe, problems: [] };
  const recipe = { name: nameFromFile(file), ...known.recipe };
  const source = derivedSource(parsed.source, { ...filled, prefix, overrides: overridden.overrides });

  const bySchema = validateRecipe(recipe, registries).filter(
    (problem) => !isExported || !isForeignName(problem, recipe),
  );
  const all = [
    ...before,
    ...checkParams(params, options.reservedFlags ?? []),
    ...given.problems,
    ...filled.problems,
    ...overridden.problems,
    ...resolved.problems,
    ...known.problems,
    ...plugins.problems,
    ...bySchema.map((problem) => (plugins.isPartial ? unchecked(problem) : problem)),
    ...checkRedaction(recipe, bySchema),
    ...redactionOfStages(recipe, bySchema),
    ...(prefix.length > 0 && extname(file) !== '.json' ? sortedConditions(recipe) : []),
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
    isExported,
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
  return {
    file,
    source,
    recipe: undefined,
    isExported: false,
    params: {},
    schemaFiles: [],
    registries,
    problems,
  };
}

function redactionOfStages(recipe: JsonObject, found: readonly Problem[]): readonly Problem[] {
  return getList(recipe, 'stages').flatMap((stage, index) => {
    const at = ['stages', index];
    const own = found.filter((problem) => startsWith(problem.at, at));
    const inside = own.map((problem) => ({ ...problem, at: problem.at.slice(at.length) }));
    const problems = isObject(stage) ? checkRedaction(stage, inside) : [];
    return problems.map((problem) => ({ ...problem, at: [...at, ...problem.at] }));
  });
}

/** Keys whose values can be types of a plugin. */
const PLUGIN_NAMES = new Set(['column_type', 'seed_type', 'processor_type', 'provider_type', 'format']);

/** While a plugin is not loaded, an unknown type is reported as unchecked, not as a mistake. */
function unchecked(problem: Problem): Problem {
  const key = String(problem.at.at(-1));
  if (problem.code !== 'unknown-value' || !PLUGIN_NAMES.has(key)) return problem;
  const { fix: _, ...rest } = problem;
  return {
    ...rest,
    code: 'unchecked-type',
    message: `this \`${key}\` could not be checked: it may come from a plugin that was not loaded`,
    hint: 'allow the plugin, or correct the name',
  };
}

function notAMap(data: Json, file: string): Problem {
  const message = data === null ? 'the recipe is empty' : 'a recipe is a map of keys, such as `columns:`';
  return { code: 'empty-recipe', message, hint: 'begin with `columns:`', at: [], place: { file } };
}

/** Problems beside the wrapper have paths from the root of the file, not of the recipe. */
function onText({ onKey = false, ...problem }: Problem, source: RecipeSource): Problem {
  return { ...problem, place: { file: source.file, span: source.locate(problem.at, { onKey }) } };
}

const namesOf = (params: readonly DeclaredParam[]): readonly string[] => params.map((param) => param.name);

/** A name for recipes without one, such as Data Designer's configs, that is valid for a folder. */
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
      message: `the param \`${name}\` is declared but not used`,
      hint: `use it as \`\${{ params.${name} }}\`, or remove it`,
      at: ['params', name],
      onKey: true,
    }));
}

/** Masks keys that are written in a recipe: they must not reach a terminal, a log or an annotation. */
function hideKeys(source: RecipeSource, problems: readonly Problem[], recipe: Json): RecipeSource {
  const spans = problems
    .filter(({ code }) => code === 'literal-key')
    .flatMap((problem) => keySpan(problem, source, recipe) ?? []);
  return spans.length === 0 ? source : withoutText(source, spans);
}

/** The place of the key itself, even if the problem points elsewhere; `undefined` when it came from a flag. */
function keySpan({ at, place }: Problem, source: RecipeSource, recipe: Json): Span | undefined {
  if (place || source.flagAt(at) !== undefined) return place?.span;
  return source.locate(at, { within: { offset: 0, length: String(valueAt(recipe, at)).length } });
}
