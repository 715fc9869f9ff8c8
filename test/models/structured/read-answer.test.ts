import { describe, expect, it } from '@jest/globals';
import { readAnswer } from '../../../src/models/structured/read-answer.js';
import { goodLabel, labelSchema, outputOf } from '../setup.js';

const output = outputOf(labelSchema);
const good = JSON.stringify(goodLabel);

describe('readAnswer', () => {
  it('prefers the candidate that passes the check', () => {
    expect(readAnswer(`${good} as in [1] and {"label":"no"}`, output)).toEqual({
      ok: true,
      value: { value: goodLabel, repaired: false },
    });
  });

  it('reports what is wrong with the last candidate when none passes', () => {
    expect(readAnswer('{"label":"bug"} or {"tags":[],"label":"bug"}', output)).toEqual({
      ok: false,
      error: ['/tags must have at least 1 item'],
    });
  });

  it('marks repaired answers', () => {
    expect(readAnswer("{'label': 'bug', 'tags': ['parser']}", output)).toEqual({
      ok: true,
      value: { value: goodLabel, repaired: true },
    });
  });

  it('coerces before it checks', () => {
    const lenient = { ...output, coerce: () => goodLabel };
    expect(readAnswer('{"label":7}', lenient)).toMatchObject({ ok: true, value: { value: goodLabel } });
  });

  it('says so when there is no JSON', () => {
    expect(readAnswer('I cannot do that.', output)).toEqual({
      ok: false,
      error: ['the answer must be JSON, but none was found in: I cannot do that.'],
    });
    expect(readAnswer(' ', output)).toEqual({ ok: false, error: ['the answer is empty'] });
  });
});
