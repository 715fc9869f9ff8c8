import { describe, expect, it } from '@jest/globals';
import { anthropicBatch } from '../../src/models/batch/protocols/anthropic.js';
import { geminiBatch } from '../../src/models/batch/protocols/gemini.js';
import { batchProtocolOf } from '../../src/models/batch/protocols/index.js';
import { mistralBatch } from '../../src/models/batch/protocols/mistral.js';
import { definitionOf, modelAt } from './setup.js';

describe('the batches of an address', () => {
  it.each([
    ['https://generativelanguage.googleapis.com/v1beta/openai', geminiBatch, 100_000, 1_999_000_000],
    ['https://api.mistral.ai/v1', mistralBatch, 1_000_000, 511_000_000],
  ])('%s', (url, protocol, requests, bytes) => {
    const { endpoint } = modelAt(url);
    expect(batchProtocolOf(endpoint, false)).toBe(protocol);
    expect(protocol.limits(endpoint)).toEqual({ requests, bytes });
    const definition = definitionOf('anthropic');
    expect(protocol.serves(modelAt(url, {}, { endpoint: { definition } }).endpoint)).toBe('no');
  });

  it('that speaks the protocol of Anthropic', () => {
    const definition = definitionOf('anthropic');
    const { endpoint } = modelAt('https://gateway.example', {}, { endpoint: { definition } });
    expect(batchProtocolOf(endpoint, false)).toBe(anthropicBatch);
    // 256 MB with 17 bytes more for each of 100,000 lines.
    expect(anthropicBatch.limits(endpoint).bytes + 100_000 * 17).toBeLessThan(256_000_000);
  });
});
