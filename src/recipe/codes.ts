import { readFileSync } from 'node:fs';
import { packageFolder } from '../core/package-folder.js';

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

/** A group of codes with a title. */
export interface CodeGroup {
  readonly title: string;
  readonly codes: ReadonlyMap<string, CodeEntry>;
}

const SECTION =
  /^`([a-z-]+)`\n\n\*\*(.+?)\.\*\* (.+?)\n\nWrong:\n\n```\n(.+?)\n```\n\nRight:\n\n```\n(.+?)\n```\n\n(.+?)\n*$/s;

/**
 * Every diagnostic code, as `docs/diagnostics.md` explains it: a chapter for each group, a section for each code.
 * Codes are never renamed, because CI configurations refer to them.
 */
export const CODE_GROUPS: readonly CodeGroup[] = readFileSync(
  new URL('docs/diagnostics.md', packageFolder()),
  'utf8',
)
  .split(/^## /m)
  .slice(1)
  .map((chapter) => {
    const [title = '', ...sections] = chapter.split(/^### /m);
    return { title: title.trim(), codes: new Map(sections.map(readSection)) };
  });

export const CODES: ReadonlyMap<string, CodeEntry> = new Map(CODE_GROUPS.flatMap(({ codes }) => [...codes]));

function readSection(text: string): readonly [code: string, CodeEntry] {
  const [, code = '', title = '', why = '', wrong = '', right = '', todo = ''] = SECTION.exec(text) ?? [];
  if (code === '') throw new Error(`docs/diagnostics.md: a section is not of the usual form: ${text}`);
  return [code, { title, why, wrong, right, todo }];
}
