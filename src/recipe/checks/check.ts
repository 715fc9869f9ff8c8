import type { JsonSchema } from '../../core/json.js';
import type { Needs } from '../../core/graph.js';
import type { Problem } from '../../core/problem.js';
import type { DraftColumn, Drafts } from '../draft.js';
import type { NameScope } from '../scope.js';
import type { RecipeSource } from '../recipe-source.js';

/** The recipe as a check sees it: its columns, the names they can read, and the type of each value. */
export interface CheckContext {
  readonly source: RecipeSource;
  /** Every column, seed columns that the recipe lists, and what was wrong when they were read. */
  readonly drafts: Drafts;
  /** The columns without those whose name an earlier one has. */
  readonly columns: readonly DraftColumn[];
  readonly scope: NameScope;
  /** The JSON Schema of each name's values, where it is known. */
  readonly types: ReadonlyMap<string, JsonSchema>;
  /** The columns that each column needs. */
  readonly needs: Needs;
  /** All problems found before the checks. */
  readonly earlier: readonly Problem[];
}

/**
 * One kind of mistake that only shows in the recipe as a whole. A check reads and reports; it calls nothing and
 * changes nothing. A new one is a file that exports one of these, and a line in `src/plugins/builtins.ts`.
 */
export interface Check {
  readonly name: string;
  /** The mistakes, each with its path from the root of the recipe. */
  run(context: CheckContext): readonly Problem[];
}
