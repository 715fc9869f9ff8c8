import { describe, expect, it } from '@jest/globals';
import type { Json } from '../../../src/core/json.js';
import { candidatesIn } from '../../../src/models/structured/candidates.js';

const repairJson = (text: string): Json | undefined =>
  candidatesIn(text).values.find(({ repaired }) => repaired)?.value;

describe('repairJson', () => {
  it.each([
    ['single quotes', "{'label': 'bug', 'n': 1}"],
    ['a trailing comma', '{"label": "bug", "n": 1,}'],
    ['a missing comma', '{"label": "bug" "n": 1}'],
    ['bare keys', '{label: "bug", n: 1}'],
    ['comments', '{"label": "bug", // the kind\n "n": 1}'],
    ['raw line ends in a fence', '```json\n{"label": "bug",\n n: 1}\n```'],
    ['chatter around', "Here: {'label': 'bug', 'n': 1} Done."],
    ['thinking before', "<think>{no}</think>{'label': 'bug', 'n': 1}"],
  ])('mends %s', (_what, text) => {
    expect(repairJson(text)).toEqual({ label: 'bug', n: 1 });
  });

  it.each([
    ['an object that was cut off', '{"label": "bug", "tags": ["a", "b'],
    ['an object cut off after an inner one', '{"a": {"b": 1}, "c": "and th'],
    ['a list cut off after an object', '[{"a": 1}, {"a":'],
  ])('does not pass a part for the whole: %s', (_what, text) => {
    expect(repairJson(text)).toBeUndefined();
  });

  it.each(['', 'prose only', '{'.repeat(100_000), `{${'['.repeat(90_000)}${']'.repeat(90_000)}}`])(
    'leaves alone what is no JSON at all (%#)',
    (text) => expect(repairJson(text)).toBeUndefined(),
  );
});
