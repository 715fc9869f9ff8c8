/** What there is to say of a kind of mistake, beyond the one sentence at its place. */
export interface CodeEntry {
  /** What is wrong, in a few words. */
  readonly title: string;
  /** Why that is a mistake, in one line. */
  readonly why: string;
  /** How it looks, and how it should: recipe text, or a command line. */
  readonly wrong: string;
  readonly right: string;
  /** What to do about it. */
  readonly todo: string;
}

export type CodeEntries = Readonly<Record<string, CodeEntry>>;
