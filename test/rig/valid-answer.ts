import { generateSync } from 'json-schema-faker';
import type { Json } from '../../src/core/json.js';
import { compileOutput } from '../../src/json-schema/compile.js';
import { fabricateValue } from '../../src/models/fabricate.js';
import type { ModelCall } from './model-server.js';

/**
 * An answer that conforms to what the call asks for: a value of its schema, or a text. The same for the same
 * request. It conforms to the schema on the wire, which strict mode may have made a little wider.
 */
export function validAnswer(call: ModelCall): Json {
  if (!call.schema) return `An answer to ${call.messages.length} messages.`;
  const compiled = compileOutput(call.schema);
  if (!compiled.ok) throw new Error(compiled.error);
  const value = fabricateValue(call.schema, compiled.value, call.prompt.length, generateSync);
  if (value === undefined) throw new Error('no valid answer can be generated for this schema');
  return value;
}
