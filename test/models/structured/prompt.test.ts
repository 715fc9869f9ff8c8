import { describe, expect, it } from '@jest/globals';
import {
  correctionRequest,
  schemaInstructions,
  withSchemaInPrompt,
} from '../../../src/models/structured/prompt.js';
import type { ChatMessage } from '../../../src/models/types.js';
import { labelSchema } from '../setup.js';

const system: ChatMessage = { role: 'system', content: 'Be brief.' };
const user: ChatMessage = { role: 'user', content: 'Label this.' };

describe('withSchemaInPrompt', () => {
  it('appends the schema to the last message of the user and leaves the others alone', () => {
    const earlier: ChatMessage[] = [
      system,
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hi' },
    ];
    const messages = withSchemaInPrompt([...earlier, user], labelSchema);
    expect(messages.slice(0, 3)).toEqual(earlier);
    expect(messages[3]?.content).toBe(`Label this.\n\n${schemaInstructions(labelSchema)}`);
    expect(messages[3]?.content).toContain(JSON.stringify(labelSchema));
  });

  it('adds a message where the user said nothing', () => {
    expect(withSchemaInPrompt([system], labelSchema)).toEqual([
      system,
      { role: 'user', content: schemaInstructions(labelSchema) },
    ]);
  });

  it('says the schema once in a correction', () => {
    const correction: ChatMessage = {
      role: 'user',
      content: correctionRequest(['too short'], schemaInstructions(labelSchema)),
    };
    expect(withSchemaInPrompt([user, correction], labelSchema)).toEqual([user, correction]);
  });
});

describe('correctionRequest', () => {
  it('lists every error', () => {
    expect(
      correctionRequest(['/a must be string', '/b is missing'], schemaInstructions(labelSchema)),
    ).toContain('- /a must be string\n- /b is missing\n');
  });
});
