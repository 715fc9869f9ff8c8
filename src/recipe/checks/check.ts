import type { JsonSchema } from '../../core/json.js';
import type { Needs } from '../../core/graph.js';
import type { Problem } from '../../core/problem.js';
import type { DraftColumn, Drafts } from '../draft.js';
import type { NameScope } from '../scope.js';
import type { RecipeSource } from '../recipe-source.js';

/** The input of a check: the columns, the names that they can read, and the types of the values. */
export interface CheckContext {
  readonly source: RecipeSource;
  /** The recipe as data. It may have mistakes. */
  readonly recipe: object;
  /** Every column, the listed seed columns, and the problems of reading them. */
  readonly drafts: Drafts;
  /** The columns, without duplicates of an earlier name. */
  readonly columns: readonly DraftColumn[];
  readonly scope: NameScope;
  /** The JSON Schema of the values of each name, if it is known. */
  readonly types: ReadonlyMap<string, JsonSchema>;
  /** The columns that each column reads. */
  readonly needs: Needs;
  /** The names that the processors read. */
  readonly readByProcessors: ReadonlySet<string>;
  /** The names that `accept` reads; `undefined` when they are not known. */
  readonly readByAccept: readonly string[] | undefined;
  /** All problems found before the checks. */
  readonly earlier: readonly Problem[];
}

/**
 * Finds one kind of mistake that only shows in the recipe as a whole. Checks are pure: they only read and report. To
 * add one, write a file that exports it and add a line to `src/plugins/builtins.ts`.
 */
export interface Check {
  readonly name: string;
  /** Returns the mistakes, with paths from the root of the recipe. */
  run(context: CheckContext): readonly Problem[];
}
