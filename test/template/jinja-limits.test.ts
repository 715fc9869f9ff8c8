import { describe, expect, it } from '@jest/globals';
import type { Json } from '../../src/core/json.js';
import { parseTemplate, parseWithLimits } from '../../src/template/jinja.js';

function render(
  source: string,
  scope: Record<string, Json> = {},
  limits: Parameters<typeof parseWithLimits>[1] = {},
): string {
  const parsed = parseWithLimits(source, limits);
  if (!parsed.ok) throw new Error(parsed.error.map((problem) => problem.message).join('; '));
  const text = parsed.value.render(scope);
  return text.ok ? text.value : `error: ${text.error}`;
}

/** `{% for %}` within `{% for %}`, each over as many numbers as `range` gives. */
const loops = (depth: number, body: string): string =>
  '{% for i in range(10000) %}'.repeat(depth) + body + '{% endfor %}'.repeat(depth);

/** The same list or text, put together with itself again and again. */
const again = (first: string, twice: string, times: number): string =>
  `{% set ns = namespace(x=${first}) %}${`{% set ns.x = ${twice} %}`.repeat(times)}`;

/** A tenth of the usual limits. */
const LESS = { entries: 2_000_000, length: 10_000_000, characters: 20_000_000, timeout: 60_000 };

describe('a template that never ends', () => {
  it.each<[string, string]>([
    ['loops over what a condition leaves', loops(3, '').replaceAll('10000) %}', '10000) if i > 0 %}')],
    ['loops over an object', '{% for i in range(10000) %}{% for key in o %}{% endfor %}{% endfor %}'],
    [
      'a macro that calls itself twice',
      '{% macro f(n) %}{{ f(n - 1) if n }}{{ f(n - 1) if n }}{% endmacro %}{{ f(40) }}',
    ],
  ])('is stopped: %s', (_what, source) => {
    const o = Object.fromEntries(Array.from({ length: 100 }, (_, key) => [`key ${key}`, key]));
    expect(render(source, { t: 'x', o }, { steps: 60_000 })).toBe('error: it takes more than 60,000 steps');
  });

  it.each<[string, string, string]>([
    ['a list', `${again('[1]', 'ns.x + ns.x', 40)}`, 'its lists have more than 2,000,000 entries in all'],
    ['a text', `${again('"a"', 'ns.x ~ ns.x', 40)}`, 'it makes a text of more than 10,000,000 characters'],
    [
      'many texts',
      `${again('"a"', 'ns.x + ns.x', 22)}{% for i in range(100) %}{% set y = ns.x | upper %}{% endfor %}`,
      'it makes texts of more than 20,000,000 characters in all',
    ],
    [
      'a list of the same lists, for a filter',
      `${again('[1]', '[ns.x, ns.x]', 40)}{{ ns.x | fit(100) }}`,
      'a filter takes at most 1,000,000 values',
    ],
  ])('is stopped for what it makes: %s', (_what, source, message) => {
    expect(render(source, {}, LESS)).toBe(`error: ${message}`);
  });

  it('is stopped while it prints lists of the same lists', () => {
    const source = `${again('[1]', '[ns.x, ns.x]', 40)}{{ ns.x }}`;
    expect(render(source, {}, { timeout: 300 })).toBe('error: it takes longer than 0.3 seconds');
  });

  it.each([
    '{{ "a\nb" | indent(400000000) }}',
    '{{ "a\nb" | indent(width=400000000) }}',
    '{{ "a\nb" | indent(*[400000000]) }}',
    '{{ "a\nb" | indent(**{"width": 400000000}) }}',
    '{{ [1, [2]] | tojson(indent=400000000) }}',
    '{% filter indent(400000000) %}a\nb{% endfilter %}',
  ])('limits an indent: %s', (source) => {
    expect(render(source)).toBe('error: an indent is limited to 1000 spaces');
  });
});

describe('a template that is nested too deeply', () => {
  it.each([
    `${'('.repeat(20_000)}1${')'.repeat(20_000)}`,
    `1${' + 1'.repeat(20_000)}`,
    `1${' | string'.repeat(20_000)}`,
  ])('is a mistake of the recipe', (expression) => {
    const parsed = parseTemplate(`{{ ${expression} }}`);
    expect(parsed).toMatchObject({
      ok: false,
      error: [{ code: 'template-syntax', message: 'this is nested too deeply' }],
    });
  });

  it('fails its cell when it is only just too deep to be rendered', () => {
    const depths = Array.from({ length: 8 }, (_, step) => (step + 1) * 500);
    const texts = depths.map((depth) => {
      const parsed = parseTemplate(`{{ 1${' + 1'.repeat(depth)} }}`);
      const text = parsed.ok && parsed.value.render({});
      return text && !text.ok ? text.error : undefined;
    });
    expect(new Set(texts)).toEqual(new Set([undefined, 'it is nested too deeply']));
  });
});

describe('a long row', () => {
  const messages = Array.from({ length: 5000 }, (_, n) => ({ n, content: 'word '.repeat(400) }));

  it('is no reason to give up', () => {
    const source =
      '{% for m in messages if m.n >= 0 %}{{ loop.index }} {{ m.content | trim | length }} {{ messages[loop.index0].n }};{% endfor %}';
    expect(render(source, { messages }).split(';')).toHaveLength(5001);
  });

  it('may be gathered piece by piece', () => {
    const source =
      '{% set ns = namespace(t="") %}{% for m in messages %}{% set ns.t = ns.t ~ m.content %}{% endfor %}{{ ns.t | length }}';
    expect(render(source, { messages })).toBe('10000000');
  });

  it('may be indented', () => {
    expect(render('{{ "a\nb" | indent(8, true) }}{{ [1] | tojson(indent=2) }}')).toBe(
      '        a\n        b[\n  1\n]',
    );
  });
});
