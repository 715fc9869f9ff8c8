import type { CodeEntries } from './types.js';

/** Mistakes in the text of the file. */
export const yamlCodes = {
  'yaml-syntax': {
    title: 'The text is not YAML',
    why: 'What cannot be read cannot be checked; one slip often makes the lines behind it look wrong too.',
    wrong: 'columns:\n  - name: digest\n     column_type: llm-text',
    right: 'columns:\n  - name: digest\n    column_type: llm-text',
    todo: 'Mend the first place that is told, then look again. Indent with blanks; a tab cannot indent YAML.',
  },
  'unquoted-template': {
    title: 'A template without quotes',
    why: 'A value that begins with `{` is a map to YAML.',
    wrong: 'expr: {{ digest.goal }}',
    right: 'expr: "{{ digest.goal }}"',
    todo: 'Put the value in quotes, or write it as a block: `|` and the text on the next lines.',
  },
  'duplicate-key': {
    title: 'A key twice in one map',
    why: 'Only one of the two values could count, and which is anybody’s guess.',
    wrong: 'prompt: Sum up.\nprompt: Sum it up.',
    right: 'prompt: Sum it up.',
    todo: 'Keep one of them.',
  },
  'unknown-alias': {
    title: 'An alias without an anchor',
    why: '`*name` repeats what was marked `&name` before it; a text that begins with `*` looks the same.',
    wrong: 'description: *new* recipe',
    right: 'description: "*new* recipe"',
    todo: 'Quote the value if it is text; else mark what it repeats with `&name`.',
  },
  'not-json': {
    title: 'A value that JSON does not have',
    why: 'Recipes are JSON data; `.nan` and `.inf` have no form in it.',
    wrong: 'temperature: .inf',
    right: 'temperature: 1.0',
    todo: 'Write a number, or quote it if it is text.',
  },
  'yaml-tag': {
    title: 'A YAML tag',
    why: 'Tags (`!something`) run code in other programs and mean nothing here.',
    wrong: 'prompt: !important sum up',
    right: 'prompt: "!important sum up"',
    todo: 'Quote the value if the `!` belongs to it, else take the tag out.',
  },
  'yaml-key': {
    title: 'A key that is no text',
    why: 'YAML allows maps and lists as keys; recipes have only names.',
    wrong: '? [a, b]\n: value',
    right: 'a: value',
    todo: 'Write the key as a word, in quotes if need be.',
  },
  'yaml-merge': {
    title: 'A merge of something that is no map',
    why: '`<<` brings the keys of another map in.',
    wrong: '<<: defaults',
    right: '<<: *defaults',
    todo: 'Name a map that is marked with `&name`.',
  },
  'yaml-too-deep': {
    title: 'Nested without end',
    why: 'Data that contains itself, or unfolds for ever, would take all memory.',
    wrong: 'a: &a { again: *a }',
    right: 'a: { again: false }',
    todo: 'Take the alias that points at its own parent out.',
  },
  'forbidden-key': {
    title: 'A key that is not allowed anywhere',
    why: '`__proto__` changes objects themselves in JavaScript.',
    wrong: '__proto__: { admin: true }',
    right: 'proto: { admin: true }',
    todo: 'Choose another name.',
  },
  'empty-recipe': {
    title: 'Nothing in the recipe',
    why: 'A recipe is a map of keys, and `columns` must be among them.',
    wrong: '# to be written',
    right: 'columns:\n  - { name: a, column_type: expression, expr: "1" }',
    todo: 'Begin with `columns:`, or let `dd init` write a recipe to begin with.',
  },
} as const satisfies CodeEntries;
