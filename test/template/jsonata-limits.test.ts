import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import type { Json } from '../../src/core/json.js';
import { parseExpression, parseWithLimits } from '../../src/template/jsonata.js';

const jsonata = createRequire(import.meta.url)('jsonata') as typeof import('jsonata');

function evaluate(
  source: string,
  scope: Record<string, Json> = {},
  limits: Parameters<typeof parseWithLimits>[1] = {},
): Json {
  const parsed = parseWithLimits(source, limits);
  if (!parsed.ok) throw new Error(parsed.error[0]?.message);
  const result = parsed.value.evaluate(scope);
  return result.ok ? result.value : `error: ${result.error}`;
}

const ENTRIES = 'error: its values have more than 20,000,000 entries in all';

/** An expression that applies another to its own result again and again. */
const again = (twice: string, first: string, then: string): string =>
  `($f := function($x, $n) { $n = 0 ? $x : $f(${twice}, $n - 1) }; $x := $f(${first}, 40); ${then})`;

describe('an expression that never ends', () => {
  it.each<[string, string]>([
    ['between two steps', '($f := function($n) { $f($n + 1) }; $f(0))'],
    ['in a function of functions', '$map([1..1000000], function($n) { $n })'],
    ['in a picture of a date', `$toMillis("${'1'.repeat(40)}x", "${'[f]'.repeat(20)}")`],
    ['in a function', '$distinct([1..1000000])'],
  ])('is stopped %s', (_where, source) => {
    const parsed = parseWithLimits(source, { timeout: 100 });
    const result = parsed.ok && parsed.value.evaluate({});
    expect(result).toEqual({ ok: false, error: 'it takes longer than 0.1 seconds' });
  });

  it.each<[string, string]>([
    ['$pad("a", 400000000)', 'error: $pad() is limited to 1,000,000 characters'],
    ['$pad("a", -400000000)', 'error: $pad() is limited to 1,000,000 characters'],
    ['$map(["a"], $pad(?, 400000000))', 'error: $pad() is limited to 1,000,000 characters'],
    [again('$x & $x', '"a"', '$length($x)'), 'error: it makes a text of more than 100,000,000 characters'],
    [
      '$join([1..200].$string($), $pad("", 1000000))',
      'error: it makes a text of more than 100,000,000 characters',
    ],
    ['$fromMillis(0, "[H,400000000]")', 'error: it makes a text of more than 100,000,000 characters'],
    [
      '($x := $pad("a", 1000000); $count([1..201].$uppercase($x)))',
      'error: it makes texts of more than 20,000,000 characters in all',
    ],
    [
      again('$append($x, $x)', '[1]', '$count($x)'),
      'error: the maximum sequence length of 1048576 was exceeded.',
    ],
    [again('{"a": $x, "b": $x}', '1', '$x = $f(1, 40)'), ENTRIES],
    [again('[[$x, $x]]', '1', '$string($x)'), ENTRIES],
  ])('is stopped for what it makes: %s', (source, message) => {
    expect(evaluate(source, {}, { characters: 20_000_000, timeout: 10_000 })).toBe(message);
  });
});

it('says of an expression that is nested too deeply what is wrong with it', () => {
  const parsed = parseExpression(`${'('.repeat(20_000)}1${')'.repeat(20_000)}`);
  const message = 'this is not valid JSONata: it is nested too deeply';
  expect(parsed).toMatchObject({ ok: false, error: [{ code: 'jsonata-syntax', message }] });
});

describe('the library under limits', () => {
  const scope = {
    rows: [
      { n: 3, text: 'b', tags: ['x', 'y'] },
      { n: 1, text: 'a', tags: [] },
      { n: 2, text: 'c', tags: ['z'] },
    ],
    text: 'One two  three',
  };

  it.each([
    'rows.n',
    'rows[n > 1].text',
    'rows^(n).text',
    'rows^(>n, text).n',
    'rows{text: $sum(n)}',
    'rows.{"k": text, "all": [tags, n]}',
    'rows.tags#$i.{"i": $i, "t": $}',
    'rows@$r.rows[n = $r.n].text',
    '$map(rows, function($r, $i) { $r.n * $i })',
    '$filter(rows, function($r) { $r.n > 1 }).text',
    '$reduce(rows.n, function($a, $b) { $a + $b })',
    '$map(rows.n, $power(?, 2))',
    '$map(rows.text, $uppercase)',
    '$map(rows.text, $pad(?, 3, "-"))',
    '$sort(rows.n)',
    '$sort(rows.text)',
    '$sort(rows, function($a, $b) { $a.n < $b.n }).text',
    '$each(rows[0], function($v, $k) { $k })',
    '$sift(rows[0], function($v) { $v = 3 })',
    'rows[0] ~> |$|{"m": n * 2}|',
    'rows.n ~> $sum',
    '$single(rows, function($r) { $r.n = 1 }).text',
    '$match(text, /(\\w)o/).groups',
    '$replace(text, /o/, function($m) { $uppercase($m.match) })',
    '$split(text, /\\s+/)',
    '$join($split(text, " "), ",")',
    '$zip(rows.n, rows.text)',
    '$distinct(rows.tags)',
    '$string(rows[0])',
    '$toMillis("2020-01-02", "[Y0001]-[M01]-[D01]")',
    '$fromMillis(0, "[FNn], [D1o] [MNn] [Y]")',
    '$formatNumber(1234.5, "#,##0.00")',
    '$formatInteger(1999, "I")',
    '$base64encode("abc") & $formatBase(255, 16)',
    'rows[n > 1] ? "some" : "none"',
    'missing ?? rows[0].n',
    '($f := function($n) { $n < 2 ? 1 : $n * $f($n - 1) }; $f(10))',
  ])('gives the same value as without: %s', async (source) => {
    const value: unknown = await jsonata(source).evaluate(scope);
    expect(evaluate(source, scope)).toEqual(JSON.parse(JSON.stringify(value)));
  });
});
