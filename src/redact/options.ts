import type { JsonSchema } from '../core/json.js';

/** JSON Schema of `seed_config.redact`. */
export const REDACT_SCHEMA: JsonSchema = {
  description:
    'What is replaced by [REDACTED:kind] in every string of a row before anything else sees it. true: secrets; false: nothing.',
  oneOf: [
    { type: 'boolean' },
    {
      type: 'object',
      properties: {
        secrets: {
          type: 'boolean',
          default: true,
          description: 'API keys, tokens, passwords, private keys.',
        },
        emails: { type: 'boolean', default: false, description: 'E-mail addresses.' },
        user_names: {
          type: 'boolean',
          default: false,
          description: "The user's name in paths of home folders: /Users/NAME, /home/NAME, C:\\Users\\NAME.",
        },
        rules: {
          type: 'array',
          description: 'Tokens of your own.',
          items: {
            type: 'object',
            properties: {
              kind: {
                type: 'string',
                pattern: '^[a-z0-9][a-z0-9-]{0,39}$',
                description: 'The word in [REDACTED:kind]: small letters, digits and dashes.',
              },
              pattern: {
                type: 'string',
                minLength: 3,
                description:
                  'A regular expression of the token; it begins with three plain characters or more: acme_[a-z0-9]{24}.',
              },
            },
            required: ['kind', 'pattern'],
            additionalProperties: false,
          },
        },
        allow: {
          type: 'array',
          description: 'Regular expressions of values that stay: each must match a whole value.',
          items: { type: 'string', minLength: 1 },
        },
      },
      additionalProperties: false,
    },
  ],
};
