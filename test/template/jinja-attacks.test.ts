import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { parseTemplate } from '../../src/template/jinja.js';

const row: JsonObject = {
  t: 'x'.repeat(100_000),
  l: Array.from({ length: 50_000 }, (_, index) => index),
  o: { a: 1 },
  s: 'abc',
  dashes: 'a-'.repeat(50_000),
  deep: '['.repeat(100_000) + ']'.repeat(100_000),
};

function render(source: string): string {
  const parsed = parseTemplate(source);
  if (!parsed.ok) throw new Error(parsed.error.map(({ message }) => message).join('; '));
  const text = parsed.value.render(row);
  return text.ok ? text.value : text.error;
}

const TOO_LONG = 'it makes a text of more than 100,000,000 characters';
const TOO_MANY = 'its lists have more than 20,000,000 entries in all';

describe('a template that asks for too much is stopped before it is made', () => {
  it.each<[string, string]>([
    ['{{ "a" * 1000000000 }}', TOO_LONG],
    ['{{ [0] * 1000000000 }}', TOO_MANY],
    ['{{ [1] | batch(1000000000, "x") }}', TOO_MANY],
    ['{{ [1] | slice(1000000000) }}', TOO_MANY],
    ['{{ s | center(1000000000) }}', 'a width is limited to 10,000 characters'],
    ['{{ s.ljust(1000000000) }}', 'a width is limited to 10,000 characters'],
    ['{{ s.zfill(1000000000) }}', 'a width is limited to 10,000 characters'],
    ['{{ "%1000000000d" % 3 }}', 'a width is limited to 1000 characters'],
    ['{{ "%.1000000000f" % 3 }}', 'a format is limited to 100 digits after the point'],
    ['{{ "%*d" % (1000000000, 3) }}', 'a width is limited to 1000 characters'],
    ['{{ "{:1000000000}".format(3) }}', 'a width is limited to 1000 characters'],
    ['{{ "a\nb" | indent("x" * 5000) }}', 'an indent is limited to 1000 spaces'],
    ['{{ 2 ** 1000000000 }}', 'a whole number is limited to 4096 bits'],
    ['{{ t | replace("", t) }}', TOO_LONG],
    ['{{ t.replace("x", t) }}', TOO_LONG],
    ['{{ t.join(t) }}', TOO_LONG],
    ['{{ l | join(t) }}', TOO_LONG],
    ['{{ t | wordwrap(1, wrapstring=t) }}', TOO_LONG],
    ['{{ l | tojson(separators=[t, t]) }}', TOO_LONG],
    ['{{ l | tojson(indent=1000) | length }}{{ [l, l, l] | tojson(indent=1000) }}', TOO_LONG],
    ['{{ l | map("replace", "1", t) | join }}', 'it makes texts of more than 200,000,000 characters in all'],
    ['{{ l | select("in", l) | length }}', 'it takes more than 1,000,000 steps'],
    ['{{ range(0, 5, 0) }}', 'the step of `range` cannot be 0'],
    ['{{ deep | fromjson }}', 'it is nested too deeply'],
    ['{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', 'it is nested too deeply'],
    ['{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}', 'it is nested too deeply'],
    ['{% set n = namespace() %}{% set n.x = n %}{{ n }}', 'it is nested too deeply'],
  ])('%s', (source, message) => {
    expect(render(source)).toBe(message);
  });

  it('while long texts are handled in linear time', () => {
    expect(
      render(
        '{{ t | wordwrap(1) | length }} {{ dashes | wordwrap(1) | length }} {{ dashes | title | length }}',
      ),
    ).toBe('199999 199999 100000');
  });
});

describe('nothing but data is reached', () => {
  it.each<[string, string]>([
    [
      '{{ o.constructor is defined }}{{ o.__proto__ is defined }}{{ o["hasOwnProperty"] is defined }}',
      'falsefalsefalse',
    ],
    ['{{ l.map is defined }}{{ s.at is defined }}{{ s.constructor is defined }}', 'falsefalsefalse'],
    ['{{ "{0.constructor}{0[__proto__]}".format(o) }}', ''],
    ['{{ [o] | map(attribute="constructor", default="-") | join }}{{ o | attr("__proto__") }}', '-'],
    [
      '{% for i in [1] %}{{ loop.constructor is defined }}{{ loop.set is defined }}{% endfor %}',
      'falsefalse',
    ],
    [
      '{% set n = namespace() %}{% set n.__proto__ = 3 %}{{ n.constructor is defined }}{{ o.x is defined }}',
      'falsefalse',
    ],
    ['{{ (\'{"__proto__": {"x": 1}}\' | fromjson).x is defined }}', 'false'],
    ['{{ s.format.call is defined }}{{ cycler("a").next.constructor is defined }}', 'falsefalse'],
  ])('%s', (source, text) => {
    expect(render(source)).toBe(text);
  });
});
