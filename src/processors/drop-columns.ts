/** `drop_columns`: leaves columns out of the dataset, by name or glob. */
import type { ProcessorConfig } from '../core/config.js';
import { didYouMeanOneOf } from '../core/suggest.js';
import type { ProcessorType } from './types.js';

interface DropColumnsConfig extends ProcessorConfig {
  readonly column_names: readonly string[];
}

export const dropColumns: ProcessorType<DropColumnsConfig> = {
  type: 'drop_columns',
  summary: 'Leaves columns out of the dataset, by name or pattern.',
  schema: {
    properties: {
      column_names: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        description: 'Names, or patterns such as `*__trace`. Columns of the seed too.',
      },
    },
    required: ['column_names'],
  },
  prepare({ name, column_names: patterns }, { columns, isComplete }, report) {
    const names = columns.map((column) => column.name);
    const matched = patterns.map((pattern) => new Set(names.filter((column) => isMatch(column, pattern))));
    for (const [index, pattern] of patterns.entries()) {
      if (!isComplete || matched[index]?.size !== 0) continue;
      const hint = isGlob(pattern) ? undefined : didYouMeanOneOf(pattern, names);
      report({
        severity: 'warning',
        code: 'unmatched-column',
        message: `no column of the dataset is called \`${pattern}\`, so nothing is left out`,
        ...(hint !== undefined && { hint }),
        at: ['column_names', index],
      });
    }
    return {
      name,
      type: 'drop_columns',
      references: [],
      named: [],
      columns: columns.filter((column) => !matched.some((set) => set.has(column.name))),
      countOf: (rows) => rows,
      // The columns of a dataset are chosen when its rows are written.
      pass: (rows) => rows,
    };
  },
};

const isGlob = (pattern: string): boolean => /[*?[]/.test(pattern);

const isMatch = (name: string, pattern: string): boolean =>
  name === pattern || (isGlob(pattern) && globExpression(pattern).test(name));

/** The patterns of Python's `fnmatch`: `*`, `?`, `[abc]`, `[a-z]` and `[!abc]`. */
function globExpression(pattern: string): RegExp {
  const source = pattern.replaceAll(
    /\*+|\?|\[(!?)(\]?[^\]]*)\]|[\s\S]/g,
    (sign: string, not: string, set?: string) => {
      if (sign.startsWith('*')) return '.*?';
      if (sign === '?') return '.';
      if (set !== undefined && set !== '')
        return `[${not && '^'}${set.replaceAll(/[\\\]^[]/g, String.raw`\$&`)}]`;
      return sign.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
    },
  );
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    // A range from a higher to a lower letter matches nothing, as in Python.
    return /(?!)/;
  }
}
