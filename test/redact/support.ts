import type { RedactOptions } from '../../src/core/config.js';
import { createRedactor, type Redacted } from '../../src/redact/index.js';
import type { Json, JsonObject } from '../../src/core/json.js';

export async function redact(row: JsonObject, options: RedactOptions = {}): Promise<Redacted> {
  return (await createRedactor(options))(row);
}

/** A text, redacted. */
export async function redactText(text: string, options: RedactOptions = {}): Promise<Json | undefined> {
  return (await redact({ text }, options)).row['text'];
}
