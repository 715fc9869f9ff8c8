/** `dedupe`: leaves out rows that are equal, or nearly equal, to an earlier one. The first of them stays. */
import type { ProcessorConfig } from '../core/config.js';
import { canonicalJson } from '../core/json.js';
import { createDuplicateFinder } from '../core/near-duplicates.js';
import { textIn } from '../core/words.js';
import {
  columnsSchema,
  namedColumns,
  valueOf,
  type PassingRow,
  type ProcessorContext,
  type ProcessorType,
} from './types.js';

interface DedupeConfig extends ProcessorConfig {
  readonly by?: string | readonly string[];
  readonly share?: number;
}

const DEFAULT_SHARE = 0.9;

export const dedupe: ProcessorType<DedupeConfig> = {
  type: 'dedupe',
  summary: 'Leaves out rows that are equal, or nearly equal, to an earlier one.',
  schema: {
    properties: {
      by: columnsSchema('The columns that are compared. Default: all columns of the dataset.'),
      share: {
        type: 'number',
        exclusiveMinimum: 0,
        maximum: 1,
        default: DEFAULT_SHARE,
        description:
          'Texts with this share of common runs of three words are duplicates (MinHash); 1 for equal values only.',
      },
    },
    required: [],
  },
  prepare({ name, by, share = DEFAULT_SHARE }, { columns, dropped }) {
    const named = namedColumns('by', by);
    const written = columns.filter((column) => !dropped.has(column.name));
    const compared = (by === undefined ? written : named).map((column) => column.name);
    return {
      name,
      type: 'dedupe',
      references: [],
      named,
      columns,
      async *pass(rows: AsyncIterable<PassingRow>, { leaveOut, temporaryFile }: ProcessorContext) {
        const finder = createDuplicateFinder(share, { path: await temporaryFile() });
        try {
          for await (const passing of rows) {
            const values = compared.map((column) => valueOf(passing, column));
            // Rows without any value are not copies of each other.
            const hasValue = values.some((value) => value !== null && value !== '');
            const text = share === 1 ? canonicalJson(values) : textIn(values);
            const found = hasValue ? finder.add(text, passing.number) : undefined;
            if (found)
              await leaveOut(
                passing,
                found.share === 1 ? 'it is equal to an earlier row' : 'it is nearly equal to an earlier row',
                { duplicate_of: found.of, share: found.share },
              );
            else yield passing;
          }
        } finally {
          finder.close();
        }
      },
    };
  },
};
