import type { CodeEntries } from './types.js';

/** Mistakes in the YAML text. */
export const yamlCodes = {
  'yaml-syntax': {
    title: 'Invalid YAML',
    why: 'The text cannot be parsed. One mistake often causes errors in the lines after it.',
    wrong: 'columns:\n  - name: digest\n     column_type: llm-text',
    right: 'columns:\n  - name: digest\n    column_type: llm-text',
    todo: 'Fix the first reported place, then check again. Indent with spaces; YAML does not allow tabs.',
  },
  'unquoted-template': {
    title: 'Template without quotes',
    why: 'In YAML, a value that starts with `{` is a map.',
    wrong: 'expr: {{ digest.goal }}',
    right: 'expr: "{{ digest.goal }}"',
    todo: 'Put the value in quotes, or write it as a block: `|` and the text on the next lines.',
  },
  'duplicate-key': {
    title: 'Duplicate key in a map',
    why: 'Only one of the two values can be used.',
    wrong: 'prompt: Sum up.\nprompt: Sum it up.',
    right: 'prompt: Sum it up.',
    todo: 'Keep one of them.',
  },
  'unknown-alias': {
    title: 'Alias without an anchor',
    why: '`*name` repeats a value that was marked `&name` earlier. A text that starts with `*` looks the same.',
    wrong: 'description: *new* recipe',
    right: 'description: "*new* recipe"',
    todo: 'Quote the value if it is text. Otherwise mark the value to repeat with `&name`.',
  },
  'not-json': {
    title: 'Value that JSON does not have',
    why: 'Recipes are JSON data, and JSON has no `.nan` and `.inf`.',
    wrong: 'temperature: .inf',
    right: 'temperature: 1.0',
    todo: 'Write a number, or quote it if it is text.',
  },
  'yaml-tag': {
    title: 'Unsupported YAML tag',
    why: 'Tags (`!something`) run code in some programs and are not supported.',
    wrong: 'prompt: !important sum up',
    right: 'prompt: "!important sum up"',
    todo: 'Quote the value if the `!` belongs to it, otherwise remove the tag.',
  },
  'yaml-key': {
    title: 'Key that is not text',
    why: 'YAML allows maps and lists as keys; recipes do not.',
    wrong: '? [a, b]\n: value',
    right: 'a: value',
    todo: 'Write the key as a word, in quotes if necessary.',
  },
  'yaml-merge': {
    title: 'Merge of a value that is not a map',
    why: '`<<` inserts the keys of another map.',
    wrong: '<<: defaults',
    right: '<<: *defaults',
    todo: 'Name a map that is marked with `&name`.',
  },
  'yaml-too-deep': {
    title: 'Endless nesting',
    why: 'The value contains itself, or expands to more data than memory can hold.',
    wrong: 'a: &a { again: *a }',
    right: 'a: { again: false }',
    todo: 'Remove the alias that points to its own parent.',
  },
  'forbidden-key': {
    title: 'Forbidden key',
    why: '`__proto__` changes objects themselves in JavaScript.',
    wrong: '__proto__: { admin: true }',
    right: 'proto: { admin: true }',
    todo: 'Choose another name.',
  },
  'empty-recipe': {
    title: 'Empty recipe',
    why: 'A recipe is a map of keys, and `columns` is required.',
    wrong: '# to be written',
    right: 'columns:\n  - { name: a, column_type: expression, expr: "1" }',
    todo: 'Start with `columns:`, or create a recipe with `dd init`.',
  },
} as const satisfies CodeEntries;
