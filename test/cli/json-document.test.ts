import { describe, expect, it } from '@jest/globals';
import { jsonDocument } from '../../src/cli/render/json-document.js';
import { safe } from '../../src/cli/render/text.js';

const steering = [
  '\u001b[31m',
  '\u009b31m',
  '\u009d0;x\u0007',
  '\u202e',
  '\u2066',
  '\u200f',
  '\u2028',
  '\u{e0041}',
];

describe('what could steer a terminal', () => {
  it.each(steering)('is an escape in a document, which says the same: %j', (text) => {
    const written = jsonDocument({ [text]: [`a${text}b`] });
    expect(written).toMatch(/^[\n -~]*$/);
    expect(JSON.parse(written)).toEqual({ [text]: [`a${text}b`] });
  });

  it.each(steering)('is taken out of text for people: %j', (text) => {
    expect(safe(`a${text}b`)).toMatch(/^a.{0,4}b$/);
    expect(safe(`a${text}b`)).toMatch(/^[ -~]*$/);
  });

  it('is nothing that people write', () => {
    const text = 'Grüße, 世界 👩‍👩‍👧\n\tאבג';
    expect(safe(text)).toBe(text);
    expect(JSON.parse(jsonDocument([text]))).toEqual([text]);
  });
});
