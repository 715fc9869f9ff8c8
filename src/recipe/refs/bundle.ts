import { basename } from 'node:path';

import { isObject, type Json, type JsonObject, type JsonPath } from '../../core/json.js';
import { isList } from '../../core/paths.js';
import { loadTarget, notASchema, targetOf, type Surroundings, type Target } from './target.js';

/** The document whose nodes are being copied, and where mistakes in it are reported. */
interface Origin {
  readonly file: string;
  readonly at: JsonPath;
  /** True for the document that becomes the root: its own `#/…` stay as they are. */
  readonly isRoot: boolean;
}

interface Bundle extends Surroundings {
  /** The file that as a whole took the root's place: what points into it points into the root. */
  readonly rootFile: string | undefined;
  readonly names: Map<string, string>;
  readonly definitions: Map<string, Json>;
  readonly taken: Set<string>;
}

/**
 * Makes one self-contained schema of a schema that points into other files: what they hold goes to `$defs`,
 * so that recursion stays possible, and a root that is only a `$ref` is replaced by what it points at. Where
 * something cannot be resolved it is reported and left as it is.
 */
export async function bundleSchema(root: JsonObject, surroundings: Surroundings): Promise<Json> {
  const { file, at } = surroundings;
  const inlined = await inlineRoot(root, surroundings);
  if (!inlined) return root;
  const isRecipe = inlined.file === file;
  const bundle: Bundle = {
    ...surroundings,
    rootFile: isRecipe || !inlined.isWhole ? undefined : inlined.file,
    names: new Map(),
    definitions: new Map(),
    taken: new Set(Object.keys(isObject(inlined.schema['$defs']) ? inlined.schema['$defs'] : {})),
  };
  const origin = { file: inlined.file, at: isRecipe ? at : [...at, '$ref'], isRoot: inlined.isWhole };
  const copied = (await copySchema(inlined.schema, origin, bundle)) as JsonObject;
  if (bundle.definitions.size === 0) return copied;
  const own = isObject(copied['$defs']) ? copied['$defs'] : {};
  return { ...copied, $defs: { ...own, ...Object.fromEntries(bundle.definitions) } };
}

interface Inlined {
  readonly schema: JsonObject;
  readonly file: string;
  /** False when the schema is only a part of its file. */
  readonly isWhole: boolean;
}

/** Files may pass the buck, but not for ever. */
const MOST_HOPS = 20;

async function inlineRoot(root: JsonObject, surroundings: Surroundings): Promise<Inlined | undefined> {
  let here: Inlined = { schema: root, file: surroundings.file, isWhole: true };
  const at = [...surroundings.at, '$ref'];
  for (let hop = 0; hop < MOST_HOPS; hop += 1) {
    const { $ref, ...others } = here.schema;
    const isOnlyRef = typeof $ref === 'string' && !$ref.startsWith('#') && Object.keys(others).length === 0;
    if (!isOnlyRef) return here;
    const target = targetOf($ref, here.file, at, surroundings);
    const schema = target && (await loadTarget(target, at, surroundings));
    if (!target || schema === undefined) return undefined;
    if (!isObject(schema)) {
      surroundings.report(notASchema(target, at, surroundings));
      return undefined;
    }
    const { $schema: _, $id: __, ...content } = schema;
    here = { schema: content, file: target.file, isWhole: target.pointer === '' };
  }
  surroundings.report({ code: 'ref-cycle', message: 'this `$ref` leads back to itself', at });
  return undefined;
}

/** Keywords whose entries are schemas under names of the author's choosing. */
const named = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);
/** Keywords whose values are data. */
const data = new Set(['const', 'enum', 'default', 'examples', 'example']);

async function copySchema(schema: Json, origin: Origin, bundle: Bundle): Promise<Json> {
  if (isList(schema)) return copyEntries(schema, origin, bundle);
  if (!isObject(schema)) return schema;
  const entries: [string, Json][] = [];
  for (const [key, value] of Object.entries(schema)) {
    const inner = below(origin, key, bundle);
    if (key === '$ref' && typeof value === 'string') entries.push([key, await copyRef(value, inner, bundle)]);
    else if (data.has(key)) entries.push([key, value]);
    else if (named.has(key) && isObject(value)) entries.push([key, await copyNamed(value, inner, bundle)]);
    else entries.push([key, await copySchema(value, inner, bundle)]);
  }
  return Object.fromEntries(entries);
}

async function copyNamed(schemas: JsonObject, origin: Origin, bundle: Bundle): Promise<Json> {
  const entries: [string, Json][] = [];
  for (const [name, schema] of Object.entries(schemas)) {
    entries.push([name, await copySchema(schema, below(origin, name, bundle), bundle)]);
  }
  return Object.fromEntries(entries);
}

async function copyEntries(schemas: readonly Json[], origin: Origin, bundle: Bundle): Promise<Json> {
  const copies: Json[] = [];
  for (const [index, schema] of schemas.entries()) {
    copies.push(await copySchema(schema, below(origin, index, bundle), bundle));
  }
  return copies;
}

/** Only the recipe's own nodes have a place in the recipe; those of other files stand where the `$ref` is. */
function below(origin: Origin, key: string | number, bundle: Bundle): Origin {
  return origin.file === bundle.file ? { ...origin, at: [...origin.at, key] } : origin;
}

async function copyRef(ref: string, origin: Origin, bundle: Bundle): Promise<string> {
  if (ref.startsWith('#') && origin.isRoot) return ref;
  const target = targetOf(ref, origin.file, origin.at, bundle);
  if (!target) return ref;
  if (target.file === bundle.rootFile) return `#${target.pointer}`;

  const key = `${target.file}#${target.pointer}`;
  const known = bundle.names.get(key);
  if (known !== undefined) return `#/$defs/${known}`;
  const schema = await loadTarget(target, origin.at, bundle);
  if (schema === undefined) return ref;
  const name = freeName(target, bundle.taken);
  bundle.names.set(key, name);
  const copy = await copySchema(hoisted(schema), { file: target.file, at: origin.at, isRoot: false }, bundle);
  bundle.definitions.set(name, copy);
  return `#/$defs/${name}`;
}

/** What a file calls its own becomes a definition of its own where it is used. */
function hoisted(schema: Json): Json {
  if (!isObject(schema)) return schema;
  const { $schema: _, $id: __, $defs: ___, definitions: ____, ...content } = schema;
  return content;
}

/** A name for `$defs`: the last word of the pointer, or the file's. */
function freeName({ file, pointer }: Target, taken: Set<string>): string {
  const word =
    pointer === '' ? basename(file).replace(/(?:\.schema)?\.\w+$/, '') : (pointer.split('/').at(-1) ?? '');
  const base = word.replaceAll(/[^\w-]/g, '_') || 'schema';
  let name = base;
  for (let count = 2; taken.has(name); count += 1) name = `${base}_${count}`;
  taken.add(name);
  return name;
}
