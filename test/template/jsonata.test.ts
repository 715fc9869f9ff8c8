import { describe, expect, it } from '@jest/globals';
import type { Json } from '../../src/core/json.js';
import { parseExpression, parseWithLimits } from '../../src/template/jsonata.js';

function evaluate(source: string, scope: Record<string, Json>): Json | string {
  const parsed = parseExpression(source);
  if (!parsed.ok) throw new Error(parsed.error[0]?.message);
  const result = parsed.value.evaluate(scope);
  return result.ok ? result.value : `error: ${result.error}`;
}

function references(source: string): readonly string[] {
  const parsed = parseExpression(source);
  if (!parsed.ok)
    return parsed.error.map(
      ({ message, span }) => `${message} [${source.slice(span.offset, span.offset + span.length)}]`,
    );
  return parsed.value.references.map(
    ({ path, span }) => `${path.join('.')} @ ${source.slice(span.offset, span.offset + span.length)}`,
  );
}

describe('JSONata expressions', () => {
  it.each<[string, Record<string, Json>, Json]>([
    ['record.tags', { record: { tags: ['one'] } }, ['one']],
    ['record.tags', { record: { tags: [] } }, []],
    ['a >= 4 and b = "high"', { a: 4, b: 'high' }, true],
    ['$exists(j.g.score) ? j.g.score : 0', { j: {} }, 0],
    [
      '{"goal": digest.goal, "n": $count(messages)}',
      { digest: { goal: 'x' }, messages: [1, 2] },
      { goal: 'x', n: 2 },
    ],
    ['missing.path', {}, null],
  ])('%s', (source, scope, expected) => {
    expect(evaluate(source, scope)).toEqual(expected);
  });

  it('stops an expression that never ends', () => {
    expect(evaluate('($f := function($n) { $f($n + 1) }; $f(n))', { n: 0 })).toBe(
      'error: it takes longer than 1 second',
    );
  });

  it.each([
    ['$eval(text)', 'text of a trace must never become code [$eval]'],
    ['($f := $eval; $f(text))', 'text of a trace must never become code [$eval]'],
    ['a & $now()', 'the same input must give the same dataset [$now]'],
    ['$random()', 'the same input must give the same dataset [$random]'],
    ['$uper(a)', 'JSONata has no function `$uper` [$uper]'],
  ])('refuses %s', (source, message) => {
    expect(references(source)[0]).toContain(message);
  });

  it('knows the functions that an expression makes itself', () => {
    expect(references('($double := function($x) { $x * 2 }; $double(a))')).toEqual(['a @ a']);
  });

  it('gives each evaluation limits of its own, and none waits for another', () => {
    const limits = { timeout: 100 };
    const endless = parseWithLimits('($f := function($n) { $f($n + 1) }; $f(0))', limits);
    const long = parseWithLimits('$count([1..15].$uppercase($pad($$.n, 100)))', { characters: 3500 });
    if (!endless.ok || !long.ok) throw new Error('not parsed');
    const started = [long, endless, long, endless, long].map(({ value }) => value.evaluate({ n: 'a' }));
    const slow = { ok: false, error: 'it takes longer than 0.1 seconds' };
    // 3,000 characters each: two of them together have more than the limit.
    const done = { ok: true, value: 15 };
    expect(started).toEqual([done, slow, done, slow, done]);
  });

  it.each<[string, readonly string[]]>([
    ['sft_record.skill_tags', ['sft_record.skill_tags @ sft_record.skill_tags']],
    [
      'messages[role = "user"].content',
      ['messages.content @ messages[role = "user"].content', 'messages.role @ role'],
    ],
    ['$map(rows, function($r) { $r.v * k })', ['rows @ rows', 'k @ k']],
    ['a.(b + $$.c.d)', ['a @ a', 'a.b @ b', 'c.d @ c.d']],
    ['a.b[c.d > 1].e[f]', ['a.b.e @ a.b[c.d > 1].e', 'a.b.c.d @ c.d', 'a.b.e.f @ f']],
    ['a[b][c = $$.d]', ['a @ a', 'a.b @ b', 'a.c @ c', 'd @ d']],
    [
      'rows^(>size, $.name).text',
      ['rows @ rows', 'rows.size @ size', 'rows.name @ name', 'rows.text @ text'],
    ],
    ['rows.{ "k": k }.z', ['rows @ rows', 'rows.k @ k']],
    ['rows{ k: $$.limit }', ['rows @ rows', 'rows.k @ k', 'limit @ limit']],
    ['a[b.%.c and %.d]', ['a @ a', 'a.b @ b', 'a.c @ c', 'd @ d']],
    ['$.{ "k": k }', ['k @ k']],
    // Names in these are not looked up in the row, and their context is unknown.
    ['$split(path, "/")[$ != ""]', ['path @ path']],
    ['($t := rows; $t[size > limit].name)', ['rows @ rows']],
    ['rows@$r.other[x = $r.y]', ['rows @ rows']],
    ['rows ~> |$|{ "k": k }|', ['rows @ rows']],
    ['$.a.b', ['a.b @ a.b']],
    ['($t := a.b; $t.c)', ['a.b @ a.b']],
    ['$keys($)', ['this reads the whole row, so its dependencies cannot be known [$]']],
    ['a.[', ['this is not valid JSONata: expected "]" before end of expression [a.[]']],
    ['a ~~ b', ['this is not valid JSONata: unknown operator: "~" [~]']],
  ])('%s reads %j', (source, expected) => {
    expect(references(source)).toEqual(expected);
  });
});
