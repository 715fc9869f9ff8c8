import { basename } from 'node:path';

import { isObject, type Json, type JsonObject, type JsonPath } from '../../core/json.js';
import { isList } from '../../core/paths.js';
import { SCHEMA_MAPS } from '../../json-schema/subschemas.js';
import { loadTarget, notASchema, targetOf, type RefContext, type Target } from './target.js';

/** The document that is being copied, and the path for its problems. */
interface Origin {
  readonly file: string;
  readonly at: JsonPath;
  /** True for the document that becomes the root: its own `#/…` refs stay unchanged. */
  readonly isRoot: boolean;
}

interface Bundle extends RefContext {
  /** The file that replaced the root as a whole: refs into this file become refs into the root. */
  readonly rootFile: string | undefined;
  readonly names: Map<string, string>;
  readonly definitions: Map<string, Json>;
  readonly taken: Set<string>;
}

/**
 * Bundles a schema: `$ref`s into other files become `$ref`s into `$defs`, as JSON Schema 2020-12 describes under
 * "bundling". Each target is copied once, so recursive schemas work. A root that is only a `$ref` is replaced by its
 * target. A `$ref` that cannot be resolved is reported and stays unchanged.
 *
 * Not done with `@apidevtools/json-schema-ref-parser`, because problems need the path of the `$ref` in the recipe.
 */
export async function bundleSchema(root: JsonObject, context: RefContext): Promise<Json> {
  const { file, at } = context;
  const inlined = await inlineRoot(root, context);
  if (!inlined) return root;
  const isRecipe = inlined.file === file;
  const bundle: Bundle = {
    ...context,
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

/** The maximum length of a chain of files that only contain a `$ref`. */
const MAX_HOPS = 20;

async function inlineRoot(root: JsonObject, context: RefContext): Promise<Inlined | undefined> {
  let here: Inlined = { schema: root, file: context.file, isWhole: true };
  const at = [...context.at, '$ref'];
  for (let hop = 0; hop < MAX_HOPS; hop += 1) {
    const { $ref, ...others } = here.schema;
    const isOnlyRef = typeof $ref === 'string' && !$ref.startsWith('#') && Object.keys(others).length === 0;
    if (!isOnlyRef) return here;
    const target = targetOf($ref, here.file, at, context);
    const schema = target && (await loadTarget(target, at, context));
    if (!target || schema === undefined) return undefined;
    if (!isObject(schema)) {
      context.report(notASchema(target, at, context));
      return undefined;
    }
    const { $schema: _, $id: __, ...content } = schema;
    here = { schema: content, file: target.file, isWhole: target.pointer === '' };
  }
  context.report({ code: 'ref-cycle', message: 'this `$ref` leads back to itself', at });
  return undefined;
}

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
    else if (SCHEMA_MAPS.has(key) && isObject(value))
      entries.push([key, await copyNamed(value, inner, bundle)]);
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

/** Nodes of the recipe have their own path; problems in other files are reported at the `$ref`. */
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
  const copy = await copySchema(
    withoutDefinitions(schema),
    { file: target.file, at: origin.at, isRoot: false },
    bundle,
  );
  bundle.definitions.set(name, copy);
  return `#/$defs/${name}`;
}

/** A schema without its definitions: those that are used are copied on their own. */
function withoutDefinitions(schema: Json): Json {
  if (!isObject(schema)) return schema;
  const { $schema: _, $id: __, $defs: ___, definitions: ____, ...content } = schema;
  return content;
}

/** A unique name for `$defs`: the last part of the pointer, or the name of the file. */
function freeName({ file, pointer }: Target, taken: Set<string>): string {
  const word =
    pointer === '' ? basename(file).replace(/(?:\.schema)?\.\w+$/, '') : (pointer.split('/').at(-1) ?? '');
  const base = word.replaceAll(/[^\w-]/g, '_') || 'schema';
  let name = base;
  for (let count = 2; taken.has(name); count += 1) name = `${base}_${count}`;
  taken.add(name);
  return name;
}
