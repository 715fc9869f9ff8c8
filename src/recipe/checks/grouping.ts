import type { SeedConfig } from '../../core/config.js';
import { startsWith } from '../../core/paths.js';
import type { Problem } from '../../core/problem.js';
import { correction } from '../../core/suggest.js';
import { groupColumns, isGrouped, RECORD_COLUMNS, recordColumns } from '../../seeds/group.js';
import type { SeedColumn } from '../../seeds/types.js';

export interface CheckedGrouping {
  /** The columns of the records; those of the seed's rows without `group_by` and `window`. */
  readonly columns: readonly SeedColumn[] | undefined;
  readonly problems: readonly Problem[];
}

/** Checks `group_by` and `window` of `seed_config` against the columns of the seed's rows. */
export function checkGrouping(
  config: SeedConfig | undefined,
  found: readonly Problem[],
  columns: readonly SeedColumn[] | undefined,
): CheckedGrouping {
  if (!config || columns === undefined || !isGrouped(config)) return { columns, problems: [] };
  const keys = ['group_by', 'window'].map((key) => ['seed_config', key]);
  if (found.some(({ at }) => keys.some((key) => startsWith(at, key))))
    return { columns: undefined, problems: [] };
  const problems = groupingProblems(config, columns);
  return { columns: problems.length > 0 ? undefined : recordColumns(columns, config), problems };
}

function groupingProblems(config: SeedConfig, columns: readonly SeedColumn[]): readonly Problem[] {
  const names = columns.map(({ name }) => name);
  const by = groupColumns(config);
  const at = ['seed_config', config.group_by === undefined ? 'window' : 'group_by'];
  const taken = RECORD_COLUMNS.filter((name) => (name === 'rows' ? names : by).includes(name));
  const isList = Array.isArray(config.group_by);
  return [
    ...taken.map((name): Problem => ({
      code: 'duplicate-column',
      message: `the seed has a column \`${name}\`, and \`${name}\` is what ${MEANING[name]}`,
      hint: 'give the column another name in the data',
      at,
    })),
    ...by.flatMap((name, index): readonly Problem[] =>
      names.includes(name)
        ? []
        : [
            {
              code: 'unknown-column',
              message: `the seed has no column \`${name}\``,
              ...correction(name, names),
              at: isList ? [...at, index] : at,
            },
          ],
    ),
  ];
}

const MEANING = {
  rows: '`group_by` and `window` call the rows of a record',
  row_count: '`group_by` and `window` call their number',
} as const;
