import type { CodeEntries } from './types.js';

/** Names that lead nowhere, are given twice, or are used for nothing. */
export const nameCodes = {
  'unknown-column': {
    title: 'A column that is not there',
    why: 'Templates and expressions read columns by name; neither the recipe nor its seed has this one.',
    wrong: 'prompt: Sum up {{ mesages }}',
    right: 'prompt: Sum up {{ messages }}',
    todo: 'Correct the name. `dd seed RECIPE` shows the columns that the seed brings.',
  },
  'unknown-field': {
    title: 'A field that the value does not have',
    why: 'The schema of the column that is read lists its fields; this one would be missing in every row.',
    wrong: 'expr: "{{ digest.gaol }}"',
    right: 'expr: "{{ digest.goal }}"',
    todo: 'Correct the name, or add the field to the schema of the column that makes it.',
  },
  'impossible-value': {
    title: 'A comparison with a value that never comes',
    why: 'The values there can be are known, and this is none of them: the answer is the same in every row.',
    wrong: 'expr: "{{ digest.value == \'hihg\' }}"',
    right: 'expr: "{{ digest.value == \'high\' }}"',
    todo: 'Compare with one of the values of the `enum`, or of the options of the score.',
  },
  'self-reference': {
    title: 'A column that reads itself',
    why: 'Its cell is not there before it is made.',
    wrong: '- { name: a, column_type: expression, expr: "{{ a }}" }',
    right: '- { name: a, column_type: expression, expr: "{{ b }}" }',
    todo: 'Read another column.',
  },
  cycle: {
    title: 'Columns that wait for each other',
    why: 'Each needs the other to be there first, so none can be made.',
    wrong: '- { name: a, …, expr: "{{ b }}" }\n- { name: b, …, expr: "{{ a }}" }',
    right: '- { name: a, …, expr: "{{ message_count }}" }\n- { name: b, …, expr: "{{ a }}" }',
    todo: 'Let one of them read something else.',
  },
  'duplicate-column': {
    title: 'A name that is taken',
    why: 'A row has one cell of each name; the seed’s columns and `{name}__trace` count as well.',
    wrong: '- { name: messages, column_type: llm-text, … }   # the seed has it',
    right: '- { name: summary, column_type: llm-text, … }',
    todo: 'Give one of them another name.',
  },
  'duplicate-score': {
    title: 'A score that is defined twice',
    why: 'The answer has one field for each score.',
    wrong: 'scores:\n  - { name: clarity, … }\n  - { name: clarity, … }',
    right: 'scores:\n  - { name: clarity, … }\n  - { name: depth, … }',
    todo: 'Rename one, or take it out.',
  },
  'duplicate-model': {
    title: 'An alias that is given twice',
    why: 'A column names one model by it.',
    wrong:
      '- { alias: m, provider: openai, model: gpt-5 }\n- { alias: m, provider: openai, model: gpt-5-mini }',
    right:
      '- { alias: m, provider: openai, model: gpt-5 }\n- { alias: small, provider: openai, model: gpt-5-mini }',
    todo: 'Rename one, or take it out.',
  },
  'duplicate-provider': {
    title: 'A provider that is given twice',
    why: 'A model names one server by it.',
    wrong: '- { name: mine, endpoint: http://a/v1 }\n- { name: mine, endpoint: http://b/v1 }',
    right: '- { name: mine, endpoint: http://a/v1 }\n- { name: other, endpoint: http://b/v1 }',
    todo: 'Rename one, or take it out.',
  },
  'reserved-name': {
    title: 'A name that templates use themselves',
    why: '`loop`, `range`, `true` and the like mean something else in a template.',
    wrong: '- { name: loop, column_type: llm-text, … }',
    right: '- { name: loop_count, column_type: llm-text, … }',
    todo: 'Choose another name.',
  },
  'unknown-model': {
    title: 'An alias that no model has',
    why: 'Columns ask models by the `alias` in `model_configs`, not by the model’s own name.',
    wrong: 'model_alias: writter',
    right: 'model_alias: writer',
    todo: 'Correct the alias, or declare the model under `model_configs`.',
  },
  'unknown-provider': {
    title: 'A provider that is not there',
    why: 'It is neither built in nor declared under `providers`.',
    wrong: '{ alias: m, provider: nvidea, model: … }',
    right: '{ alias: m, provider: nvidia, model: … }',
    todo: 'Correct the name, or declare name and endpoint under `providers`.',
  },
  'unused-model': {
    title: 'A model that no column asks',
    why: 'It may be a leftover, or the sign of a misspelt alias elsewhere.',
    wrong: 'model_configs:\n  - { alias: idle, provider: openai, model: gpt-5-mini }',
    right: 'model_alias: idle',
    todo: 'Name it in a `model_alias`, or take it out.',
  },
  'unused-column': {
    title: 'A column that is made for nothing',
    why: 'It is dropped from the dataset and no other column reads it; if it asks a model, that is money.',
    wrong: '- { name: notes, column_type: llm-text, drop: true, … }   # read by nobody',
    right: '- { name: notes, column_type: llm-text, … }',
    todo: 'Read it in another column, keep it by leaving `drop` out, or take it out.',
  },
  'no-reference': {
    title: 'The same question in every row',
    why: 'The prompt or condition reads no column, so nothing in it changes from row to row.',
    wrong: 'prompt: Sum up this session.',
    right: 'prompt: |\n  Sum up this session.\n  {{ messages[:4] | fit(8000) }}',
    todo: 'Read columns by name, in double braces.',
  },
} as const satisfies CodeEntries;
