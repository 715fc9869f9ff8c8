import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { renderRecord } from '../../src/cli/render/record.js';
import { safe, wrap } from '../../src/cli/render/text.js';

const plain = { width: 60, bold: (text: string) => text, dim: (text: string) => text };

function render(row: JsonObject, seeds: readonly string[] = []): string {
  const columns = Object.keys(row).map((name) => ({
    name,
    from: seeds.includes(name) ? ('seed' as const) : ('column' as const),
  }));
  return renderRecord(row, columns, plain);
}

describe('a record', () => {
  it('shows the seed in short, texts wrapped, and scores as a small table', () => {
    const row = {
      trace_id: 't1',
      messages: [{ role: 'user', content: [] }],
      summary: 'one two three four five six seven eight nine ten eleven twelve thirteen',
      judge: { clarity: { reasoning: 'plain words', score: 4 }, depth: { reasoning: 'shallow', score: 1 } },
      tags: ['a', 'b'],
      keep: true,
      nothing: null,
    };
    expect(render(row, ['trace_id', 'messages'])).toBe(
      [
        'trace_id  t1',
        'messages  1 message',
        '',
        'summary',
        '  one two three four five six seven eight nine ten eleven',
        '  twelve thirteen',
        '',
        'judge',
        '  clarity  4  plain words',
        '  depth    1  shallow',
        '',
        'tags  a, b',
        'keep  true',
      ].join('\n'),
    );
  });

  it('clips what is long', () => {
    expect(render({ text: 'word '.repeat(2000) })).toMatch(/… \d+ more lines$/);
  });
});

describe('text for the terminal', () => {
  it('has no control characters but line breaks and tabs', () => {
    expect(safe('a\u001b[31mred\u001b[0m\u0007\r\n\tb\u202ec\u009b2Jd')).toBe('ared\n\tbcd');
  });

  it('is wrapped at blanks, and inside words only when there is none', () => {
    expect(wrap('aaa bbb ccc ddd', 10)).toEqual(['aaa bbb', 'ccc ddd']);
    expect(wrap('x'.repeat(25), 10)).toEqual(['x'.repeat(10), 'x'.repeat(10), 'x'.repeat(5)]);
  });
});
