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
      },
      additionalProperties: false,
    },
  ],
};
