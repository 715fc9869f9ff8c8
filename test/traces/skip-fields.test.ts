import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createFieldSkipper } from '../../src/traces/reading/skip-fields.js';

const FIELDS = ['aB', 'x_y', 'plain', 'plain_longer'];

/** Records in which the names of the fields are frequent, as keys at any depth and as text. */
const value = fc.oneof(
  fc.constantFrom<unknown>({}, [], '', 1, null, { k: 1 }, ['v'], 'text'),
  fc.constantFrom(...FIELDS.map((field) => `,"${field}":{"k":1}`)),
  fc.constantFrom(...FIELDS).map((field) => ({ first: 1, [field]: { deep: [1, 2] } })),
);
const record = fc.uniqueArray(fc.tuple(fc.constantFrom(...FIELDS, 'a', 'b'), value), {
  selector: ([key]) => key,
  maxLength: 5,
});

/** What skipping must give: the first field of the list that has a value to empty is empty, the rest is the same. */
function expected(members: readonly (readonly [string, unknown])[], field: string): unknown {
  return Object.fromEntries(
    members.map(([key, held], at) => [key, key === field && at > 0 ? emptied(held) : held]),
  );
}

function emptied(held: unknown): unknown {
  if (typeof held === 'string') return '';
  if (Array.isArray(held)) return [];
  return typeof held === 'object' && held !== null ? {} : held;
}

describe('skipping a field', () => {
  it.each(FIELDS)('empties %s of the record itself, in every line that has it, and nothing else', (field) => {
    const skipper = createFieldSkipper([{ before: `,"${field}":`, depth: 1 }]);
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), (records) => {
        // Where a nested object has the field first, the whole line is parsed.
        const plain = records.filter((members) => {
          const text = JSON.stringify(Object.fromEntries(members));
          return text.split(`,"${field}":`).length <= 2;
        });
        const bytes = Buffer.from(
          plain.map((members) => `${JSON.stringify(Object.fromEntries(members))}\n`).join(''),
        );
        const skip = skipper(bytes);
        let start = 0;
        for (const members of plain) {
          const end = bytes.indexOf('\n', start);
          const parsed: unknown = JSON.parse(bytes.toString('utf8', start, skip(start, end)));
          expect(parsed).toEqual(expected(members, field));
          start = end + 1;
        }
      }),
    );
  });

  it('leaves a value that contains one of the exceptions', () => {
    const skipper = createFieldSkipper([{ before: ',"x":', depth: 1, unless: ['agentId'] }]);
    const line = (inner: string): string => `{"a":1,"x":{"k":${inner}}}`;
    for (const [inner, isKept] of [
      ['"agentId"', true],
      ['{"agentId":1}', true],
      ['"agentIds"', false],
    ] as const) {
      const bytes = Buffer.from(line(inner));
      expect(skipper(bytes)(0, bytes.length) === bytes.length).toBe(isKept);
    }
  });
});
