import { describe, expect, it } from '@jest/globals';
import { splitThinking } from '../../../src/models/structured/thinking.js';

describe('splitThinking', () => {
  it.each([
    ['<think>hm</think>\n\nYes.', 'hm', 'Yes.'],
    ['\uFEFF <THINK>hm</THINK>Yes.', 'hm', 'Yes.'],
    ['<thinking>hm</thinking>Yes.', 'hm', 'Yes.'],
    ['<reasoning>hm</reasoning>Yes.', 'hm', 'Yes.'],
    ['<think></think>Yes.', '', 'Yes.'],
    ['hm\n</think>\n\nYes.', 'hm', 'Yes.'],
    ['<think>hm, and then', 'hm, and then', ''],
    ['Yes.', undefined, 'Yes.'],
    ['Close it with </think> in the middle.', undefined, 'Close it with </think> in the middle.'],
    ['[THINK]hm[/THINK]Yes.', 'hm', 'Yes.'],
    ['<thought>hm</thought>Yes.', 'hm', 'Yes.'],
    ['<seed:think>hm</seed:think>Yes.', 'hm', 'Yes.'],
    ['◁think▷hm◁/think▷Yes.', 'hm', 'Yes.'],
    ['<think>one</think>\n<think>two</think>\nYes.', 'one\n\ntwo', 'Yes.'],
    ['Sure!\n<think>hm</think>\nYes.', 'hm', 'Sure!\nYes.'],
    ['Sure!\n<think>hm, and then', 'hm, and then', ''],
    ['hm</think>Yes.', 'hm', 'Yes.'],
    ['hm [/THINK]{"a":1}', 'hm', '{"a":1}'],
    ['hm\n[/THINK]\nYes.', 'hm', 'Yes.'],
    [
      '<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Yes.<|return|>',
      'hm',
      'Yes.',
    ],
    ['<|channel|>final <|constrain|>json<|message|>{"a":1}', undefined, '{"a":1}'],
    ['hm<|end|><|start|>assistant<|channel|>final<|message|>Yes.', 'hm', 'Yes.'],
    ['<|channel|>analysis<|message|>hm, and then', 'hm, and then', ''],
    ['analysisThe user asks.assistantfinalYes.', 'The user asks.', 'Yes.'],
    ['```\n<think>hm</think>\n```', undefined, '```\n<think>hm</think>\n```'],
    ['Write `</think>` here.', undefined, 'Write `</think>` here.'],
    ['An analysis of `<|channel|>`.', undefined, 'An analysis of `<|channel|>`.'],
    ['Use <think> and\n</think>\nas tags.', undefined, 'Use <think> and\n</think>\nas tags.'],
  ])('parts %j', (text, thinking, answer) => {
    expect(splitThinking(text)).toEqual({ thinking, answer });
  });
});
