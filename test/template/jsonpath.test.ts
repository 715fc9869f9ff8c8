import { describe, expect, it } from '@jest/globals';
import type { Json } from '../../src/core/json.js';
import { parseTemplate, parseWithLimits, type RenderingLimits } from '../../src/template/jinja.js';

const doc = {
  store: {
    book: [
      { title: 'A', price: 8.5, tags: ['x', 'y'] },
      { title: 'B', price: 12 },
      { title: 'C', price: 1, isbn: null },
    ],
    bike: { color: 'red' },
    nul: null,
    t: true,
  },
  list: [1, 2, 3],
  é: 'ü',
};

function render(source: string, scope: Record<string, Json>, limits: Partial<RenderingLimits> = {}): string {
  const parsed = parseWithLimits(source, limits);
  if (!parsed.ok) return parsed.error.map(({ message }) => message).join('; ');
  const text = parsed.value.render(scope);
  return text.ok ? text.value : `error: ${text.error}`;
}

function matches(path: string, value: Json = doc, limits?: Partial<RenderingLimits>): Json {
  const text = render('{{ value | jsonpath(path) | tojson }}', { value, path }, limits);
  return text.startsWith('error') ? text : (JSON.parse(text) as Json);
}

/** As Data Designer 0.9.7 gives them. */
describe('the filter `jsonpath` gives the list of matches', () => {
  it.each<[string, Json]>([
    ['$', [doc]],
    ['$.store.book[*].title', ['A', 'B', 'C']],
    ['$..price', [8.5, 12, 1]],
    ['$.store.book[-1].title', ['C']],
    ['$.store.book[0:2].title', ['A', 'B']],
    ['$.store.book[0,1].title', ['A', 'B']],
    ['$.list[::-1]', [3, 2, 1]],
    ['$.list[-2:]', [2, 3]],
    ['$.list[::0]', []],
    ["$['list','é']", [[1, 2, 3], 'ü']],
    ["$.store['bike'].*", ['red']],
    ['$.é', ['ü']],
    ['$.nope', []],
    ['$.nul', []],
    ['$.store.nul', [null]],
    ['$.list[3]', []],
    ['$.list.length', []],
    ['$.list[?@>1]', [2, 3]],
    ['$.store.book[?@.price<10].title', ['A', 'C']],
    ['$.store.book[?(@.price<10)].title', ['A', 'C']],
    ['$.store.book[?@.price<10 && @.tags].title', ['A']],
    ['$.store.book[?@.title && @.price && @.isbn].title', ['C']],
    ['$.store.book[?!@.isbn].title', ['A', 'B']],
    ["$.store.book[?@.title=='A' || @.price>10].price", [8.5, 12]],
    ['$.store.book[?@.isbn==null].title', ['C']],
    ['$.store.book[?@.nope==@.none].title', ['A', 'B', 'C']],
    ['$.store.book[?@.title==$.store.book[1].title].price', [12]],
    ["$.store.book[?match(@.title,'A|B')].title", ['A', 'B']],
    ["$.store.book[?match(@.title,'')].title", []],
    ["$.store.book[?search(@.title,'[')].title", []],
    ["$.store.book[?search(@.price,'1')].title", []],
    ['$.store.book[?length(@.title)==1].title', ['A', 'B', 'C']],
    ['$.store.book[?length(@.tags)>=2].title', ['A']],
    ['$.store.book[?count(@.*)>2].title', ['A', 'C']],
    ["$.store.book[?value(@..title)=='B'].price", [12]],
  ])('%s', (path, expected) => {
    expect(matches(path)).toEqual(expected);
  });

  it('finds every value, parents first, in the order of the document', () => {
    expect(matches('$..*', { b: [1, { c: 2 }], a: 3 })).toEqual([[1, { c: 2 }], 3, 1, { c: 2 }, 2]);
  });

  it('does not confuse numbers, booleans and texts', () => {
    expect(matches('$[?@ == 1]', [1, true, '1', 1.0])).toEqual([1, 1]);
    expect(matches('$[?@ < 2]', [1, true, '1', null])).toEqual([1]);
  });

  it('counts a character beyond U+FFFF once', () => {
    expect(matches('$[?length(@) == 1]', ['😀', 'ab'])).toEqual(['😀']);
  });

  it('prints as JSON, and works with other filters', () => {
    expect(render("{{ store | jsonpath('$.book[*].title') }}", doc)).toBe('["A", "B", "C"]');
    expect(render("{{ store | jsonpath('$.book[?@.price > 10].title') | first }}", doc)).toBe('B');
    expect(render("{{ store.book | map('jsonpath', '$.tags[0]') | list }}", doc)).toBe('[["x"], [], []]');
    expect(render("{% for t in store | jsonpath('$..title') %}{{ t }}{% endfor %}", doc)).toBe('ABC');
  });

  it('takes lists, objects that the template makes, and JSON in a text', () => {
    expect(render("{{ list | jsonpath('$[0]') }}", doc)).toBe('[1]');
    expect(render("{{ {'a': {'b': 1}} | jsonpath('$.a.b') }}", {})).toBe('[1]');
    expect(render("{{ text | jsonpath('$.a[1]') }}", { text: '{"a": [1, 2]}' })).toBe('[2]');
  });

  it.each<[string, Json]>([
    ['text without one in JSON', 'plain'],
    ['text without one in JSON', '3'],
    ['a number', 3],
    ['null', null],
  ])('refuses %s: %j', (kind, value) => {
    expect(matches('$.a', value)).toBe(
      `error: the filter \`jsonpath\` takes an object or a list, not ${kind}`,
    );
  });
});

describe('a wrong path is found when the recipe is loaded', () => {
  it.each<[string, string, string]>([
    ['$.a[', '"', 'unclosed bracketed selection'],
    ['store.a', 's', 'a path begins with `$`'],
    ['$.a ', '"', 'it ends too early, or with a blank'],
    ["$[?@.a==['x']]", '[', 'unexpected filter selector token'],
    ['$[01]', '0', 'leading zero in index selector'],
    ['$[?foo(@.a)]', 'f', "no such function 'foo'"],
    ['$[?match(@.a)]', 'm', 'match() takes 2 arguments, 1 given'],
    ['$[?length(@.*) == 1]', '@', 'length() argument 0 must be of ValueType'],
    ['$[?count(@.a)]', 'c', 'result of count()  must be compared'],
  ])('%s', (path, at, message) => {
    const source = `{{ store | jsonpath("${path}") }}`;
    const parsed = parseTemplate(source);
    const [problem] = parsed.ok ? [] : parsed.error;
    expect(problem).toMatchObject({
      code: 'template-syntax',
      message: expect.stringContaining(`\`${path}\` is not a JSONPath: ${message}`),
    });
    expect(source.slice(problem?.span.offset, (problem?.span.offset ?? 0) + 1)).toBe(at);
  });

  it.each(["{{ l | map('jsonpath', 'a') }}", "{{ l | jsonpath(expression='a') }}"])('%s', (source) => {
    expect(render(source, { l: [] })).toBe('`a` is not a JSONPath: a path begins with `$`');
  });

  it('or when the row is rendered, if the path is a value', () => {
    expect(matches('a')).toBe('error: `a` is not a JSONPath: a path begins with `$`');
  });
});

describe('paths that nobody trusts', () => {
  it.each(['$..*..*..*', '$[?count(@..*..*) > 0]', '$..[*, *, *, *]..*'])('%s is stopped', (path) => {
    const nested = Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => [1]));
    expect(matches(path, nested, { steps: 50_000 })).toBe('error: it takes more than 50,000 steps');
  });

  it('visits lists of any length', () => {
    expect(
      matches(
        '$[-1:]',
        Array.from({ length: 300_000 }, (_, index) => index),
      ),
    ).toEqual([299_999]);
    const all = matches(
      '$[*]',
      Array.from({ length: 300_000 }, () => 1),
    );
    expect(all).toHaveLength(300_000);
  });

  it('stops a pattern that backtracks', () => {
    expect(matches("$[?match(@, '(a+)+b')]", [`${'a'.repeat(40)}!`])).toBe(
      'error: the regular expression ^(?:(a+)+b)$ took too long',
    );
  });

  it('reads own members only', () => {
    expect(matches('$.__proto__', {})).toEqual([]);
    expect(matches("$['constructor','toString']", {})).toEqual([]);
    expect(matches('$..constructor', { a: [{}] })).toEqual([]);
    expect(matches('$.__proto__', JSON.parse('{"__proto__": 1}') as Json)).toEqual([1]);
  });

  it('refuses what is nested too deeply', () => {
    expect(matches(`$[?${'('.repeat(50_000)}@.a${')'.repeat(50_000)}]`)).toBe(
      'error: it is nested too deeply',
    );
  });
});
