import type { Json, JsonObject, JsonSchema } from '../core/json.js';
import type { Result } from '../core/result.js';
import type { SeedNote } from '../core/events.js';

/** A column that a seed brings: its name and the JSON Schema of its values. */
export interface SeedColumn {
  readonly name: string;
  readonly schema: JsonSchema;
}

/** One row of a seed: a value for every seed column. */
export type SeedRow = JsonObject;

/** What one entry of a seed (a file, for traces) gave. */
export interface SeedEntryRows {
  readonly rows: readonly SeedRow[];
  readonly notes: readonly SeedNote[];
}

/**
 * An opened seed: a list of entries in a stable order, each read on demand and as often as asked.
 * An entry may give no row, one or several; all counting and selecting is done on rows.
 */
export interface Seed {
  readonly columns: readonly SeedColumn[];
  readonly entryCount: number;
  /** What was noticed while looking for entries. */
  readonly notes: readonly SeedNote[];
  /** Never rejects for bad input: a file that cannot be read gives no row and a note. */
  read(entry: number): Promise<SeedEntryRows>;
}

export interface SeedContext {
  /** Relative paths of the recipe start here. */
  readonly baseDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
}

/**
 * What makes two rows copies of one thing: the same `id`, or the parts of one being the first parts of the
 * other. For a conversation the id is its trace's and the parts are its messages.
 */
export interface RowIdentity {
  /** `undefined` for a row that has none of its own. */
  readonly id: string | undefined;
  readonly parts: readonly Json[];
}

/** Why a seed could not be opened: which key of `source` is wrong, and what to type. */
export interface SeedError {
  readonly key: string;
  readonly message: string;
  readonly hint?: string;
}

/** A kind of seed. A new one is a file that exports one of these, and a line in `registry.ts`. */
export interface SeedType<Source = JsonObject> {
  /** The value of `seed_type`. */
  readonly type: string;
  /** One sentence, for editors and `dd schema`. */
  readonly summary: string;
  /** JSON Schema of `seed_config.source`, without `seed_type`. */
  readonly schema: { readonly properties: JsonObject; readonly required: readonly string[] };
  /**
   * The columns every row will have, for checks. Throws where they cannot be known: the file that says them is
   * not there.
   *
   * @param baseDir relative paths of the recipe start here
   */
  columns(source: Source, baseDir: string): readonly SeedColumn[];
  open(source: Source, context: SeedContext): Promise<Result<Seed, SeedError>>;
  /** Whether its rows are redacted unless the recipe says otherwise. */
  readonly redact?: boolean;
  /** What makes two rows copies of one thing, for `dedupe`; rows are compared whole when left out. */
  identify?(row: SeedRow): RowIdentity;
}
