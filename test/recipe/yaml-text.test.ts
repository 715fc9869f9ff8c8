import { describe, expect, it } from '@jest/globals';

import { parseYamlText } from '../../src/recipe/yaml/parse.js';

/** `code|underlined text|message` of every mistake. */
function mistakes(text: string): readonly string[] {
  return parseYamlText('x.yaml', text).problems.map(({ code, message, place }) => {
    const { offset = 0, length = 0 } = place?.span ?? {};
    return `${code}|${text.slice(offset, offset + length)}|${message}`;
  });
}

const data = (text: string): unknown => parseYamlText('x.yaml', text).data;

describe('broken YAML', () => {
  const cases: readonly [name: string, text: string, expected: string][] = [
    ['a tab as indentation', 'a:\n\tb: 1\n', 'yaml-syntax|\t|a tab cannot indent YAML'],
    [
      'a colon in plain text',
      'a: b: c\n',
      'yaml-syntax|b|a value that is itself `key: value` cannot start on this line',
    ],
    [
      'a line out of step',
      'a:\n  - b\n c: 1\n',
      'yaml-syntax|c: 1|this line is not indented like the lines around it',
    ],
    ['an open quote', 'a: "x\n', 'yaml-syntax||a quote that opens before this place is not closed'],
    ['an open list', 'a: [1, 2', 'yaml-syntax||a `[` that opens before this place is not closed'],
    ['text after a quoted value', 'a: "b" c\n', 'yaml-syntax|c|text after the end of the value'],
    ['a reserved character', 'a: @b\n', 'yaml-syntax|@|a value cannot start with this character'],
    ['an unknown escape', 'a: "\\q"\n', 'yaml-syntax|\\|this escape does not exist in a double-quoted value'],
    [
      'a second document',
      'a: 1\n---\nb: 2\n',
      'yaml-syntax|---|a recipe is one YAML document, and a second one starts here',
    ],
    ['a word without a colon', 'a: 1\nword\n', 'yaml-syntax|word|expected `key: value`'],
    ['an alias of nothing', 'a: *b\n', 'unknown-alias|*b|there is no `&b` before this `*b`'],
    ['a map as a key', '? [a]\n: 1\n', 'yaml-key|[a]|a key must be text, not a map or a list'],
    ['a merge of a number', '<<: 1\n', 'yaml-merge|<<|`<<` takes a map or an alias of one: `<<: *name`'],
  ];
  for (const [name, text, expected] of cases) {
    it(`is explained: ${name}`, () => {
      expect(mistakes(text)).toEqual([expected]);
      expect(data(text)).toBeUndefined();
    });
  }

  it('is reported once per line', () => {
    expect(mistakes('a: x\n  b: 2\n')).toHaveLength(1);
  });

  it('is refused when it is nested too deeply, contains itself or explodes', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((c, i) => `${c}: &${c} [${`*${'abcdefgh'[i]},`.repeat(9)}]`),
    ];
    for (const text of [
      '['.repeat(5000),
      'a: &x [*x]\n',
      `${'{a: '.repeat(70)}1${'}'.repeat(70)}`,
      bomb.join('\n'),
    ]) {
      const { data, problems } = parseYamlText('x.yaml', text);
      expect(data).toBeUndefined();
      expect(problems).toHaveLength(1);
      expect(problems[0]?.message).toMatch(/nested too deeply/);
    }
  });
});

describe('mistakes that leave the rest readable', () => {
  it('names both places of a duplicate key', () => {
    expect(mistakes('a: 1\nb: 2\na: 3\n')).toEqual([
      'duplicate-key|a|the key `a` occurs twice in this map, first in line 1',
    ]);
    expect(data('a: 1\nb: 2\na: 3\n')).toEqual({ a: 3, b: 2 });
  });
  it('refuses tags', () => {
    expect(mistakes('a: !env X\n')).toEqual(['yaml-tag|!env|YAML tags have no meaning in a recipe']);
  });
  it('refuses values that JSON has not', () => {
    expect(mistakes('a: .inf\n')).toEqual(['not-json|.inf|this value cannot be written in JSON']);
  });
  it('refuses __proto__, and reading it pollutes nothing', () => {
    expect(mistakes('__proto__: { polluted: 1 }\nb: 2\n')).toEqual([
      'forbidden-key|__proto__|the key `__proto__` is not allowed',
    ]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe('a template without quotes', () => {
  const words = 'YAML reads a `{` at the start of a value as a map, not as a template';

  it('is explained and then read as if it had been quoted', () => {
    expect(mistakes('expr: {{ a.b }}\n')).toEqual([`unquoted-template|{{ a.b }}|${words}`]);
    expect(data('expr: {{ a.b }}\nx: [{{ y }}]\n')).toEqual({ expr: '{{ a.b }}', x: ['{{ y }}'] });
  });

  const unreadable = ['{{ a }} and b', '{{ a[0] }}', '{% if a %}b{% endif %}', '{{ a }}{{ b }}'];
  for (const template of unreadable) {
    it(`is explained where YAML cannot read it at all: ${template}`, () => {
      const text = `one: 1\nexpr: ${template}\ntwo: 2\n`;
      expect(mistakes(text)).toEqual([`unquoted-template|${template}|${words}`]);
      expect(data(text)).toEqual({ one: 1, expr: '', two: 2 });
    });
  }

  it('is explained for a param inside braces', () => {
    expect(mistakes('source: { path: ${{ params.x }} }\n')).toEqual([
      `unquoted-template|{ path: \${{ params.x }} }|${words}`,
    ]);
  });

  it('is no mistake in a block of text, in quotes, or after other text', () => {
    for (const text of [
      'p: |\n  key: {{ x }} y\n',
      'p: "{{ x }}"\n',
      'p: say {{ x }}\n',
      'p: ${{ params.x }}\n',
    ]) {
      expect(mistakes(text)).toEqual([]);
    }
  });
});
