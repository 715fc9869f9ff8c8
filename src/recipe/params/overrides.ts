import { isObject, type Json, type JsonObject, type JsonPath } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import type { Problem, UnplacedProblem } from '../../core/problem.js';
import { entryName, getList } from '../../core/paths.js';
import { findPath, setPath } from './set-path.js';
import { didYouMeanOneOf } from '../../core/suggest.js';
import { parseYamlText } from '../yaml/parse.js';

/** A value of the recipe that was set by a flag. */
export interface Override {
  /** The outermost value that the flag added. */
  readonly path: JsonPath;
  /** The flag with its path and without the value: `--set run_config.x`. */
  readonly flag: string;
}

export interface Overridden {
  readonly data: JsonObject;
  readonly overrides: readonly Override[];
  readonly problems: readonly Problem[];
}

interface Change {
  readonly flag: string;
  readonly path: JsonPath;
  readonly value: Json;
}

/** Applies `--set PATH=VALUE` and `--model ALIAS=PROVIDER/MODEL`, in that order; the last one wins. */
export function applyOverrides(
  data: JsonObject,
  sets: readonly string[],
  models: readonly string[],
): Overridden {
  const flags: readonly Flag[] = [
    ...sets.map((text) => ({ name: '--set', text, read: readSet })),
    ...models.map((text) => ({ name: '--model', text, read: readModel })),
  ];
  return flags.reduce<Overridden>(applyFlag, { data, overrides: [], problems: [] });
}

interface Flag {
  readonly name: string;
  readonly text: string;
  readonly read: (text: string, data: JsonObject) => Result<readonly Change[], FlagProblem>;
}

/** Why a flag cannot be applied. */
interface FlagProblem extends UnplacedProblem {
  readonly flag?: string;
}

function applyFlag(before: Overridden, { name, text, read }: Flag): Overridden {
  const changes = read(text, before.data);
  if (!changes.ok) {
    const { flag, ...words } = changes.error;
    return { ...before, problems: [...before.problems, { ...words, at: [], place: { file: flag ?? name } }] };
  }
  return changes.value.reduce<Overridden>(({ data, overrides, problems }, { path, value, flag }) => {
    const changed = setPath(data, path, value);
    return { data: changed.data, overrides: [...overrides, { path: changed.outermost, flag }], problems };
  }, before);
}

function readSet(text: string, data: JsonObject): Result<readonly Change[], FlagProblem> {
  const [written, value] = splitAt(text, '=');
  if (written === '' || value === undefined)
    return err(malformed(`\`--set\` takes PATH=VALUE, not \`${written}\``));
  const flag = `--set ${written}`;
  const path = findPath(data, written.split('.'));
  if (!path.ok) return err({ ...path.error, flag });
  const parsed = readValue(value);
  if (parsed === undefined)
    return err({ ...malformed('the value is not YAML', 'quote it if it is text'), flag });
  return ok([{ flag, path: path.value, value: parsed }]);
}

/** A template is text, although YAML would read its braces as a map. */
function readValue(text: string): Json | undefined {
  if (/^\s*\{[{%]/.test(text)) return text;
  const parsed = parseYamlText('--set', text);
  return parsed.problems.length > 0 ? undefined : parsed.data;
}

function readModel(text: string, data: JsonObject): Result<readonly Change[], FlagProblem> {
  const [alias, target] = splitAt(text, '=');
  const [provider, model] = splitAt(target ?? '', '/');
  const configs = getList(data, 'model_configs');
  if (!alias || !provider || !model) {
    const [first = 'my-model'] = configs.flatMap((config) => entryName(config) ?? []);
    const isModel = target === undefined && alias.includes('/');
    const example = `${first}=${isModel ? alias : 'openai/gpt-5-mini'}`;
    return err(
      malformed(`\`--model\` takes ALIAS=PROVIDER/MODEL, not \`${text}\``, `for example ${example}`),
    );
  }
  const index = configs.findIndex((config) => isObject(config) && config['alias'] === alias);
  if (index === -1) return err(unknownAlias(alias, configs));
  const flag = `--model ${alias}`;
  return ok([
    { flag, path: ['model_configs', index, 'provider'], value: provider },
    { flag, path: ['model_configs', index, 'model'], value: model },
  ]);
}

function unknownAlias(alias: string, configs: readonly Json[]): FlagProblem {
  const aliases = configs.flatMap((config) => entryName(config) ?? []);
  const hint = didYouMeanOneOf(alias, aliases) ?? 'declare one under `model_configs:`';
  return {
    code: 'unknown-model',
    message: `no model has the alias \`${alias}\``,
    hint,
    flag: `--model ${alias}`,
  };
}

const malformed = (message: string, hint?: string): FlagProblem => ({
  code: 'invalid-override',
  message,
  ...(hint ? { hint } : {}),
});

function splitAt(text: string, separator: string): [head: string, tail: string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
