import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../../src/core/json.js';
import { parseTemplate } from '../../src/template/jinja.js';

function render(source: string, scope: JsonObject): unknown {
  const template = parseTemplate(source);
  if (!template.ok) throw new Error(JSON.stringify(template.error));
  return template.value.render(scope);
}

/** Makes a template more than words and paths, and changes nothing of what comes out. */
const INTERPRETED = '{% if true %}{% endif %}';

const EXPRESSIONS = [
  'a',
  'a.b',
  "a['b']",
  'a[0]',
  'a[1].b',
  'a.b.upper',
  'a.b[0]',
  'none',
  'true',
  'loop',
  '"x"',
  'missing',
];
const template = fc
  .array(
    fc.oneof(fc.constantFrom(...EXPRESSIONS.map((expression) => `{{ ${expression} }}`), ' ', '\n', 'words')),
  )
  .map((parts) => parts.join(''));
const leaf = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null));
const value = fc.oneof(
  leaf,
  fc.record({ b: fc.oneof(leaf, fc.array(leaf), fc.record({ upper: leaf })) }),
  fc.array(fc.oneof(leaf, fc.record({ b: leaf })), { maxLength: 3 }),
);

describe('a template of words and paths', () => {
  it('renders as the interpreter renders it', () => {
    fc.assert(
      fc.property(template, value, (source, a) => {
        expect(render(source, { a })).toEqual(render(`${INTERPRETED}${source}`, { a }));
      }),
      { numRuns: process.env['DD_LONG_TESTS'] === '1' ? 1000 : 250 },
    );
  });

  it('reads nothing that a row does not have itself', () => {
    for (const path of ['a.constructor', 'a.__proto__', 'a.length', 'a[5]'])
      expect(render(`{{ ${path} }}`, { a: 'text' })).toEqual(
        render(`${INTERPRETED}{{ ${path} }}`, { a: 'text' }),
      );
  });
});
