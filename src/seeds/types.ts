import type { Json, JsonObject, JsonSchema } from '../core/json.js';
import type { Result } from '../core/result.js';
import type { Sending } from '../core/sending.js';
import type { SeedNote } from '../core/events.js';

/** A column of a seed: its name and the JSON Schema of its values. */
export interface SeedColumn {
  readonly name: string;
  readonly schema: JsonSchema;
}

/** One row of a seed: a value for every seed column. */
export type SeedRow = JsonObject;

/** The result of reading one entry of a seed (a file, for traces). */
export interface SeedEntryRows {
  readonly rows: readonly SeedRow[];
  readonly notes: readonly SeedNote[];
}

/**
 * An opened seed: a list of entries in a stable order, each read on demand and as often as necessary. An entry may
 * give no row, one or several; rows are counted and selected, not entries.
 */
export interface Seed {
  readonly columns: readonly SeedColumn[];
  readonly entryCount: number;
  /** Notes from looking for entries. */
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
 * Decides whether two rows are copies: they have the same `id`, or the parts of one are the first parts of the other.
 * Of a conversation these are the trace id and the messages.
 */
export interface RowIdentity {
  /** `undefined` for a row without an id of its own. */
  readonly id: string | undefined;
  /** The id may be that of other rows too, such as `12`: it makes a copy only where the recipe asks for ids alone. */
  readonly isIdCommon?: boolean;
  readonly parts: readonly Json[];
}

/** Why a seed could not be opened: the wrong key of `source`, and what to type. */
export interface SeedError {
  readonly key: string;
  readonly message: string;
  readonly hint?: string;
}

/** What a seed would read, found without reading all of it. */
export interface SeedListing {
  readonly sources: readonly ListedSource[];
  readonly notes: readonly SeedNote[];
  /** On a machine without sessions: where the tools would keep them. */
  readonly looked_at?: readonly { readonly format: string; readonly folder: string }[];
  /** The formats that there are, if a file has none of them. */
  readonly formats?: readonly string[];
}

/** The sessions of one format in one folder. */
export interface ListedSource {
  readonly format: string;
  /** As the user would name it. */
  readonly folder: string;
  /** `null` when they cannot be counted. */
  readonly sessions: number | null;
  readonly files: number;
  readonly bytes: number;
  /** When a file was last written, in ISO 8601. */
  readonly newest: string;
}

/** A seed type. A new one is one file that exports one of these, and one line in the list of seed types. */
export interface SeedType<Source = JsonObject> {
  /** The value of `seed_type`. */
  readonly type: string;
  /** One sentence, for editors and `dd schema`. */
  readonly summary: string;
  /** JSON Schema of `seed_config.source`, without `seed_type`. */
  readonly schema: { readonly properties: JsonObject; readonly required: readonly string[] };
  /**
   * The columns of every row, for checks. Throws an `Error` with a sentence when they cannot be known, for instance
   * because a file does not exist.
   *
   * @param baseDir relative paths of the recipe start here
   */
  columns(source: Source, baseDir: string): readonly SeedColumn[];
  /**
   * For seed types that read from elsewhere: downloads what they need. Called before `columns` when rows are going to be
   * read, never to check a recipe alone.
   */
  fetch?(source: Source, context: SeedContext): Promise<Result<void, SeedError>>;
  /** Values of the environment that `fetch` and `open` send to hosts, with their places in `source`. */
  sends?(source: Source, context: Pick<SeedContext, 'env'>): readonly Sending[];
  open(source: Source, context: SeedContext): Promise<Result<Seed, SeedError>>;
  /** For seed types that find their files: what is there. */
  list?(source: Source, context: SeedContext): Promise<Result<SeedListing, SeedError>>;
  /** True when its rows are redacted unless the recipe says otherwise. */
  readonly redact?: boolean;
  /** For `dedupe`; whole rows are compared when left out. */
  identify?(row: SeedRow): RowIdentity;
}
