import { isObject, type Json, type JsonObject, type JsonPath } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import type { UnplacedProblem } from '../../core/problem.js';
import { entryName, isList, MAX_DEPTH } from '../../core/paths.js';
import { didYouMeanOneOf } from '../../core/suggest.js';

/**
 * Resolves a dotted path in the data. List entries are found by index, name or alias; names can contain dots. Keys
 * that do not exist yet are accepted, because the schema checks them later.
 */
export function findPath(data: Json, segments: readonly string[]): Result<JsonPath, UnplacedProblem> {
  if (segments.length > MAX_DEPTH) return err({ code: 'unknown-path', message: 'the path is too long' });
  const path: (string | number)[] = [];
  let node: Json | undefined = data;
  let rest = segments;
  while (rest.length > 0) {
    const step = findStep(node, rest);
    if (!step.ok) return err({ ...step.error, message: `${step.error.message}${inside(path)}` });
    path.push(step.value.key);
    node = step.value.node;
    rest = rest.slice(step.value.taken);
  }
  return ok(path);
}

interface Step {
  readonly key: string | number;
  readonly node: Json | undefined;
  /** The number of segments in the key. */
  readonly taken: number;
}

function findStep(node: Json | undefined, segments: readonly string[]): Result<Step, UnplacedProblem> {
  const [first = ''] = segments;
  if (first === '' || first === '__proto__')
    return err({ code: 'unknown-path', message: `\`${first}\` is not a key` });
  if (isList(node)) return findEntry(node, segments);
  if (isObject(node)) return ok(findKey(node, segments));
  if (node === undefined || node === null) return ok({ key: first, node: undefined, taken: 1 });
  return err({ code: 'unknown-path', message: `there is no \`${first}\` in a plain value` });
}

function findEntry(list: readonly Json[], segments: readonly string[]): Result<Step, UnplacedProblem> {
  for (let taken = segments.length; taken > 0; taken -= 1) {
    const name = segments.slice(0, taken).join('.');
    const index = list.findIndex((entry) => entryName(entry) === name);
    if (index !== -1) return ok({ key: index, node: list[index], taken });
  }
  const [first = ''] = segments;
  if (/^\d{1,6}$/.test(first) && Number(first) < list.length) {
    return ok({ key: Number(first), node: list[Number(first)], taken: 1 });
  }
  const names = list.flatMap((entry) => entryName(entry) ?? []);
  const hint = didYouMeanOneOf(first, names);
  return err({ code: 'unknown-path', message: `there is no entry \`${first}\``, ...(hint ? { hint } : {}) });
}

function findKey(object: JsonObject, segments: readonly string[]): Step {
  for (let taken = segments.length; taken > 1; taken -= 1) {
    const key = segments.slice(0, taken).join('.');
    if (Object.hasOwn(object, key)) return { key, node: object[key], taken };
  }
  const [key = ''] = segments;
  return { key, node: Object.hasOwn(object, key) ? object[key] : undefined, taken: 1 };
}

const inside = (path: JsonPath): string => (path.length === 0 ? '' : ` in \`${path.join('.')}\``);

/** A copy of the data with the value at the path, and the outermost path that is new. */
export function setPath(
  data: JsonObject,
  path: JsonPath,
  value: Json,
): { readonly data: JsonObject; readonly outermost: JsonPath } {
  return {
    data: setIn(data, path, value) as JsonObject,
    outermost: path.slice(0, depthOfFirstNew(data, path)),
  };
}

function setIn(node: Json | undefined, path: JsonPath, value: Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (isList(node)) return node.map((entry, index) => (index === key ? setIn(entry, rest, value) : entry));
  const object = isObject(node) ? node : {};
  const inner = Object.hasOwn(object, key) ? object[key] : undefined;
  return { ...object, [key]: setIn(inner, rest, value) };
}

function depthOfFirstNew(data: Json, path: JsonPath): number {
  let node: Json | undefined = data;
  for (const [depth, key] of path.entries()) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return depth + 1;
    node = isList(node) ? node[Number(key)] : (node as JsonObject)[key];
  }
  return path.length;
}
