/**
 * A picture that a row names by its path in the folder of the recipe. The page asks for it by the place of the path in the
 * row, never by the path: the server reads what the row says, and nothing that a request says.
 */
export interface ContextPlace {
  readonly row: number;
  readonly column: string;
  /** Counted from 0, where the cell is a list. */
  readonly entry: number;
}

/** Such a place where paths of pictures are expected. */
export const contextPath = ({ row, column, entry }: ContextPlace): string =>
  `context/${row}/${entry}/${column}`;

const WRITTEN = /^context\/(\d{1,15})\/(\d{1,5})\/(.+)$/s;

export const isContextPath = (path: string): boolean => WRITTEN.test(path);

export function contextPlaceIn(path: string): ContextPlace | undefined {
  const [, row, entry, column] = WRITTEN.exec(path) ?? [];
  return column === undefined ? undefined : { row: Number(row), entry: Number(entry), column };
}
