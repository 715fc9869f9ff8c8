import type { SeedNote } from '../../core/events.js';
import type { SeedColumn, SeedRow } from '../types.js';

/** The rows of a stage, in entries that are read on demand. */
export interface RowTable {
  readonly stage: string;
  readonly columns: readonly SeedColumn[];
  readonly entryCount: number;
  readonly notes: readonly SeedNote[];
  read(entry: number): Promise<readonly SeedRow[]>;
}
