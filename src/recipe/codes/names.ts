import type { CodeEntries } from './types.js';

/** Names that are unknown, duplicate or unused. */
export const nameCodes = {
  'unknown-column': {
    title: 'Unknown column',
    why: 'Templates and expressions read columns by name. Neither the recipe nor its seed has a column with this name.',
    wrong: 'prompt: Sum up {{ mesages }}',
    right: 'prompt: Sum up {{ messages }}',
    todo: 'Correct the name. `dd seed RECIPE` shows the seed columns.',
  },
  'unknown-field': {
    title: 'Unknown field',
    why: 'The schema of the column lists its fields. This field would be missing in every row.',
    wrong: 'expr: "{{ digest.gaol }}"',
    right: 'expr: "{{ digest.goal }}"',
    todo: 'Correct the name, or add the field to the schema of the column that makes it.',
  },
  'impossible-value': {
    title: 'Comparison with an impossible value',
    why: 'The possible values are known, and this is not one of them. The result is the same in every row.',
    wrong: 'expr: "{{ digest.value == \'hihg\' }}"',
    right: 'expr: "{{ digest.value == \'high\' }}"',
    todo: 'Compare with one of the values of the `enum`, or of the options of the score.',
  },
  'self-reference': {
    title: 'Column that reads itself',
    why: 'A column cannot read its own cell, because the cell does not exist yet.',
    wrong: '- { name: a, column_type: expression, expr: "{{ a }}" }',
    right: '- { name: a, column_type: expression, expr: "{{ b }}" }',
    todo: 'Read another column.',
  },
  cycle: {
    title: 'Columns that depend on each other',
    why: 'Each column needs the other one first, so neither can be made.',
    wrong: '- { name: a, …, expr: "{{ b }}" }\n- { name: b, …, expr: "{{ a }}" }',
    right: '- { name: a, …, expr: "{{ message_count }}" }\n- { name: b, …, expr: "{{ a }}" }',
    todo: 'Change one of them so that it reads something else.',
  },
  'duplicate-column': {
    title: 'Duplicate column name',
    why: 'A row has one cell per name. Seed columns and `{name}__trace` count as well.',
    wrong: '- { name: messages, column_type: llm-text, … }   # the seed has it',
    right: '- { name: summary, column_type: llm-text, … }',
    todo: 'Rename one of them.',
  },
  'duplicate-score': {
    title: 'Duplicate score',
    why: 'The answer has one field per score.',
    wrong: 'scores:\n  - { name: clarity, … }\n  - { name: clarity, … }',
    right: 'scores:\n  - { name: clarity, … }\n  - { name: depth, … }',
    todo: 'Rename one, or remove it.',
  },
  'duplicate-model': {
    title: 'Duplicate alias',
    why: 'A column names a model by its alias, so each alias must be unique.',
    wrong:
      '- { alias: m, provider: openai, model: gpt-5 }\n- { alias: m, provider: openai, model: gpt-5-mini }',
    right:
      '- { alias: m, provider: openai, model: gpt-5 }\n- { alias: small, provider: openai, model: gpt-5-mini }',
    todo: 'Rename one, or remove it.',
  },
  'duplicate-provider': {
    title: 'Duplicate provider',
    why: 'A model names its server by the provider name, so each name must be unique.',
    wrong: '- { name: mine, endpoint: http://a/v1 }\n- { name: mine, endpoint: http://b/v1 }',
    right: '- { name: mine, endpoint: http://a/v1 }\n- { name: other, endpoint: http://b/v1 }',
    todo: 'Rename one, or remove it.',
  },
  'reserved-name': {
    title: 'Reserved name',
    why: '`loop`, `range`, `true` and some other names have a special meaning in templates.',
    wrong: '- { name: loop, column_type: llm-text, … }',
    right: '- { name: loop_count, column_type: llm-text, … }',
    todo: 'Choose another name.',
  },
  'unknown-model': {
    title: 'Unknown model alias',
    why: 'Columns use the `alias` from `model_configs`, not the model’s own name.',
    wrong: 'model_alias: writter',
    right: 'model_alias: writer',
    todo: 'Correct the alias, or declare the model under `model_configs`.',
  },
  'unknown-provider': {
    title: 'Unknown provider',
    why: 'The provider is neither built in nor declared under `providers`.',
    wrong: '{ alias: m, provider: nvidea, model: … }',
    right: '{ alias: m, provider: nvidia, model: … }',
    todo: 'Correct the name, or declare its name and endpoint under `providers`.',
  },
  'unused-model': {
    title: 'Unused model',
    why: 'No column uses this model. It may be a leftover, or an alias is misspelt elsewhere.',
    wrong: 'model_configs:\n  - { alias: idle, provider: openai, model: gpt-5-mini }',
    right: 'model_alias: idle',
    todo: 'Use it in a `model_alias`, or remove it.',
  },
  'unused-column': {
    title: 'Unused column',
    why: 'The column is dropped from the dataset and no other column reads it. If it asks a model, it costs money for nothing.',
    wrong: '- { name: notes, column_type: llm-text, drop: true, … }   # no column reads it',
    right: '- { name: notes, column_type: llm-text, … }',
    todo: 'Read it in another column, keep it by removing `drop`, or remove the column.',
  },
  'no-reference': {
    title: 'Same prompt in every row',
    why: 'The prompt or condition reads no column, so it is the same in every row.',
    wrong: 'prompt: Sum up this session.',
    right: 'prompt: |\n  Sum up this session.\n  {{ messages[:4] | fit(8000) }}',
    todo: 'Read columns by name, in double braces.',
  },
} as const satisfies CodeEntries;
