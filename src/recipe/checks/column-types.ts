import { typeLookup } from '../column-schemas.js';
import type { Check } from './check.js';

/** The checks that column types bring themselves, which need the types of other columns. */
export const columnTypeChecks: Check = {
  name: 'column-types',
  run({ drafts, types }) {
    const lookup = typeLookup(types);
    return drafts.columns.flatMap(({ at, prepared }) =>
      (prepared?.check?.(lookup) ?? []).map((problem) => ({ ...problem, at: [...at, ...problem.at] })),
    );
  },
};
