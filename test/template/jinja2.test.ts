import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { createRandom } from '../../src/core/random.js';
import { parseTemplate } from '../../src/template/jinja.js';
import type { RenderOptions } from '../../src/template/types.js';

interface Table {
  readonly row: JsonObject;
  readonly cases: readonly (readonly [template: string, text: string])[];
}

const { row, cases } = JSON.parse(
  readFileSync(new URL('jinja2.json', import.meta.url), 'utf8'),
) as unknown as Table;

function render(source: string, scope: JsonObject = {}, options: RenderOptions = {}): string {
  const parsed = parseTemplate(source);
  if (!parsed.ok) return parsed.error.map(({ message, hint }) => `${message} (${hint ?? ''})`).join('; ');
  const text = parsed.value.render(scope, options);
  return text.ok ? text.value : `error: ${text.error}`;
}

describe('what Jinja2 renders in Python', () => {
  it.each(cases)('%j', (source, text) => {
    expect(render(source, row)).toBe(text);
  });
});

describe('what differs from Python on purpose', () => {
  it.each<[string, string]>([
    ['{{ true }} {{ none }} {{ ["a"] }} {{ {"k": 1} }} {{ (1, 2) }}', 'true  ["a"] {"k": 1} [1, 2]'],
    ['{{ 2.5 | round }} {{ 4 / 2 }}', '2 2.0'],
    ['{{ ["a"] | map("upper") }} {{ range(3) }} {{ [1, 2] | reverse }}', '["A"] [0, 1, 2] [2, 1]'],
    ['{{ "a" + 1 }} {{ 1 + "a" }}', 'a1 1a'],
    ['{{ 3 == "3" }} {{ 3 == "03" }} {{ "3" in [3] }} {{ true == "true" }}', 'true false true false'],
    ['{{ {"items": 1}.items }} {{ {"items": 1}.items() | length }}', '1 1'],
    ['{{ "é<" | tojson }} {{ "<" | e | e }}', '"é<" &amp;lt;'],
    ['{% autoescape true %}{{ "<" }}{% endautoescape %}', '<'],
    ['{% for i in [1, 2, 3] %}{% if i == 2 %}{% continue %}{% endif %}{{ i }}{% endfor %}', '13'],
    ['{{ \'{"k": [1, 2]}\' | fromjson | attr("k") }} {{ ("[1]" | fromjson)[0] }}', '[1, 2] 1'],
  ])('%s', (source, text) => {
    expect(render(source)).toBe(text);
  });
});

describe('an error says what is wrong and what to write', () => {
  it.each<[string, string]>([
    [
      '{{ note.k }}',
      'error: `note` is text and has no field `k`; if it is JSON, read it with `(note | fromjson).k`',
    ],
    [
      '{% if note.k %}x{% endif %}',
      'error: `note` is text and has no field `k`; if it is JSON, read it with `(note | fromjson).k`',
    ],
    [
      '{{ note.title }}',
      'error: `title` is a function: write `title()`, or read JSON in a text with `(… | fromjson).title`',
    ],
    ['{{ note | fromjson }}', 'error: the filter `fromjson` takes JSON, not `plain`'],
    [
      '{{ list.name }}',
      'error: `list` is a list and has no field `name`; read one of its entries, or all of them with a loop',
    ],
    [
      '{{ note < 3 }}',
      'error: `<` cannot compare text with a number: turn the text into a number with `| float`',
    ],
    [
      '{{ 1.5 >= note }}',
      'error: `>=` cannot compare a number with text: turn the text into a number with `| float`',
    ],
    ['{{ list < note }}', 'error: `<` cannot compare a list with text'],
    ['{{ list < 3 }}', 'error: `<` cannot compare a list with a number'],
    ['{{ true < note }}', 'error: `<` cannot compare a boolean with text'],
    ['{{ list + 1 }}', 'error: `+` takes no list and number; `~` joins any values as text'],
    [
      '{{ list.append(3) }}',
      'error: `append()` would change a list, which templates cannot: use `{% set list = list + [value] %}`',
    ],
    ['{{ note | indent(3, 4, 5, 6) }}', 'error: the filter `indent` takes at most 3: width, first, blank'],
    [
      '{{ note | indent(wide=3) }}',
      'error: the filter `indent` has no argument `wide`: it takes width, first, blank',
    ],
    ['{{ note | round }}', 'error: the filter `round` takes a number, not text'],
    ['{{ 1 // 0 }}', 'error: division by zero'],
    ['{{ list | random }}', 'error: nothing random can be drawn here'],
    ['{{ note.nope() }}', 'error: there is no `nope()` for this value'],
    ['{{ list | map("uper") }}', 'unknown filter `uper` (did you mean `upper`?)'],
    ['{{ list | select("od1d") }}', 'unknown test `od1d` (did you mean `odd`?)'],
    ['{{ now() }}', 'unknown function `now` (the same input must give the same dataset: use a param)'],
    [
      '{% extends "x" %}',
      'there is no statement `{% extends %}` here (a template cannot read other files: write the text here, or use a param)',
    ],
    [
      '{{ a is string is lower }}',
      'this is not valid Jinja: tests cannot be chained: write `x is a and x is b` ()',
    ],
    ['{{ f(1 2) }}', 'this is not valid Jinja: unexpected token: `2` where `)` belongs ()'],
    ['{% raw %}x', '`{% raw %}` is never closed (end it with `{% endraw %}`)'],
  ])('%s', (source, text) => {
    expect(render(source, { note: 'plain', list: [1, 2] })).toBe(text);
  });

  it('is not raised where a missing value is allowed', () => {
    const source = '{{ note.k is defined }} {{ note.k | default("-") }}';
    expect(render(source, { note: 'plain' })).toBe('false -');
  });
});

describe('random', () => {
  const draw = (source: string, ...names: readonly string[]): string =>
    render(
      source,
      { tags: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] },
      { random: createRandom('test', ...names) },
    );

  it('follows from its generator alone', () => {
    const texts = Array.from({ length: 200 }, (_, index) => draw('{{ tags | random }}', String(index)));
    expect(texts).toEqual(
      Array.from({ length: 200 }, (_, index) => draw('{{ tags | random }}', String(index))),
    );
    expect([...new Set(texts)].sort().join('')).toBe('abcdefgh');
  });

  it('draws again each time it is written, also through `map`', () => {
    const source = '{% for i in range(50) %}{{ tags | random }}{% endfor %}';
    expect(new Set(draw(source)).size).toBe(8);
    expect(draw('{{ [tags, tags, tags, tags] | map("random") | join }}')).toMatch(/^[a-h]{4}$/);
  });

  it('is told of, and draws nothing from nothing', () => {
    const usesRandom = (source: string): boolean | undefined => {
      const parsed = parseTemplate(source);
      return parsed.ok ? parsed.value.usesRandom : undefined;
    };
    expect(usesRandom('{{ tags | random }}')).toBe(true);
    expect(usesRandom('{{ [tags] | map("random") | first }}')).toBe(true);
    expect(usesRandom('{{ tags | first }}')).toBe(false);
    expect(draw('[{{ [] | random }}]')).toBe('[]');
  });
});
