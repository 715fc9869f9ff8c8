import { describe, expect, it } from '@jest/globals';
import type { Json } from '../../src/core/json.js';
import type { Span } from '../../src/core/problem.js';
import { parseTemplate } from '../../src/template/jinja.js';

function render(source: string, scope: Record<string, Json> = {}): string {
  const parsed = parseTemplate(source);
  if (!parsed.ok) throw new Error(parsed.error.map((problem) => problem.message).join('; '));
  const text = parsed.value.render(scope);
  return text.ok ? text.value : `error: ${text.error}`;
}

function references(source: string): readonly string[] {
  const parsed = parseTemplate(source);
  if (!parsed.ok) throw new Error('not parsed');
  const at = ({ offset, length }: Span): string => source.slice(offset, offset + length);
  return parsed.value.references.map(({ path, span, optional, isInner, compared }) => {
    const values = (compared?.values ?? []).map((value) => `'${at(value.span)}'`);
    const read = [path.join('.'), ...(compared ? [compared.operator] : []), ...values].join(' ');
    return `${isInner ? `(${read})` : read}${optional && !isInner ? '?' : ''} @ ${at(span)}`;
  });
}

function problems(source: string): readonly string[] {
  const parsed = parseTemplate(source);
  return parsed.ok
    ? []
    : parsed.error.map(
        ({ code, message, hint, span }) =>
          `${code}: ${message} [${source.slice(span.offset, span.offset + span.length)}]${hint === undefined ? '' : ` ${hint}`}`,
      );
}

describe('rendering', () => {
  it.each<[string, Record<string, Json>, string]>([
    ['{{ a >= 4 and b == "high" }}', { a: 4, b: 'high' }, 'true'],
    ['{{ x.score if x.score is not none else 0 }}', { x: { score: null } }, '0'],
    ['{{ x.score if x.score is not none else 0 }}', { x: { score: 3 } }, '3'],
    [
      '{{ messages[:2] }}',
      { messages: [{ role: 'user', content: 'hi "you"' }] },
      '[{"role": "user", "content": "hi \\"you\\""}]',
    ],
    ['{{ m[4:][-4:] }}', { m: [1, 2, 3, 4, 5, 6] }, '[5, 6]'],
    [
      '{% for m in ms if m.ok %}{{ m.n }},{% endfor %}',
      {
        ms: [
          { ok: true, n: 1 },
          { ok: false, n: 2 },
        ],
      },
      '1,',
    ],
    ['{{ name | default("none given") }}', {}, 'none given'],
    ['{{ branch }}', { branch: null }, ''],
    [
      '{{ -3.7 | int }} {{ "7.9" | int }} {{ "x" | int(9) }} {{ 2.5 | round }} {{ -3.5 | round }}',
      {},
      '-3 7 9 2 -4',
    ],
    ['{{ "aB cD" | capitalize }} {{ "abc" | reverse }}', {}, 'Ab cd cba'],
    ['{{ xs | sum }} {{ xs | max }} {{ 2.345 | round(1) }}', { xs: [1, 2, 3] }, '6 3 2.3'],
    [
      '{{ t | length }} {{ t | count }} {{ t[:2] }} {{ t[0] }}{{ t[-1] }} {{ "x" if t | length > 4 else "y" }}',
      { t: '😀é😀z' },
      '4 4 😀é 😀z y',
    ],
    [
      '{{ t | truncate(9, true) }} {{ e | capitalize }}',
      { t: '😀'.repeat(20), e: '𐐨AB' },
      `${'😀'.repeat(6)}... 𐐀ab`,
    ],
    ['{{ t | length }} {{ n | length }} {{ o | length }}', { t: 'abc', n: [1, 2], o: { a: 1 } }, '3 2 1'],
    ['{{ text | truncate(20) }}', { text: 'the quick brown fox jumps over' }, 'the quick brown...'],
    ['{{ {"a": {"b": 1}} }}', {}, '{"a": {"b": 1}}'],
    ['a\n{% if true %}\nb\n{% endif %}\nc', {}, 'a\n\nb\n\nc'],
  ])('%s', (source, scope, expected) => {
    expect(render(source, scope)).toBe(expected);
  });

  it('says which value is missing instead of printing nothing', () => {
    expect(render('{{ digest.goal }}', { digest: {} })).toBe('error: `digest.goal` has no value in this row');
  });

  it.each([
    ['{% if o %}{{ o.x }}{% else %}none{% endif %}', { o: null }, 'none'],
    ['{% if not o or o.x is none %}none{% else %}{{ o.x }}{% endif %}', { o: null }, 'none'],
    ['{{ o.x if o and o.p else "none" }}', { o: { y: 1 } }, 'none'],
    ['{% if o.p %}{{ o.p.q }}{% endif %}.', { o: null }, '.'],
    [
      '{% if kind == "a" %}{{ o.x }}{% elif o.z %}z{% else %}{{ kind }}{% endif %}',
      { kind: 'b', o: {} },
      'b',
    ],
    ['{{ o.x or "else" }} {{ kind == "a" and o.x.y == 1 }}', { kind: 'b', o: {} }, 'else false'],
    ['{% for t in list %}{{ t }}{{ o.x }}{% endfor %}.', { list: [], o: {} }, '.'],
    ['{% for t in list if o.x %}{{ t }}{% else %}none{% endfor %}', { list: [1], o: {} }, 'none'],
  ])('fails for a missing value only where it is read: %s', (source, scope, expected) => {
    expect(render(source, scope)).toBe(expected);
  });

  it.each([
    ['{% if o %}{{ o.x }}{% endif %}', { o: { y: 1 } }, 'o.x'],
    ['{% if kind == "a" %}{{ o.x }}{% else %}{{ kind }}{% endif %}', { kind: 'a', o: {} }, 'o.x'],
    ['{% if kind == "a" %}{{ o.p.q | upper }}{% endif %}', { kind: 'a', o: {} }, 'o.p.q'],
    ['{% if o.x == 1 %}{% endif %}', { o: null }, 'o.x'],
    ['{% for t in list %}{{ o["x"] }}{% endfor %}', { list: [1], o: {} }, 'o.x'],
    ['{{ kind or o.x }}{{ kind and o.x }}', { kind: 'a', o: {} }, 'o.x'],
  ])('fails for a missing value that is read: %s', (source, scope, path) => {
    expect(render(source, scope)).toBe(`error: \`${path}\` has no value in this row`);
  });

  it('reads a variable of the template that has the name of a column with a missing field', () => {
    const source = '{% if k %}{{ o.x }}{% endif %}{% for o in list %}{{ o.x }}{% endfor %}';
    expect(render(source, { k: false, o: {}, list: [{ x: 1 }] })).toBe('1');
  });

  it('hands over only what is referenced', () => {
    const scope = { used: 1 } as Record<string, Json>;
    Object.defineProperty(scope, 'unused', { enumerable: true, get: () => expect(true).toBe(false) });
    expect(render('{{ used }}', scope)).toBe('1');
  });

  it('cannot reach the host', () => {
    expect(render("{{ s.constructor.constructor('return process')() }}", { s: 'x' })).toMatch(/^error: /);
    expect(render('{{ o.__proto__ is defined }}', { o: {} })).toBe('false');
  });

  it('bounds range(), which nothing could interrupt', () => {
    expect(render('{% for i in range(100000000) %}{% endfor %}')).toBe(
      'error: range() is limited to 10000 numbers',
    );
  });
});

describe('references', () => {
  it.each<[string, readonly string[]]>([
    ['{{ sft_record.instruction }}', ['sft_record.instruction @ sft_record.instruction']],
    ["{{ a['b c'].d }}", ["a.b c.d @ a['b c'].d"]],
    ['{{ messages[:4] | tojson }}', ['messages @ messages[:4]']],
    [
      '{% for m in messages %}{{ m.role }}{{ loop.index }}{% endfor %}',
      ['messages @ messages', '(messages.0.role) @ m.role'],
    ],
    ['{% set t = x.y %}{{ t.z }}', ['x.y @ x.y', '(x.y.z) @ t.z']],
    ['{% set t = x %}{% if c %}{% set t = y %}{% endif %}{{ t.z }}', ['x @ x', 'c? @ c', 'y @ y']],
    ['{{ messages[-1].role }}', ['messages @ messages[-1].role', '(messages.0.role) @ messages[-1].role']],
    ["{{ ms | map(attribute='role') | first }}", ['ms @ ms', '(ms.0.role) @ role']],
    [
      "{% for m in ms | selectattr('role', 'equalto', 'user') %}{{ m.text }}{% endfor %}",
      ['ms @ ms', "(ms.0.role == 'user') @ role", '(ms.0.text) @ m.text'],
    ],
    ["{{ a == 'x' and 3 < b and c in ['y', 'z'] }}", ["a == 'x' @ a", "b > '3' @ b", "c in 'y' 'z' @ c"]],
    ['{{ x is defined }} {{ y | default(1) }} {{ z }}', ['x? @ x', 'y? @ y', 'z @ z']],
    ["{{ 'a.b' ~ a.b }}", ['a.b @ a.b']],
    ['{{ b if a.c else d }}', ['a.c? @ a.c', 'b @ b', 'd @ d']],
    ['{{ name.split(sep) }}', ['name @ name.split', 'sep @ sep']],
    ['{% macro g(n, p=q) %}{{ p }} {{ n }}{% endmacro %}{{ g(x) }}', ['q @ q', 'x @ x']],
    ['{{ d[key].v }}', ['key @ key', 'd @ d']],
  ])('%s', (source, expected) => {
    expect(references(source)).toEqual(expected);
  });
});

describe('mistakes', () => {
  it.each<[string, string]>([
    ['Hello {{ name', 'template-syntax: `{{` is never closed [{{] end it with `}}`'],
    ['{% if a %}x', 'template-syntax: `{% if %}` is never closed [{% if a %}] end it with `{% endif %}`'],
    ['x{% endfor %}', 'template-syntax: `{% endfor %}` closes nothing [{% endfor %}]'],
    ['ok {{ a }} {{ b + }}', 'template-syntax: this is not valid Jinja: unexpected token: `}}` [{{ b + }}]'],
    [
      '{{ a | trunkate(3) }}',
      'unknown-filter: unknown filter `trunkate` [trunkate] did you mean `truncate`?',
    ],
    ['{{ a is difined }}', 'unknown-test: unknown test `difined` [difined] did you mean `defined`?'],
    [
      '{% include "x" %}',
      'template-syntax: there is no statement `{% include %}` here [{% include "x" %}] a template cannot read other files',
    ],
    ['{{ rnge(3) }}', 'unknown-function: unknown function `rnge` [rnge] did you mean `range`?'],
  ])('%s', (source, expected) => {
    expect(problems(source)[0]).toMatch(expected);
  });
});
