import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../../src/core/json.js';
import { fit } from '../../src/template/jinja/filters.js';

describe('fit', () => {
  it('leaves short values alone', () => {
    expect(fit('short', 100)).toBe('short');
    expect(fit([{ role: 'user' }], 100)).toBe('[{"role":"user"}]');
  });

  it('cuts the middle of a long text and says how much is gone', () => {
    expect(fit(`start ${'x'.repeat(1000)} end`, 60)).toMatch(/^start x+…\[950 bytes cut\]…x+ end$/);
  });

  it('cuts the longest strings of a list first and keeps both of their ends', () => {
    const messages = [
      { role: 'user', content: 'Fix the bug' },
      { role: 'tool', content: `BEGIN${'-'.repeat(50_000)}FINISH` },
    ];
    const text = fit(messages, 400);
    const parsed = JSON.parse(text) as { role: string; content: string }[];
    expect(parsed[0]).toEqual(messages[0]);
    expect(parsed[1]?.content).toMatch(/^BEGIN-+…\[\d+ bytes cut\]…-+FINISH$/);
    expect(Buffer.byteLength(text)).toBeGreaterThan(300);
  });

  it('never exceeds its bytes and never splits a character', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.integer({ min: 1, max: 200 }),
        (value, text, bytes) => {
          for (const input of [value as Json, text, [text, value as Json]]) {
            const result = fit(input, bytes);
            expect(Buffer.byteLength(result)).toBeLessThanOrEqual(bytes);
            expect(result.includes('\ufffd') && !JSON.stringify(input).includes('\ufffd')).toBe(false);
          }
        },
      ),
    );
  });
});
