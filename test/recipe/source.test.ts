import { describe, expect, it } from '@jest/globals';

import type { JsonPath } from '../../src/core/json.js';
import { parseYamlText } from '../../src/recipe/yaml/parse.js';

const yaml = `
seed_config:
  source: { seed_type: traces }
empty:
columns:
  - name: a # first
    drop: true
  - *shared
anchors: &shared
  name: b
  skip: { when: x }
merged:
  <<: *shared
  own: 1
`.replace('  - *shared\n', '');

const withAlias = 'base: &base\n  name: b\ncolumns:\n  - *base\n  - <<: *base\n    drop: true\n';

function at(text: string, path: JsonPath, onKey = false): string {
  const span = parseYamlText('x.yaml', text).source.locate(path, { onKey });
  return text.slice(span.offset, span.offset + span.length);
}

describe('locate', () => {
  it('finds a value', () => expect(at(yaml, ['columns', 0, 'drop'])).toBe('true'));
  it('finds a key', () => expect(at(yaml, ['columns', 0, 'drop'], true)).toBe('drop'));
  it('shows a map in braces as a whole', () => {
    expect(at(yaml, ['seed_config', 'source'])).toBe('{ seed_type: traces }');
  });
  it('shows a block by its key', () => expect(at(yaml, ['seed_config'])).toBe('seed_config'));
  it('shows an entry of a list by its first line', () => {
    expect(at(yaml, ['columns', 0])).toBe('name: a # first');
  });
  it('shows an empty value by its key', () => expect(at(yaml, ['empty'])).toBe('empty'));
  it('gives the nearest enclosing place for what is not there', () => {
    expect(at(yaml, ['columns', 0, 'prompt'])).toBe('name: a # first');
    expect(at(yaml, ['seed_config', 'source', 'path', 3])).toBe('{ seed_type: traces }');
    expect(at(yaml, ['columns', 7])).toBe('columns');
  });
  it('points at an alias itself, and into its value', () => {
    expect(at(withAlias, ['columns', 0])).toBe('*base');
    expect(at(withAlias, ['columns', 0, 'name'])).toBe('b');
  });
  it('finds what a merge brought in', () => {
    expect(at(withAlias, ['columns', 1, 'name'])).toBe('b');
    expect(at(withAlias, ['columns', 1, 'drop'])).toBe('true');
  });
  it('finds keys that are numbers in YAML', () =>
    expect(at('options:\n  4: good\n', ['options', '4'])).toBe('good'));
  it('has a place even in an empty file', () => {
    expect(parseYamlText('x.yaml', '').source.locate(['columns'])).toEqual({ offset: 0, length: 0 });
  });
  it('keeps its offsets behind a byte order mark', () => expect(at('\uFEFFa: 1\nb: 22\n', ['b'])).toBe('22'));
});
