import { describe, expect, it } from '@jest/globals';

import type { Diagnostic } from '../../src/core/problem.js';
import { applyFixes } from '../../src/authoring/fix-recipe.js';

function found(text: string, instead: string, replace: string, shown = instead): Diagnostic {
  const span = { offset: text.indexOf(shown), length: shown.length };
  return { severity: 'error', code: 'x', message: 'x', file: 'x', span, fix: { instead, replace } };
}

describe('fixes', () => {
  it('change their own place and no other character', () => {
    const text = 'a: 1 # keep\r\n\tpromt:   x\r\n\r\nb: "y"  \n';
    expect(applyFixes(text, [found(text, 'promt', 'prompt')]).text).toBe(text.replace('promt', 'prompt'));
  });

  it('keep the quotes that a value has', () => {
    const text = `a: "codx"\nb: 'writter'\n`;
    const fixes = [found(text, 'writter', 'writer', "'writter'"), found(text, 'codx', 'codex', '"codx"')];
    expect(applyFixes(text, fixes).text).toBe(`a: "codex"\nb: 'writer'\n`);
  });

  it('are not made where the text is not the expected one', () => {
    const text = 'a: whole text\n';
    expect(applyFixes(text, [found(text, 'part', 'x', 'whole text')])).toEqual({ text, applied: [] });
  });

  it('never overlap: the first one is made', () => {
    const text = 'a: one two\n';
    const { text: fixed, applied } = applyFixes(text, [
      found(text, 'one two', 'ONE TWO'),
      found(text, 'two', '2'),
    ]);
    expect(fixed).toBe('a: ONE TWO\n');
    expect(applied).toHaveLength(1);
  });
});
