import { describe, expect, test } from '@jest/globals';
import { createRandom } from '../../src/core/random.js';
import type { JsonObject } from '../../src/core/json.js';
import { SAMPLER_TYPES } from '../../src/samplers/registry.js';

function uuidOf(params: JsonObject, row: number): unknown {
  const type = SAMPLER_TYPES.get('uuid');
  return type?.prepare(params)(createRandom(0, 'id', row), {});
}

describe('uuid', () => {
  test('is a UUID of version 4 without hyphens', () => {
    for (let row = 0; row < 200; row += 1)
      expect(uuidOf({}, row)).toMatch(/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  });

  test('is shorter, in capitals and behind a prefix that keeps its case', () => {
    expect(uuidOf({ short_form: true }, 1)).toMatch(/^[0-9a-f]{8}$/);
    expect(uuidOf({ prefix: 'ord-', short_form: true, uppercase: true }, 1)).toMatch(/^ord-[0-9A-F]{8}$/);
  });

  test('is another one in each row', () => {
    expect(new Set(Array.from({ length: 10_000 }, (_, row) => uuidOf({}, row))).size).toBe(10_000);
  });
});
