import { describe, expect, it } from '@jest/globals';
import { createKeyRefusals } from '../../src/models/rate-limiting/key-refusals.js';
import type { CallError } from '../../src/models/types.js';

const refused: CallError = { class: 'auth', status: 401, message: 'no' };
const unclear: CallError = { class: 'auth', status: 403, message: 'Forbidden', isUnclear: true };

describe('a refusal', () => {
  it('is of the key when nothing was answered before', () => {
    expect(createKeyRefusals().judge(refused, 1).kind).toBe('key-refused');
  });

  it('is of the key when it is not set', () => {
    const refusals = createKeyRefusals();
    refusals.answered();
    expect(refusals.judge({ class: 'auth', message: 'not set' }, 1).kind).toBe('key-refused');
  });

  it('is of one request when only that is refused, tries included', () => {
    const refusals = createKeyRefusals();
    refusals.answered();
    expect([1, 1, 1].map((call) => refusals.judge(refused, call).kind)).toEqual([
      'recheck',
      'recheck',
      'request-refused',
    ]);
  });

  it('is of the key when different requests in a row are refused', () => {
    const refusals = createKeyRefusals();
    refusals.answered();
    expect([1, 2, 3].map((call) => refusals.judge(refused, call).kind)).toEqual([
      'recheck',
      'recheck',
      'key-refused',
    ]);
  });

  it('is of one request when it does not name a key that has worked', () => {
    const refusals = createKeyRefusals();
    refusals.answered();
    expect([1, 2, 3, 4].map((call) => refusals.judge(unclear, call).kind)).toEqual(
      Array.from({ length: 4 }, () => 'request-refused'),
    );
  });

  it('that is unclear and the first is tried again, then it is the key', () => {
    const refusals = createKeyRefusals();
    expect([1, 1, 1].map((call) => refusals.judge(unclear, call).kind)).toEqual([
      'recheck',
      'recheck',
      'key-refused',
    ]);
  });
});
