import { typeLookup } from '../column-schemas.js';
import type { Check } from './check.js';

/** Runs the checks of the column types themselves (`PreparedColumn.check`). */
export const columnTypeChecks: Check = {
  name: 'column-types',
  run({ drafts, types }) {
    const lookup = typeLookup(types);
    return drafts.columns.flatMap(({ at, prepared }) =>
      (prepared?.check?.(lookup) ?? []).map((problem) => ({ ...problem, at: [...at, ...problem.at] })),
    );
  },
};
