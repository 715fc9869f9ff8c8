/**
 * The contract of a trace format: all that the program knows about the session files of one tool.
 *
 * A file gets its format in one of two ways. In a tool's default folder, or when the recipe names a format, `owns`
 * chooses the files by their path alone. Anywhere else the format is `auto`: the file is parsed first, and the first
 * format in the list whose `recognises` accepts the content (of JSON Lines the first 20 records) reads it. Names
 * and extensions then play no part, so a session can be renamed or copied anywhere.
 */
import type { Json, JsonObject } from '../core/json.js';
import type { SeedNote } from '../core/events.js';
import type { SeedContext } from '../seeds/types.js';
import type { Message } from './message.js';
import type { FieldSkipper } from './reading/skip-fields.js';

/** A new format is one file that exports one of these, and one line in the list of formats. */
export interface RolloutFormat {
  /** The value of `format` in a recipe and of `source_kind` in rows. */
  readonly name: string;
  /** Base names to look at when the recipe gives no `file_pattern`; several patterns with `, ` between them. */
  readonly filePattern: string;
  /**
   * Where the tool keeps its sessions on this machine, with its environment variables applied; the main folder
   * first. Folders may be missing. Empty for formats without a usual place.
   */
  defaultFolders(machine: Machine): readonly string[];
  /** True when a file can be a session, by its path below the root (`/` between parts). */
  owns(relativePath: string): boolean;
  /** Empties fields that `parse` never uses before a line is parsed. */
  readonly skipFields?: FieldSkipper;
  /** True when a file of unknown format is a session of this one. Of JSON Lines it sees the first 20 records. */
  recognises(content: TraceContent): boolean;
  /** Other formats are this one with further keys: their files are theirs, though this one recognises them too. */
  readonly isExtended?: boolean;
  /** True for files that are parts of a session: they are read with the file that `recognises` accepts. */
  isPart?(path: string): boolean;
  /**
   * Of a file that has one record of a session: what all files of that session have in common. They are read
   * together, in the order of their names, as the lines of one file. The path is absolute.
   */
  sessionOf?(path: string): string | undefined;
  /** Adds to the content of a file what other files have of the same session. */
  complete?(content: TraceContent, around: Surroundings): Promise<TraceContent>;
  /** The ids of the sessions in a database, without those of sub-agents; all of it is read when left out. */
  sessionIds?(database: Database): readonly string[];
  /**
   * Names of files whose sessions a database of this format has as well. Such files are left out, so that each session
   * is read once.
   */
  sessionFiles?(database: Database): readonly string[];
  /** The file in which the tool keeps facts about its sessions, if it has one. */
  readonly index?: SessionIndexFormat;
  /** Must not throw: records that cannot be understood are left out and counted in `skipped`. */
  parse(file: TraceFile): ParsedTraces;
  /** Reads a large file record by record, so that it is never in memory as a whole; same result as `parse`. */
  readonly readRecords?: () => RecordReader;
}

/** A format that is loaded when traces are read, so that starting the program does not pay for all of them. */
export interface LazyFormat {
  /** That of the format. */
  readonly name: string;
  load(): Promise<RolloutFormat>;
}

export type FormatEntry = RolloutFormat | LazyFormat;

export async function loadFormats(entries: readonly FormatEntry[]): Promise<readonly RolloutFormat[]> {
  const formats: RolloutFormat[] = [];
  for (const entry of entries) formats.push('load' in entry ? await entry.load() : entry);
  return formats;
}

export type Machine = Pick<SeedContext, 'env' | 'homeDir'>;

/** Takes the records of a file one by one, and makes traces of them. */
export interface RecordReader {
  add(record: JsonObject): void;
  traces(file: Omit<TraceFile, 'content'>): ParsedTraces;
}

export interface SessionIndexFormat {
  readonly fileName: string;
  /** Facts by session id. Later ones replace earlier ones. */
  entries(document: Json): Iterable<readonly [string, JsonObject]>;
}

/** Facts from the session index, by session id. */
export type SessionIndex = ReadonlyMap<string, JsonObject>;

/** The content of a file: the objects on its lines or in its list, one object, or the tables of a database. */
export type TraceContent =
  | {
      readonly kind: 'lines';
      readonly records: readonly JsonObject[];
      /** Line numbers of the records; left out when they are 1, 2, 3, … */
      readonly lines?: readonly number[];
    }
  | { readonly kind: 'document'; readonly document: JsonObject }
  | { readonly kind: 'database'; readonly database: Database };

/** The objects of a content; a database has none. */
export function recordsOf(content: TraceContent): readonly JsonObject[] {
  if (content.kind === 'lines') return content.records;
  return content.kind === 'document' ? [content.document] : [];
}

/** The number of a record's line in the file, so that damaged or other lines do not change it. */
export function lineOf(content: TraceContent, index: number): number {
  return (content.kind === 'lines' ? content.lines?.[index] : undefined) ?? index + 1;
}

/** An SQLite database that is open for reading. */
export interface Database {
  readonly tables: ReadonlySet<string>;
  /** The rows of a query: text, numbers and null. */
  rows(sql: string): readonly JsonObject[];
}

/** The columns of a table; none when there is no such table. @param table a name of letters and `_` */
export function columnsOf(database: Database, table: string): ReadonlySet<string> {
  return new Set(
    database.rows(`SELECT name FROM pragma_table_info('${table}')`).map(({ name }) => String(name)),
  );
}

/** The file of a trace and those around it, for formats that spread a session over several files. */
export interface Surroundings {
  /** Absolute path of the file, `/` between parts. */
  readonly path: string;
  /** Absolute paths of the files below a folder, in order; none when it does not exist. */
  list(folder: string): Promise<readonly string[]>;
  read(path: string): Promise<TraceContent | undefined>;
  /** The text of a small file. */
  text(path: string): Promise<string | undefined>;
}

export interface TraceFile {
  /** Base name without its extension: the name of a session without an id. */
  readonly stem: string;
  /** Name of the folder it is in: some tools name it after the session. */
  readonly folder: string;
  readonly content: TraceContent;
  readonly index: SessionIndex;
}

/** One session, sub-agent run or trajectory; becomes a row. */
export interface Trace {
  readonly traceId: string;
  readonly rootSessionId: string;
  readonly agentId?: string | undefined;
  readonly isSidechain?: boolean;
  readonly cwd?: string | undefined;
  readonly projectPath?: string | undefined;
  readonly gitBranch?: string | undefined;
  /** As written in the file. */
  readonly startedAt?: string | undefined;
  readonly endedAt?: string | undefined;
  readonly messages: readonly Message[];
  /** The agent ended its work with a call, and said this there; empty when it said nothing. */
  readonly finish?: string | undefined;
  readonly meta: JsonObject;
}

/** Something in a file that could not be used. The caller adds the file's name. */
export type Finding = Omit<SeedNote, 'source'>;

export interface ParsedTraces {
  readonly traces: readonly Trace[];
  /** Records and parts of records that were left out. */
  readonly skipped: readonly Finding[];
}

/** The format of a file of unknown format: the first of those that claim its content. */
export function recogniseFormat(
  formats: readonly RolloutFormat[],
  content: TraceContent,
): RolloutFormat | undefined {
  const claims = (format: RolloutFormat): boolean => format.recognises(content);
  return (
    formats.find((format) => format.isExtended !== true && claims(format)) ??
    formats.find((format) => format.isExtended === true && claims(format))
  );
}

/** The formats that recognise a content, in their order. One that others extend counts only where it is alone. */
export function claimants(
  formats: readonly RolloutFormat[],
  content: TraceContent,
): readonly RolloutFormat[] {
  const among = (isExtended: boolean): readonly RolloutFormat[] =>
    formats.filter((format) => (format.isExtended ?? false) === isExtended && format.recognises(content));
  const own = among(false);
  return own.length > 0 ? own : among(true);
}

/** The reason why a file that no format claims gives no row; what the file has follows. */
export const UNKNOWN_FORMAT = 'not a trace of a known format';
