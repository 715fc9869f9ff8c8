/** The explanation of a diagnostic code. */
export interface CodeEntry {
  /** The mistake, in a few words. */
  readonly title: string;
  /** The reason why it is a mistake. */
  readonly why: string;
  /** A wrong and a right example: recipe text, or a command line. */
  readonly wrong: string;
  readonly right: string;
  /** How to fix it. */
  readonly todo: string;
}

export type CodeEntries = Readonly<Record<string, CodeEntry>>;
