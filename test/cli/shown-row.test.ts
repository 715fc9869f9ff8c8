import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { renderRunRow } from '../../src/cli/render/shown-row.js';
import { widthOf } from '../../src/cli/render/text.js';

const style = { width: 80, bold: (text: string) => text, dim: (text: string) => text };

function made(row: JsonObject, chosen: readonly string[] = [], seeds: readonly string[] = []): string {
  const columns = Object.keys(row).map((name) => ({
    name,
    from: seeds.includes(name) ? ('seed' as const) : ('column' as const),
  }));
  return renderRunRow({ state: 'done', number: 0, row }, columns, chosen, style);
}

const TRACE = ['trace_id', 'source_kind', 'messages', 'message_count', 'tool_call_count', 'is_sidechain'];
const trace: JsonObject = {
  trace_id: 't1',
  source_kind: 'codex',
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'Mend it.' }] },
    {
      role: 'assistant',
      content: 'I look.',
      tool_calls: [{ function: { name: 'bash', arguments: '{"command":"ls"}' } }],
    },
    { role: 'tool', content: [{ type: 'text', text: 'line\n'.repeat(40) }] },
  ],
  message_count: 3,
  tool_call_count: 1,
  is_sidechain: false,
  digest: { goal: 'mend', steps: [{ what: 'look', done: true }, { what: 'write' }] },
  judge: { depth: { score: 4, reasoning: 'word '.repeat(80) }, tone: { score: 1, reasoning: 'rude' } },
};

describe('a row to read', () => {
  it('is the conversation, then the other cells by name', () => {
    expect(made(trace, [], TRACE)).toMatch(
      /^t1 {2}codex, 3 messages, 1 tool call\n\nuser\n {2}Mend it\.\n\nassistant\n {2}I look\.\n {2}→ bash \{"command":"ls"\}\n\ntool\n(?: {2}line\n){10} {2}… 20 more lines …\n(?: {2}line\n){10}\n─{80}\n\nis_sidechain {2}false\n\ndigest\n {2}goal {3}mend\n {2}steps {2}- what {2}look\n {9} {2}done {2}true\n {9}- what {2}write\n\njudge\n {2}depth {2}4 {2}word/,
    );
  });

  it('gives the reasons of scores to their end', () => {
    const words = made(trace, ['judge']).match(/word/g);
    expect(words).toHaveLength(80);
    expect(made(trace, ['judge'])).toContain('\n  tone   1  rude');
  });

  it('has only the chosen columns, a conversation whole', () => {
    const text = made(trace, ['messages']);
    expect(text.match(/line$/gm)).toHaveLength(40);
    expect(text).not.toContain('judge');
    expect(made({ a: null, b: 1 }, ['a'])).toBe('these cells are empty');
  });

  it('names images and data, and never prints them', () => {
    const data = 'iVBORw0KGgo'.repeat(100);
    const row = {
      trace_id: 't',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
            { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${data}` } },
            { type: 'image_url', image_url: { url: 'https://example.org/plan.png' } },
            { type: 'image', source: { media_type: 'image/png', data: '[300 bytes, sha256 abc123]' } },
            { type: 'input_image', file_id: 'file-7' },
            { type: 'text', text: `see data:image/gif;base64,${data} here` },
          ],
        },
      ],
      picture: `data:image/png;base64,${data}`,
      raw: data,
      tools: [{ image: data }],
    };
    const text = made(row);
    expect(text).not.toContain('iVBOR');
    expect(text).toContain('[image: image/png, 825 bytes]');
    expect(text).toContain('[image_url: image/jpeg, 825 bytes]');
    expect(text).toContain('[image_url: https://example.org/plan.png]');
    expect(text).toContain('[image: image/png, 300 bytes]');
    expect(text).toContain('[input_image: file-7]');
    expect(text).toContain('see [image/gif, 825 bytes] here');
    expect(text).toMatch(/picture\s+\[image\/png, 825 bytes\]/);
    expect(text).toMatch(/raw\s+\[data, 825 bytes\]/);
  });

  it('has no line wider than the terminal, wide characters counted as two', () => {
    const row = {
      trace_id: '漢字'.repeat(10),
      source_path: `/tmp/${'long/'.repeat(40)}`,
      messages: [{ role: 'user', content: [{ type: 'text', text: '文字は幅が二つ。'.repeat(40) }] }],
      answer: '長い答え '.repeat(60),
      emoji: '✅🎉 fine '.repeat(30),
      tabs: '\tindented\t'.repeat(20),
      table: { 名前: '値', other: 'é'.repeat(200) },
      short: '漢'.repeat(30),
    };
    for (const line of made(row).split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(80);
  });

  it('has no escape sequence of the row, nor of its names', () => {
    const evil = '\u001b]0;title\u0007\u001b[2J\u009b31mred\u202e';
    const cells = {
      [`name${evil}`]: evil,
      list: [evil, { [evil]: evil }],
      judge: { [evil]: { score: evil, reasoning: evil } },
    };
    const messages = [
      {
        role: evil,
        kind: evil,
        content: [{ type: evil, url: evil }],
        tool_calls: [{ function: { name: evil, arguments: evil } }],
      },
    ];
    const failures = [
      {
        column: evil,
        class: evil,
        message: evil,
        hint: evil,
        attempts: [{ alias: evil, class: evil, message: evil, answer: evil }],
      },
    ];
    const texts = [
      made({ trace_id: evil, messages, ...cells }),
      made(cells),
      renderRunRow({ state: 'failed', number: 1, seed: { [evil]: evil }, failures }, [], [], style),
    ];
    for (const text of texts) expect(text).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
    expect(texts.join('')).toContain('red');
  });
});

describe('a failed row', () => {
  const failures = [
    {
      row: 4,
      column: 'digest',
      class: 'schema',
      message: 'no answer was valid',
      hint: 'ask for less',
      attempts: [
        { alias: 'small', class: 'schema', message: 'no JSON', answer: 'Sorry,\nI cannot' },
        { class: 'timeout', message: 'no answer in 10s' },
      ],
    },
    { row: 4, column: 'judge', class: 'template', message: 'digest failed', attempts: [] },
  ];
  const failed = { state: 'failed', number: 4, seed: { trace_id: 't9' }, failures } as const;

  it('has its seed, and each failure with its attempts and answers', () => {
    expect(renderRunRow(failed, [], [], style)).toBe(
      [
        'trace_id  t9',
        '',
        'digest  schema',
        '  no answer was valid',
        '  ask for less',
        '  attempt 1 small: schema: no JSON',
        '    Sorry,',
        '    I cannot',
        '  attempt 2: timeout: no answer in 10s',
        '',
        'judge  template',
        '  digest failed',
      ].join('\n'),
    );
  });

  it('can be shown for chosen columns only', () => {
    expect(renderRunRow(failed, [], ['judge'], style)).toBe(
      'trace_id  t9\n\njudge  template\n  digest failed',
    );
  });
});
