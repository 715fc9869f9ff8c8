import type { CodeEntries } from './types.js';

/** Schemas of answers, and their files. */
export const schemaCodes = {
  'invalid-schema': {
    title: 'Invalid JSON Schema',
    why: 'Answers are validated against the schema, and it is sent to the server.',
    wrong: 'properties:\n  goal: { type: text }',
    right: 'properties:\n  goal: { type: string }',
    todo: 'Types are string, number, integer, boolean, array, object and null. See https://json-schema.org.',
  },
  'unsatisfiable-schema': {
    title: 'Schema that no answer can match',
    why: 'Every answer would be invalid, paid for and requested again.',
    wrong: '{ type: object, properties: { goal: { type: string } }, required: [gaol] }',
    right: '{ type: object, properties: { goal: { type: string } }, required: [goal] }',
    todo: 'Fix the contradiction. Objects have only the listed properties unless `additionalProperties: true`.',
  },
  'not-strict': {
    title: 'Schema that servers cannot enforce',
    why: 'Strict mode supports only part of JSON Schema. Without it, the model can give an invalid answer and must be asked again.',
    wrong: '{ type: object, additionalProperties: { type: string } }',
    right: '{ type: object, properties: { key: { type: string } }, required: [key] }',
    todo: 'List the fields, give each a type, and remove the keyword that the message names. Or keep it: answers are validated in any case.',
  },
  'invalid-schema-file': {
    title: 'File without a schema',
    why: 'A `$ref` must point to a JSON or YAML file that contains a map.',
    wrong: 'output_format: { $ref: notes.txt }',
    right: 'output_format: { $ref: digest.schema.json }',
    todo: 'Correct the file, or point to another file.',
  },
  'ref-not-found': {
    title: '`$ref` to a missing part of a file',
    why: 'The text after `#` is a path in the file, and the file has nothing at this path.',
    wrong: '$ref: types.json#/$defs/digset',
    right: '$ref: types.json#/$defs/digest',
    todo: 'Correct the path.',
  },
  'ref-cycle': {
    title: '`$ref` that leads back to itself',
    why: 'The chain of `$ref`s never reaches a schema.',
    wrong: '# a.yaml\n$ref: a.yaml',
    right: '# a.yaml\ntype: object',
    todo: 'Put the schema into one of the files.',
  },
  'remote-ref': {
    title: '`$ref` to the network',
    why: 'Nothing is downloaded, so that a recipe always means the same and running it stays private.',
    wrong: '$ref: https://example.com/digest.json',
    right: '$ref: digest.json',
    todo: 'Save the schema beside the recipe and point to the file.',
  },
  'file-not-found': {
    title: 'File that does not exist',
    why: 'Paths in a recipe are relative to the recipe. Paths on the command line are relative to the current folder.',
    wrong: 'output_format: { $ref: digest.schema.jsn }',
    right: 'output_format: { $ref: digest.schema.json }',
    todo: 'Correct the path.',
  },
  'file-unreadable': {
    title: 'File that cannot be read',
    why: 'It is a folder, it is not UTF-8, or its permissions forbid reading.',
    wrong: 'dd run recipes',
    right: 'dd run recipes/agent-rollout.yaml',
    todo: 'Name a file, save it as UTF-8, or change its permissions.',
  },
  'file-too-large': {
    title: 'File that is too large for a recipe',
    why: 'The limit is 5 MB. A larger file is probably a data file.',
    wrong: 'dd run traces.jsonl',
    right: 'dd run recipe.yaml',
    todo: 'Name the recipe. Data is read by the seed.',
  },
} as const satisfies CodeEntries;
