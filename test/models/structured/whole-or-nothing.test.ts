import { describe, expect, it } from '@jest/globals';
import { pruneUndeclared } from '../../../src/json-schema/closed-schema.js';
import { readAnswer } from '../../../src/models/structured/read-answer.js';
import type { JsonSchema } from '../../../src/core/json.js';
import { outputOf } from '../setup.js';

const pair = {
  type: 'object',
  properties: { question: { type: 'string' }, answer: { type: 'string' } },
  required: ['question', 'answer'],
};
const nested = outputOf({ ...pair, properties: { ...pair.properties, follow_up: pair } });
const inner = '{"question":"And update?","answer":"npm up"}';
const outer = {
  question: 'How?',
  answer: 'npm i',
  follow_up: { question: 'And update?', answer: 'npm up' },
};

describe('an answer whose outer object does not parse', () => {
  it.each([
    ['a trailing comma', `{"question":"How?","answer":"npm i","follow_up":${inner},}`],
    ['a missing comma', `{"question":"How?" "answer":"npm i","follow_up":${inner}}`],
    ['a missing colon', `{"question" "How?","answer":"npm i","follow_up":${inner}}`],
    ['a comment', `{"question":"How?","answer":"npm i", // it's {\n "follow_up":${inner}}`],
    ['bare keys', `{question:"How?",answer:"npm i",follow_up:${inner}}`],
    ['single quotes', `{'question':'How?','answer':'npm i','follow_up':${inner}}`],
    ['a fence', `Here:\n\`\`\`json\n{"question":"How?","answer":"npm i","follow_up":${inner},}\n\`\`\``],
    ['words around', `Here it is: {"question":"How?","answer":"npm i","follow_up":${inner},} Done.`],
  ])('is repaired as a whole: %s', (_what, text) => {
    expect(readAnswer(text, nested)).toEqual({ ok: true, value: { value: outer, repaired: true } });
  });

  it.each([
    ['raw line breaks', `{"question":"How do I\ninstall it?","answer":"npm i"}`, 'How do I\ninstall it?'],
    ['quotes inside', `{"question":"the "big" one?","answer":"npm i"}`, 'the "big" one?'],
    [
      'a backslash alone',
      String.raw`{"question":"in C:\Users \d+","answer":"npm i"}`,
      String.raw`in C:\Users \d+`,
    ],
    ['Python', `{'question': "L'Aquila {", 'answer': 'npm i', 'follow_up': None}`, "L'Aquila {"],
  ])('keeps its text: %s', (_what, text, question) => {
    const output = outputOf({
      ...pair,
      properties: { ...pair.properties, follow_up: { type: ['object', 'null'] } },
    });
    expect(readAnswer(text, output)).toMatchObject({
      ok: true,
      value: { value: { question }, repaired: true },
    });
  });

  it.each([
    ['cut behind an inner object', `{"follow_up":${inner},"question":"How?","answer":"npm ins`],
    ['cut behind a closing bracket', `{"question":"How?","follow_up":${inner}`],
    ['cut in a fence', `\`\`\`json\n{"follow_up":${inner},"question":"How?","answ\n\`\`\``],
    ['cut within a list', `[${inner},{"question":"How`],
    ['an opening bracket lost', `"question":"How?","follow_up":${inner}}`],
    ['closed too early', `{"question":"How?"},"follow_up":${inner}}`],
    ['a draft, then cut', `${inner}\nBetter:\n{"question":"How?","answer":"npm i","follow_up":{"question":`],
    ['with parts left out', `{"question":"How?","answer":"npm i","follow_up":${inner}, ...}`],
    ['not JSON at all', `{"question":"How?" ]] = "answer" := ${inner}}`],
  ])('is never read from its parts: %s', (_what, text) => {
    expect(readAnswer(text, nested)).toMatchObject({ ok: false });
  });

  it('is reported with the place where it is broken', () => {
    expect(readAnswer('{"follow_up":{"question":"a","answer":"b"},\n"question":"How', nested)).toEqual({
      ok: false,
      error: [
        'the answer is not valid JSON at line 1, column 1: the bracket that opens here is never closed',
      ],
    });
    expect(readAnswer('Here: {"question":"How?","answer": ..., }', nested)).toEqual({
      ok: false,
      error: ['the answer is not valid JSON at line 1, column 36: expected a value, found: ..., }'],
    });
  });
});

describe('a refusal', () => {
  const optional: JsonSchema = {
    type: 'object',
    properties: { note: { type: 'string' } },
    additionalProperties: false,
  };
  const output = { ...outputOf(optional), coerce: pruneUndeclared(optional) };

  it.each([
    "I'm sorry, but I can't fill in {} for you.",
    'I cannot help with that.\n```json\n{}\n```',
    'Sorry: {}',
    '{"error": "I cannot help with that."}',
    'The braces {} stay empty here.',
  ])('is no empty object: %s', (text) => {
    expect(readAnswer(text, output)).toMatchObject({ ok: false });
  });

  it.each(['{}', '```json\n{}\n```', 'There is nothing to note: {}'])('is not seen in %j', (text) => {
    expect(readAnswer(text, output)).toEqual({ ok: true, value: { value: {}, repaired: false } });
  });
});

describe('several whole values', () => {
  const good = (label: string): string => JSON.stringify({ question: label, answer: 'x' });
  const note = 'the likeliest of several valid values in one answer';

  it.each([
    ['the last', `${good('no')} or ${good('yes')}`],
    ['the last, also repaired', `${good('no')} or {"question":"yes","answer":"x",}`],
    ['not the example behind it', `${good('yes')}\n\nFor instance, another valid answer is ${good('no')}`],
    ['not the fenced example', `${good('yes')}\n\nFor example:\n\n\`\`\`json\n${good('no')}\n\`\`\``],
    ['the fenced one', `\`\`\`json\n${good('yes')}\n\`\`\`\nI thought of ${good('no')} too.`],
    ['the final one', `\`\`\`json\n${good('no')}\n\`\`\`\nMy final answer: ${good('yes')}`],
  ])('are chosen from, with a note: %s', (_which, text) => {
    expect(readAnswer(text, nested)).toMatchObject({ ok: true, value: { value: { question: 'yes' }, note } });
  });

  it.each([
    ['one alone fits', `{"question":"no"} and ${good('yes')} and {"answer":"no"}`],
    ['they are equal', `${good('yes')}\n\`\`\`json\n${good('yes')}\n\`\`\``],
  ])('need no note when %s', (_when, text) => {
    expect(readAnswer(text, nested)).toEqual({
      ok: true,
      value: { value: { question: 'yes', answer: 'x' }, repaired: false },
    });
  });
});
