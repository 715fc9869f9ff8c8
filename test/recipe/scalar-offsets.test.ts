import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';

import { parseYamlText } from '../../src/recipe/yaml/parse.js';

/** The text of the file that a part of the value at `prompt` is said to be. */
function pointedAt(yaml: string, part: string): string {
  const { data, source } = parseYamlText('x.yaml', yaml);
  const value = String((data as { prompt: string }).prompt);
  const offset = value.indexOf(part);
  expect(offset).toBeGreaterThanOrEqual(0);
  const span = source.locate(['prompt'], { within: { offset, length: part.length } });
  return yaml.slice(span.offset, span.offset + span.length);
}

describe('a part of a string', () => {
  const styles: Record<string, string> = {
    'a plain value': 'prompt: one {{ name }} two\n',
    'a plain value of several lines': 'prompt: one\n  {{ name }}\n  two\n',
    'single quotes': "prompt: 'it''s {{ name }} two'\n",
    'double quotes with escapes': 'prompt: "a\\tb \\u00e9 \\U0001F600 \\" {{ name }} two"\n',
    'double quotes over several lines': 'prompt: "one\n\n   two \\\n   {{ name }} three"\n',
    'a literal block': 'prompt: |\n  one\n    deeper {{ name }}\n',
    'a literal block with an indentation indicator': 'prompt: |2-\n    one\n   {{ name }}\n',
    'a literal block with a comment in its header': 'prompt: | # why\n  one\n\n  {{ name }}\n',
    'a literal block with Windows line ends': 'prompt: |\r\n  one\r\n\r\n  {{ name }}\r\n',
    'a folded block': 'prompt: >\n  one\n  two\n\n  {{ name }}\n    deeper\n',
  };
  for (const [style, yaml] of Object.entries(styles)) {
    it(`is found in ${style}`, () => {
      expect(pointedAt(yaml, '{{ name }}')).toBe('{{ name }}');
    });
  }

  it('is found behind an alias, at the anchor', () => {
    const yaml = 'x: &text |\n  say {{ name }}\nprompt: *text\n';
    expect(pointedAt(yaml, 'name')).toBe('name');
  });

  it('maps every token of a literal block back to itself', () => {
    const line = fc.tuple(
      fc.nat({ max: 4 }),
      fc.array(fc.stringMatching(/^[a-zé😀{}"'#:|-]{1,8}$/u), { maxLength: 5 }),
    );
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('\n', '\r\n'),
        (lines, newline) => {
          const content = [
            '  start',
            ...lines.map(([indent, words]) => `  ${' '.repeat(indent)}${words.join(' ')}`),
          ];
          const yaml = `prompt: |\n${content.join('\n')}\n`.replaceAll('\n', newline);
          const { data, source } = parseYamlText('x.yaml', yaml);
          const value = (data as { prompt: string }).prompt;
          for (const match of value.matchAll(/\S+/g)) {
            const span = source.locate(['prompt'], {
              within: { offset: match.index, length: match[0].length },
            });
            expect(yaml.slice(span.offset, span.offset + span.length)).toBe(match[0]);
          }
        },
      ),
    );
  });

  it('maps every word back to itself, whatever style the YAML writer chose', () => {
    const style = fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_FOLDED', 'BLOCK_LITERAL');
    const words = fc.array(
      fc.tuple(fc.stringMatching(/^[a-z]{1,9}$/), fc.constantFrom(' ', '\n', '\n\n', '  ')),
    );
    fc.assert(
      fc.property(style, words, (defaultStringType, pairs) => {
        const value = `begin ${pairs.flat().join('')}end`;
        const yaml = stringify(
          { prompt: value },
          { defaultStringType: defaultStringType as 'PLAIN', lineWidth: 30 },
        );
        const { source } = parseYamlText('x.yaml', yaml);
        for (const match of value.matchAll(/\S+/g)) {
          const span = source.locate(['prompt'], {
            within: { offset: match.index, length: match[0].length },
          });
          // In double quotes the writer may break a line inside a word.
          const pointedAt = yaml.slice(span.offset, span.offset + span.length).replaceAll(/\\\n\s*/g, '');
          expect(pointedAt).toBe(match[0]);
        }
      }),
    );
  });
});
