import type { JsonSchema } from '../../core/json.js';
import type { ChatMessage } from '../types.js';

/** Instructions to answer with JSON of a schema, for servers and models without structured output. */
export function schemaInstructions(schema: JsonSchema): string {
  return [
    'Answer with one JSON value and nothing else: no introduction, no explanation, no Markdown fence.',
    'It must conform to this JSON Schema:',
    '<response_schema>',
    JSON.stringify(schema),
    '</response_schema>',
  ].join('\n');
}

/** The messages with these instructions at the end of the last user message, unless it has them already. */
export function withSchemaInPrompt(
  messages: readonly ChatMessage[],
  schema: JsonSchema,
): readonly ChatMessage[] {
  const instructions = schemaInstructions(schema);
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const question = messages[last];
  if (!question) return [...messages, { role: 'user', content: instructions }];
  if (question.content.endsWith(instructions)) return messages;
  return messages.with(last, { ...question, content: `${question.content}\n\n${instructions}` });
}

/**
 * Asks the model to correct an invalid answer. The schema is repeated, since a server that ignores
 * `response_format` has not shown it to the model. These texts are part of request keys: a change costs users new
 * calls.
 *
 * @param instructions how to answer
 */
export function correctionRequest(errors: readonly string[], instructions: string): string {
  return [
    'This answer cannot be used:',
    ...errors.map((error) => `- ${error}`),
    '',
    'Give the whole answer again with this put right.',
    '',
    instructions,
  ].join('\n');
}
