import { EXAMPLE_FIELDS } from '../../core/config.js';
import type { JsonObject, JsonSchema } from '../../core/json.js';
import { closedObject, seedKeys } from './parts.js';

/** The schema of `exports`. */
export const exportConfigs = (formats: ReadonlyMap<string, { readonly summary: string }>): JsonSchema => ({
  type: 'array',
  description: 'What `dd export DATASET` writes when it is given no format: a folder for each entry.',
  items: closedObject(
    'A folder of files that `dd export` writes.',
    {
      name: {
        type: 'string',
        pattern: '^[A-Za-z0-9][A-Za-z0-9_-]*$',
        patternErrorMessage: 'letters, digits, `_` and `-`, because a folder is named after it',
        description: 'Name of the folder.',
      },
      format: {
        enum: [...formats.keys()],
        enumDescriptions: [...formats.values()].map(({ summary }) => summary),
        description: 'The format, as for `--format`.',
      },
      reviews: {
        type: 'boolean',
        default: false,
        description:
          'Use the reviews of `dd view`: without dropped rows, with corrected answers. `where` can read `review`.',
      },
      where: {
        ...(seedKeys['where'] as JsonObject),
        description:
          'Condition for the rows to write. Default, for training formats: the rows that the recipe recommends.',
      },
      map: closedObject(
        'Where the parts of a training example are: JSONata over the columns.',
        Object.fromEntries(
          EXAMPLE_FIELDS.map((field) => [
            field,
            { type: 'string', minLength: 1, description: `The expression for \`${field}\`.` },
          ]),
        ),
      ),
      split: {
        type: 'object',
        minProperties: 1,
        propertyNames: { pattern: '^[A-Za-z0-9_-]+$', patternErrorMessage: 'letters, digits, `_` and `-`' },
        additionalProperties: { type: 'number', exclusiveMinimum: 0 },
        description: 'One file for each name, with its share of the rows: `{ train: 0.9, test: 0.1 }`.',
      },
      group_by: {
        type: 'string',
        minLength: 1,
        description:
          'The column whose equal values stay in one split. Default: project_path, root_session_id or trace_id.',
      },
      dedupe: {
        description: 'Leave out rows whose text is equal, or nearly equal, to an earlier one.',
        default: false,
        anyOf: [
          { type: 'boolean' },
          closedObject('What makes a duplicate.', {
            by: {
              type: 'array',
              minItems: 1,
              items: { type: 'string' },
              description: 'The columns to compare. Default: what is written of a row.',
            },
            share: {
              type: 'number',
              exclusiveMinimum: 0,
              maximum: 1,
              default: 0.9,
              description: 'The share of common runs of three words; 1 for equal texts only.',
            },
          }),
        ],
      },
      decontaminate: closedObject(
        'Leave out rows that share words with a test set.',
        {
          files: {
            type: 'array',
            minItems: 1,
            items: { type: 'string', minLength: 1 },
            description: 'Test sets: JSON Lines, JSON, CSV, TSV or text; relative to the recipe.',
          },
          words: {
            type: 'integer',
            minimum: 1,
            default: 13,
            description: 'So many words in a row, in both.',
          },
        },
        ['files'],
      ),
      max_tokens: {
        type: 'integer',
        minimum: 1,
        description: 'For training formats: leave out longer examples.',
      },
      tokenizer: {
        type: 'string',
        minLength: 1,
        description:
          'Count tokens with an encoding of gpt-tokenizer, or with the tokenizer.json of a model, relative to the recipe. Default: an estimate.',
      },
    },
    ['name', 'format'],
  ),
});
