import type { CodeEntries } from './types.js';

/** Schemas of answers, and the files they stand in. */
export const schemaCodes = {
  'invalid-schema': {
    title: 'A schema that is not JSON Schema',
    why: 'Answers are checked against it, and servers are given it.',
    wrong: 'properties:\n  goal: { type: text }',
    right: 'properties:\n  goal: { type: string }',
    todo: 'Types are string, number, integer, boolean, array, object and null; see https://json-schema.org.',
  },
  'unsatisfiable-schema': {
    title: 'A schema that no answer fulfils',
    why: 'Every answer would be refused, paid for and asked again.',
    wrong: '{ type: object, properties: { goal: { type: string } }, required: [gaol] }',
    right: '{ type: object, properties: { goal: { type: string } }, required: [goal] }',
    todo: 'Mend the contradiction. Objects have only the listed properties unless `additionalProperties: true`.',
  },
  'not-strict': {
    title: 'A schema that servers cannot enforce',
    why: 'Strict mode knows only part of JSON Schema; without it a model may answer something else, and is asked again.',
    wrong: '{ type: object, additionalProperties: { type: string } }',
    right: '{ type: object, properties: { key: { type: string } }, required: [key] }',
    todo: 'Name the fields, give each a type, and do without the keyword that is named. Or leave it: answers are checked all the same.',
  },
  'invalid-schema-file': {
    title: 'A file that holds no schema',
    why: 'A `$ref` must lead to JSON or YAML with a map in it.',
    wrong: 'output_format: { $ref: notes.txt }',
    right: 'output_format: { $ref: digest.schema.json }',
    todo: 'Mend the file, or point at another.',
  },
  'ref-not-found': {
    title: 'A `$ref` to a part that is not there',
    why: 'What stands behind `#` is a path into the file.',
    wrong: '$ref: types.json#/$defs/digset',
    right: '$ref: types.json#/$defs/digest',
    todo: 'Correct the path.',
  },
  'ref-cycle': {
    title: 'A `$ref` that leads back to itself',
    why: 'There is no schema at its end.',
    wrong: '# a.yaml\n$ref: a.yaml',
    right: '# a.yaml\ntype: object',
    todo: 'Let one of the files hold the schema.',
  },
  'remote-ref': {
    title: 'A `$ref` to the network',
    why: 'Nothing is downloaded: a recipe means the same tomorrow, and nobody learns that you run it.',
    wrong: '$ref: https://example.com/digest.json',
    right: '$ref: digest.json',
    todo: 'Save the schema beside the recipe and point at the file.',
  },
  'file-not-found': {
    title: 'A file that does not exist',
    why: 'Paths in a recipe are relative to the recipe, those on the command line to the current folder.',
    wrong: 'output_format: { $ref: digest.schema.jsn }',
    right: 'output_format: { $ref: digest.schema.json }',
    todo: 'Correct the path.',
  },
  'file-unreadable': {
    title: 'A file that cannot be read',
    why: 'It is a folder, is not UTF-8, or its permissions forbid it.',
    wrong: 'dd run recipes',
    right: 'dd run recipes/agent-rollout.yaml',
    todo: 'Name a file; save it as UTF-8; check its permissions.',
  },
  'file-too-large': {
    title: 'A file that is too large to be a recipe',
    why: 'Nothing that a person wrote is larger than 5 MB; it is probably a data file.',
    wrong: 'dd run traces.jsonl',
    right: 'dd run recipe.yaml',
    todo: 'Name the recipe; data is read by its seed.',
  },
} as const satisfies CodeEntries;
