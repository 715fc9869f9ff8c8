import type { RedactOptions } from '../../src/core/config.js';
import { createRedactor, type Redacted } from '../../src/redact/index.js';
import type { Json, JsonObject } from '../../src/core/json.js';

/** Its rules are compiled once: that takes longer than to redact a short text. */
let plain: ReturnType<typeof createRedactor> | undefined;

export async function redact(row: JsonObject, options?: RedactOptions): Promise<Redacted> {
  const redactor = options ? createRedactor(options) : (plain ??= createRedactor({}));
  return (await redactor)(row);
}

/** A text, redacted. */
export async function redactText(text: string, options?: RedactOptions): Promise<Json | undefined> {
  return (await redact({ text }, options)).row['text'];
}
