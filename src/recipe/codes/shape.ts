import type { CodeEntries } from './types.js';

/** Unknown, missing or invalid keys and values. */
export const shapeCodes = {
  'unknown-key': {
    title: 'Unknown key',
    why: 'The key has no effect here. For example, a misspelt `temperature` would stay at its default.',
    wrong: '- { name: digest, column_type: llm-text, model_alias: m, promt: "…" }',
    right: '- { name: digest, column_type: llm-text, model_alias: m, prompt: "…" }',
    todo: 'Correct the name, or remove the key. `dd schema NAME` lists the keys of a section or column type.',
  },
  'missing-key': {
    title: 'Missing key',
    why: 'This key is required here.',
    wrong: '- { name: digest, column_type: llm-text, prompt: "…" }',
    right: '- { name: digest, column_type: llm-text, model_alias: writer, prompt: "…" }',
    todo: 'Add the key.',
  },
  'missing-value': {
    title: 'Key without a value',
    why: 'In YAML an empty value is null, which is not the same as leaving the key out.',
    wrong: 'prompt:',
    right: 'prompt: Sum up {{ messages[:4] }}',
    todo: 'Give it a value, or remove the key.',
  },
  'exclusive-keys': {
    title: 'Two keys that exclude each other',
    why: 'Both keys set the same thing, so only one of them can be used.',
    wrong: '- { name: a, column_type: expression, expr: "{{ b }}", jsonata: b }',
    right: '- { name: a, column_type: expression, jsonata: b }',
    todo: 'Keep one of them.',
  },
  'wrong-type': {
    title: 'Value of the wrong type',
    why: 'Values are never converted: the text `"2048"` is not the number 2048.',
    wrong: 'max_tokens: "2048"',
    right: 'max_tokens: 2048',
    todo: 'Write a value of the expected type. Values in quotes are text; numbers and booleans have no quotes.',
  },
  'unknown-value': {
    title: 'Unknown value',
    why: 'Only the listed values are allowed here.',
    wrong: 'format: claude-code',
    right: 'format: claude_code',
    todo: 'Use one of the listed values.',
  },
  'invalid-value': {
    title: 'Invalid value',
    why: 'The value has the right type, but the wrong form or size.',
    wrong: 'temperature: 3',
    right: 'temperature: 0.7',
    todo: 'Use a value within the limits that the message gives.',
  },
  'invalid-name': {
    title: 'Invalid name',
    why: 'Names become template variables, flags and folder names, which allow only certain characters.',
    wrong: 'params:\n  Trace-Dir: {}',
    right: 'params:\n  trace_dir: {}',
    todo: 'Choose a name of the form that the message gives.',
  },
  'not-supported-yet': {
    title: 'Unsupported feature of Data Designer',
    why: 'Data Designer has this feature, but `dd` does not support it yet.',
    wrong: 'column_type: sampler',
    right: 'column_type: expression',
    todo: 'Remove it, or make the column in another way.',
  },
  'unknown-technique': {
    title: 'Technique that the provider does not have',
    why: 'Each provider type has its own techniques for structured output. The server would reject any other.',
    wrong: '{ alias: m, provider: openai, model: gpt-5-mini, structured_output: guided_json }',
    right: '{ alias: m, provider: openai, model: gpt-5-mini }',
    todo: 'Remove `structured_output`. Then the first technique that the endpoint accepts is used.',
  },
} as const satisfies CodeEntries;
