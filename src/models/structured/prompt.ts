import type { JsonSchema } from '../../core/json.js';
import type { ChatMessage } from '../types.js';

/** The words that ask for JSON of a schema, for servers and models that have no other means. */
export function schemaInstructions(schema: JsonSchema): string {
  return [
    'Answer with one JSON value and nothing else: no introduction, no explanation, no Markdown fence.',
    'It must conform to this JSON Schema:',
    '<json_schema>',
    JSON.stringify(schema),
    '</json_schema>',
  ].join('\n');
}

/** The messages with these words at the end of the last one of the user, unless it says them already. */
export function withSchemaInPrompt(
  messages: readonly ChatMessage[],
  schema: JsonSchema,
): readonly ChatMessage[] {
  const instructions = schemaInstructions(schema);
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const question = messages[last];
  if (!question) return [...messages, { role: 'user', content: instructions }];
  if (question.content.endsWith(instructions)) return messages;
  return messages.with(last, { role: 'user', content: `${question.content}\n\n${instructions}` });
}

/**
 * What the model is told about an answer that cannot be used. The schema is repeated, since a server that
 * ignores `response_format` has never shown it to the model.
 */
export function correctionRequest(errors: readonly string[], schema: JsonSchema): string {
  return [
    'This answer cannot be used:',
    ...errors.map((error) => `- ${error}`),
    '',
    'Give the whole answer again with this put right.',
    '',
    schemaInstructions(schema),
  ].join('\n');
}
