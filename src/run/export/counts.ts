/** Counts rows while an export is written. */
export interface Counts {
  /** Rows of each file. */
  readonly rows: readonly number[];
  readonly leftOut: ReadonlyMap<string, number>;
  readonly changed: ReadonlyMap<string, number>;
  written(file: number, changes: readonly string[]): void;
  leaveOut(reason: string): void;
  /** The file turned out to have no place for a row that was given to it. */
  takeBack(file: number, reason: string): void;
}

export function createCounts(files: number): Counts {
  const rows = Array.from({ length: files }, () => 0);
  const leftOut = new Map<string, number>();
  const changed = new Map<string, number>();
  const increment = (counts: Map<string, number>, key: string): void => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  return {
    rows,
    leftOut,
    changed,
    written(file, changes) {
      rows[file] = (rows[file] ?? 0) + 1;
      for (const change of changes) increment(changed, change);
    },
    leaveOut: (reason) => increment(leftOut, reason),
    takeBack(file, reason) {
      rows[file] = (rows[file] ?? 0) - 1;
      increment(leftOut, reason);
    },
  };
}
