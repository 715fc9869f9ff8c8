/** How records are drawn on a terminal. */
export interface RecordStyle {
  /** Columns of the terminal. */
  readonly width: number;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  /** Nothing is cut: all lines, all items of lists, all reasons of scores. */
  readonly isWhole?: boolean;
}
