import { createRequire } from 'node:module';
import { installCommand } from '../../core/package-folder.js';
import type { Failure } from '../../core/failure.js';
import type { JsonObject, JsonSchema } from '../../core/json.js';
import type { Result } from '../../core/result.js';

/** A language that code can be checked in. */
export interface CheckedLanguage {
  /** JSON Schema of a result: an object with `is_valid`. */
  readonly result: JsonSchema;
  /** The optional package that checks it. */
  readonly package: string;
  check(code: string): Promise<Result<JsonObject, Failure>>;
}

export const load = createRequire(import.meta.url);

/** What to type when an optional package is not installed; `undefined` when it is. */
export function missingPackage(name: string): string | undefined {
  try {
    load.resolve(name);
    return undefined;
  } catch {
    return installCommand(name);
  }
}
