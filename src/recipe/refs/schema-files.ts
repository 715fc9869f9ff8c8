import { extname } from 'node:path';

import type { Json } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import { isTooDeep } from '../../core/paths.js';
import type { UnplacedProblem } from '../../core/problem.js';
import { lineColumn } from '../yaml/text-lines.js';
import { readText } from '../yaml/read-text.js';
import { parseYamlText } from '../yaml/parse.js';

/** Reads a schema file by its absolute path. */
export type SchemaReader = (file: string) => Promise<Result<Json, UnplacedProblem>>;

/**
 * Creates a reader that reads each file once. Use one per load of one or several recipes, because it does not see
 * later edits.
 */
export function schemaReader(): SchemaReader {
  const read = new Map<string, Promise<Result<Json, UnplacedProblem>>>();
  return (file) => {
    const known = read.get(file) ?? readSchema(file);
    read.set(file, known);
    return known;
  };
}

async function readSchema(file: string): Promise<Result<Json, UnplacedProblem>> {
  const text = await readText(file);
  if (!text.ok) return text;
  return extname(file) === '.json' ? parseJson(text.value) : parseYaml(text.value, file);
}

function parseJson(text: string): Result<Json, UnplacedProblem> {
  try {
    const data = JSON.parse(text) as Json;
    return isTooDeep(data) ? err({ code: 'invalid-schema-file', message: 'is nested too deeply' }) : ok(data);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return err({ code: 'invalid-schema-file', message: `is not valid JSON: ${lowerFirst(message)}` });
  }
}

function parseYaml(text: string, file: string): Result<Json, UnplacedProblem> {
  const { data, problems } = parseYamlText(file, text);
  const [first] = problems;
  if (first === undefined && data !== undefined) return ok(data);
  const { line, column } = lineColumn(text, first?.place?.span?.offset ?? 0);
  const message = `is not valid YAML at ${line}:${column}: ${first?.message ?? 'it is empty'}`;
  return err({ code: 'invalid-schema-file', message });
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
