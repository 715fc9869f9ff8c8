import { createRequire } from 'node:module';
import { expect, it } from '@jest/globals';
import { expression } from '../../src/columns/expression.js';
import type { CellContext } from '../../src/columns/types.js';
import { BUILT_IN } from '../../src/template/jsonata-functions.js';

const jsonata = createRequire(import.meta.url)('jsonata') as typeof import('jsonata');

/** The functions of the copy that a host program uses, with their code. */
async function hostFunctions(): Promise<readonly unknown[]> {
  const natives = await Promise.all([...BUILT_IN].map((name) => jsonata(`$${name}`).evaluate({})));
  return natives.flatMap((native: { implementation: unknown }) => [native, native.implementation]);
}

it('leaves the jsonata of a host program as it is', async () => {
  const before = await hostFunctions();
  const source = '$join([$pad(name, 5), $string(size)], "-")';
  const fail = (): never => {
    throw new Error('a problem');
  };
  const column = expression.prepare({ name: 'label', column_type: 'expression', jsonata: source }, fail, {});
  const cell = await column.generate({ name: 'abc', size: 1 }, {} as CellContext);
  expect(cell).toEqual({ state: 'value', value: 'abc  -1' });

  const after = await hostFunctions();
  expect(after.map((value, index) => value === before[index])).toEqual(before.map(() => true));
  expect(await jsonata('$length($pad("a", 2000000))').evaluate({})).toBe(2_000_000);
});
