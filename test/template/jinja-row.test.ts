import { describe, expect, it } from '@jest/globals';
import { parseTemplate } from '../../src/template/jinja.js';
import type { JsonObject } from '../../src/core/json.js';

const row = {
  'Review text': 'hot',
  stars: 4,
  deep: { 'a b': 1 },
  rows: [{ 'x y': 1 }, { 'x y': 2 }],
  x: 'seed',
};

function rendered(source: string, scope: JsonObject = row): string {
  const parsed = parseTemplate(source);
  if (!parsed.ok) return parsed.error.map(({ hint }) => hint).join();
  const text = parsed.value.render(scope);
  return text.ok ? text.value : text.error;
}
const pathsOf = (source: string): readonly (readonly string[])[] => {
  const parsed = parseTemplate(source);
  return parsed.ok ? parsed.value.references.map(({ path }) => path) : [];
};

describe('row["name"]', () => {
  it.each([
    ['{{ row["Review text"] }}', 'hot'],
    ["{{ row['Review text'] | upper }} and {{ stars }}", 'HOT and 4'],
    ['{% if row["Review text"] == "hot" and row["stars"] > 3 %}yes{% endif %}', 'yes'],
    ['{{ row["deep"]["a b"] }}', '1'],
    ['{{ row["none here"] | default("-") }}', '-'],
    ['{{ row["none here"] }}', '`none here` has no value in this row'],
  ])('reads a column: %s', (source, text) => {
    expect(rendered(source)).toBe(text);
  });

  it('is a reference to the column, at its place', () => {
    const source = 'Rate {{ row["Review text"] }}, {{ stars }}';
    const parsed = parseTemplate(source);
    expect(parsed.ok && parsed.value.references).toMatchObject([
      { path: ['Review text'], span: { offset: 8, length: 18 } },
      { path: ['stars'] },
    ]);
    expect(pathsOf('{{ row["deep"]["a b"] }}')).toEqual([['deep', 'a b']]);
  });

  it('is the variable of a template that defines `row` itself', () => {
    expect(rendered('{% for row in rows %}{{ row["x y"] }}{% endfor %}')).toBe('12');
    expect(rendered('{% set row = deep %}{{ row["a b"] }}')).toBe('1');
  });

  it('never reads a variable of the template in place of a column', () => {
    expect(rendered('{% for x in rows %}{{ row["x"] }}{% endfor %}')).toBe(
      '`row.x` has no value in this row',
    );
  });

  it('is the hint where a name with a blank is written as it is', () => {
    expect(rendered('{{ Review text }}')).toBe(
      'a column with a blank in its name is read with {{ row["Review text"] }}',
    );
  });
});
