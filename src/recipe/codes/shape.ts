import type { CodeEntries } from './types.js';

/** Keys and values that the recipe language does not have. */
export const shapeCodes = {
  'unknown-key': {
    title: 'A key that does not exist here',
    why: 'A key that nobody reads does nothing: a misspelt `temperature` would be left at its default.',
    wrong: '- { name: digest, column_type: llm-text, model_alias: m, promt: "…" }',
    right: '- { name: digest, column_type: llm-text, model_alias: m, prompt: "…" }',
    todo: 'Correct the name, or take it out. `dd schema NAME` lists the keys of a section or column type.',
  },
  'missing-key': {
    title: 'A key that must be there',
    why: 'Without it there is nothing to do, or no way to do it.',
    wrong: '- { name: digest, column_type: llm-text, prompt: "…" }',
    right: '- { name: digest, column_type: llm-text, model_alias: writer, prompt: "…" }',
    todo: 'Add the key.',
  },
  'missing-value': {
    title: 'A key without a value',
    why: 'In YAML an empty value is null, which is not the same as leaving the key out.',
    wrong: 'prompt:',
    right: 'prompt: Sum up {{ messages[:4] }}',
    todo: 'Give it a value, or take the key out.',
  },
  'exclusive-keys': {
    title: 'Two keys of which only one may be there',
    why: 'They say the same thing in two ways, and may disagree.',
    wrong: '- { name: a, column_type: expression, expr: "{{ b }}", jsonata: b }',
    right: '- { name: a, column_type: expression, jsonata: b }',
    todo: 'Keep one of them.',
  },
  'wrong-type': {
    title: 'A value of the wrong type',
    why: 'Types never change on the way: the text `"2048"` is not the number 2048.',
    wrong: 'max_tokens: "2048"',
    right: 'max_tokens: 2048',
    todo: 'Write a value of the type that is asked for: quotes make text, their absence numbers and booleans.',
  },
  'unknown-value': {
    title: 'A value that is not among those there are',
    why: 'Only certain words mean something here.',
    wrong: 'format: claude-code',
    right: 'format: claude_code',
    todo: 'Take one of the values that are listed.',
  },
  'invalid-value': {
    title: 'A value that is not allowed here',
    why: 'It has the right type, but not the right form or size.',
    wrong: 'temperature: 3',
    right: 'temperature: 0.7',
    todo: 'Stay within what the message says.',
  },
  'invalid-name': {
    title: 'A name that cannot be one',
    why: 'Templates, flags and folders are made of names, and cannot be made of this one.',
    wrong: 'params:\n  Trace-Dir: {}',
    right: 'params:\n  trace_dir: {}',
    todo: 'Choose a name of the form that the message gives.',
  },
  'not-supported-yet': {
    title: 'Something of Data Designer that is not here yet',
    why: 'The name is right, but nothing here would do what it says.',
    wrong: 'column_type: sampler',
    right: 'column_type: expression',
    todo: 'Take it out, or make the column in another way.',
  },
  'unknown-technique': {
    title: 'A way to keep to schemas that the provider does not have',
    why: 'Each type of provider has its own; another would be refused by the server.',
    wrong: '{ alias: m, provider: openai, model: gpt-5-mini, structured_output: guided_json }',
    right: '{ alias: m, provider: openai, model: gpt-5-mini }',
    todo: 'Leave `structured_output` out: the strongest that the endpoint takes is chosen.',
  },
} as const satisfies CodeEntries;
