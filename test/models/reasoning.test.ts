import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { bench, modelAt, textQuestion } from './setup.js';

let server: ModelServer;

beforeEach(async () => {
  server = await startModelServer();
});
afterEach(() => server.close());

describe('thinking', () => {
  it.each<[string, JsonObject]>([
    ['reasoning', { content: 'Yes.', reasoning: 'hm' }],
    ['reasoning_content', { content: 'Yes.', reasoning: null, reasoning_content: 'hm' }],
    ['thinking', { content: 'Yes.', thinking: 'hm' }],
    [
      "OpenRouter's reasoning_details",
      {
        content: 'Yes.',
        reasoning: null,
        reasoning_details: [
          { type: 'reasoning.text', text: 'hm' },
          { type: 'reasoning.encrypted', data: 'x' },
        ],
      },
    ],
    ['thinking_blocks', { content: 'Yes.', thinking_blocks: [{ type: 'thinking', thinking: 'hm' }] }],
    [
      "Mistral's parts",
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
          { type: 'text', text: 'Yes.' },
        ],
      },
    ],
    [
      'reasoning parts',
      {
        content: [
          { type: 'reasoning', text: 'hm' },
          { type: 'output_text', text: 'Yes.' },
        ],
      },
    ],
    ['the text itself', { content: '[THINK]hm[/THINK]Yes.' }],
  ])('in %s is separated from a text', async (_where, message) => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply('', { message }));
    expect(await models.ask(textQuestion())).toMatchObject({
      ok: true,
      value: { value: 'Yes.', reasoning: 'hm' },
    });
  });
});
