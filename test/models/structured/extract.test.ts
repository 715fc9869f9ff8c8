import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../../../src/core/json.js';
import { candidatesIn } from '../../../src/models/structured/candidates.js';

/** The values that needed no repair. */
const jsonCandidates = (text: string): readonly Json[] =>
  candidatesIn(text)
    .values.filter(({ repaired }) => !repaired)
    .map(({ value }) => value);

const record = { label: 'bug', tags: ['a', 'b'] };
const json = JSON.stringify(record);
const pretty = JSON.stringify(record, null, 2);

describe('jsonCandidates', () => {
  it.each([
    ['bare', json],
    ['bare, with space around', `\n  ${pretty}\n`],
    ['after a byte order mark', `\uFEFF${json}`],
    ['in a json fence', `\`\`\`json\n${pretty}\n\`\`\``],
    ['in a fence without a tag', `\`\`\`\n${json}\n\`\`\``],
    ['in a fence with another tag', `\`\`\`jsonc\n${json}\n\`\`\``],
    ['in a fence of tildes', `~~~json\n${json}\n~~~`],
    ['in an indented fence', `  \`\`\`json\n  ${json}\n  \`\`\``],
    ['in a fence that is never closed', `Here:\n\`\`\`json\n${json}`],
    ['in a fence with Windows line ends', `\`\`\`json\r\n${json}\r\n\`\`\`\r\n`],
    ['in a fence on one line', `\`\`\`${json}\`\`\``],
    [
      'in the last of several fences',
      `\`\`\`json\n{"label":"draft"}\n\`\`\`\nBetter:\n\`\`\`json\n${json}\n\`\`\``,
    ],
    ['in a fence before one that is no JSON', `\`\`\`json\n${json}\n\`\`\`\n\`\`\`sh\nnpm test\n\`\`\``],
    ['in a fence before one that is a number', `\`\`\`json\n${json}\n\`\`\`\n\`\`\`\n42\n\`\`\``],
    ['with chatter before', `Sure, here is the record: ${json}`],
    ['with chatter after', `${json}\nLet me know!`],
    ['with chatter that has braces', `I read {x} and f() { return 1 } in "a {" file: ${json} :-}`],
    ['after a draft', `First try {"label": "feature"}, better: ${json}`],
    ['after thinking', `<think>maybe {"label":"no"}?</think>\n${json}`],
    [
      'in a fence after thinking',
      `<think>\n\`\`\`json\n{"label":"no"}\n\`\`\`\n</think>\n\`\`\`json\n${json}\n\`\`\``,
    ],
    ['after thinking whose opening tag the template wrote', `maybe {"label":"no"}?\n</think>\n\n${json}`],
    ['after <thinking>', `<thinking>{"label":"no"}</thinking>${json}`],
    ['inside thinking that never ends', `<think>so the answer is ${json}`],
  ])('finds JSON %s', (_where, text) => {
    expect(jsonCandidates(text)[0]).toEqual(record);
  });

  it('keeps a closing think tag that is part of a value', () => {
    const value = { note: 'a </think> tag\n</think>\n' };
    expect(jsonCandidates(JSON.stringify(value))[0]).toEqual(value);
  });

  it('keeps a fence that is part of a value', () => {
    const value = { note: '```json\n{"a":1}\n```' };
    expect(jsonCandidates(`Here:\n\`\`\`json\n${JSON.stringify(value)}\n\`\`\``)[0]).toEqual(value);
  });

  it('offers all values there are, the last first', () => {
    expect(jsonCandidates('either {"a":1} or {"a":2}, see [1]')).toEqual([[1], { a: 2 }, { a: 1 }]);
  });

  it('takes lists and plain values as well', () => {
    expect(jsonCandidates('[1, 2]')).toEqual([[1, 2]]);
    expect(jsonCandidates(' "text" ')).toEqual(['text']);
    expect(jsonCandidates('<think>x</think>null')).toEqual([null]);
  });

  it.each(['', 'no json here', '{', '{"a":', "{'a': 1}", '{]}', '<think>{"a":1', '```json\n```'])(
    'finds nothing in %j',
    (text) => expect(jsonCandidates(text)).toEqual([]),
  );

  it('gives keys such as __proto__ as plain properties', () => {
    const [value] = jsonCandidates('x {"__proto__": {"polluted": true}}');
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('does not take what is nested deeper than a hundred levels', () => {
    expect(jsonCandidates(nested(100))).toHaveLength(1);
    expect(jsonCandidates(nested(101))).toEqual([]);
    expect(jsonCandidates(`x ${nested(200_000)}`)).toEqual([]);
  });

  // Each of these takes hours, or the stack, when work or depth is not bounded.
  it.each([
    ['opening braces', '{'.repeat(1_000_000)],
    ['opening brackets', '['.repeat(1_000_000)],
    ['objects that never end', '{"a":'.repeat(200_000)],
    ['objects around a mistake', `${'{"a":'.repeat(150_000)}x${'}'.repeat(150_000)}`],
    ['quotes', '{"'.repeat(500_000)],
    ['backslashes', `{"${'\\'.repeat(1_000_000)}`],
    ['backticks', '`'.repeat(1_000_000)],
    ['fences', '```\n'.repeat(250_000)],
    ['spaces', `{${' '.repeat(1_000_000)}x`],
    ['think tags', '<think>'.repeat(140_000)],
    ['closing think tags on lines', '</think>\n'.repeat(110_000)],
    ['think tags on lines', 'x\n<think>\n</think>\n'.repeat(50_000)],
    ['channels', '<|channel|>a'.repeat(80_000)],
    ['closing think tags', '</think> '.repeat(110_000)],
  ])('comes to an end on a megabyte of %s', (_what, text) => {
    expect(jsonCandidates(text)).toEqual([]);
  });

  it('finds any object behind a word of introduction', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(jsonCandidates(`Answer: ${text}`)[0])).toBe(text);
      }),
    );
  });
});

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}
