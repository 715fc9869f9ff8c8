import { dirname, relative, resolve } from 'node:path';

import { isObject, type Json, type JsonPath } from '../../core/json.js';
import { didYouMeanOneOf } from '../../core/suggest.js';
import type { Problem } from '../../core/problem.js';
import { decode, resolvePointer } from '../../json-schema/pointer.js';
import type { SchemaReader } from './schema-files.js';

export interface RefContext {
  /** Absolute path of the recipe. */
  readonly file: string;
  /** The path of the schema in the recipe. */
  readonly at: JsonPath;
  readonly read: SchemaReader;
  readonly report: (problem: Problem) => void;
}

/** A place in a schema file. */
export interface Target {
  readonly file: string;
  /** JSON pointer into it; empty for the whole file. */
  readonly pointer: string;
}

/** The target of a `$ref` in the file `from`. A URL is reported, and the result is `undefined`. */
export function targetOf(
  ref: string,
  from: string,
  at: JsonPath,
  { report }: RefContext,
): Target | undefined {
  const hash = ref.indexOf('#');
  const path = hash === -1 ? ref : ref.slice(0, hash);
  if (/^[a-z][a-z0-9+.-]+:/i.test(path)) {
    const hint = 'save the schema beside the recipe and point at the file';
    report({ code: 'remote-ref', message: 'schemas are only read from files', hint, at });
    return undefined;
  }
  return {
    file: path === '' ? from : resolve(dirname(from), path),
    pointer: decode(hash === -1 ? '' : ref.slice(hash + 1)),
  };
}

/** Reads the schema at a target. A missing one is reported, and the result is `undefined`. */
export async function loadTarget(
  target: Target,
  at: JsonPath,
  context: RefContext,
): Promise<Json | undefined> {
  const { file, report, read } = context;
  const document = await read(target.file);
  const shown = relative(dirname(file), target.file);
  if (!document.ok) {
    report({ ...document.error, message: `\`${shown}\` ${document.error.message}`, at });
    return undefined;
  }
  const schema = resolvePointer(document.value, target.pointer);
  if (schema === undefined) {
    const message = `\`${shown}\` has nothing at \`#${target.pointer}\``;
    const hint = suggestKey(document.value, target.pointer);
    report({ code: 'ref-not-found', message, ...(hint === undefined ? {} : { hint }), at });
  }
  return schema;
}

/** Suggests a key in place of the last step of a pointer. */
function suggestKey(document: Json, pointer: string): string | undefined {
  const steps = pointer.split('/');
  const parent = resolvePointer(document, steps.slice(0, -1).join('/'));
  return isObject(parent) ? didYouMeanOneOf(steps.at(-1) ?? '', Object.keys(parent)) : undefined;
}

export function notASchema(target: Target, at: JsonPath, { file }: RefContext): Problem {
  const shown = relative(dirname(file), target.file);
  return {
    code: 'invalid-schema-file',
    message: `\`${shown}\` does not contain a JSON Schema: expected a map`,
    at,
  };
}
