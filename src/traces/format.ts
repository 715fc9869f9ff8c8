import type { Json, JsonObject } from '../core/json.js';
import type { SeedContext } from '../seeds/types.js';
import type { Message } from './message.js';
import type { StartEmptier } from './reading/skip-fields.js';
import type { SeedNote } from '../core/events.js';

/**
 * A rollout format: where a tool keeps its sessions, how they are told from other files, and how a
 * file becomes traces. A new format is a file that exports one of these, and a line in `formats.ts`.
 */
export interface RolloutFormat {
  /** The value of `format` in a recipe and of `source_kind` in rows. */
  readonly name: string;
  /** Which base names are looked at when the recipe gives no `file_pattern`. */
  readonly filePattern: string;
  /** Where the tool keeps its sessions; `undefined` for formats without a usual place. */
  defaultFolder(context: Pick<SeedContext, 'env' | 'homeDir'>): string | undefined;
  /** Whether a file can be a session, judged by its path below the root (`/` between parts). */
  owns(relativePath: string): boolean;
  /** Empties lines of what `parse` never looks at, before they are parsed. */
  readonly emptyUnread?: StartEmptier;
  /** Whether a file of unknown origin is a session, judged by what is in it: of lines, the first twenty. */
  recognises(content: TraceContent): boolean;
  /** The file in which the tool keeps facts about its sessions, when there is one. */
  readonly index?: SessionIndexFormat;
  /** Never throws: records that make no sense are left out and told of in `skipped`. */
  parse(file: TraceFile): ParsedTraces;
  /** The same for the records of a large file, which are forgotten one after the other. */
  readonly readRecords?: () => RecordReader;
}

/** Takes the records of a file as they are read, and makes traces of them. */
export interface RecordReader {
  add(record: JsonObject): void;
  traces(file: Omit<TraceFile, 'content'>): ParsedTraces;
}

export interface SessionIndexFormat {
  readonly fileName: string;
  /** Facts by session id. Later ones win over earlier ones. */
  entries(document: Json): Iterable<readonly [string, JsonObject]>;
}

/** Facts from the session index, by session id. */
export type SessionIndex = ReadonlyMap<string, JsonObject>;

/** What a file holds: the objects on its lines, or one object. */
export type TraceContent =
  | {
      readonly kind: 'lines';
      readonly records: readonly JsonObject[];
      /** The numbers of their lines, unless those are simply 1, 2, 3, … */
      readonly lines?: readonly number[];
    }
  | { readonly kind: 'document'; readonly document: JsonObject };

export interface TraceFile {
  /** Base name without its extension: the name of a session that has no other. */
  readonly stem: string;
  readonly content: TraceContent;
  readonly index: SessionIndex;
}

/** One session, sub-agent run or trajectory: what becomes a row. */
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
  readonly meta: JsonObject;
}

/** Something in a file that could not be used; the file's name is added by the caller. */
export type Finding = Omit<SeedNote, 'source'>;

export interface ParsedTraces {
  readonly traces: readonly Trace[];
  /** Records and parts of records that were left out. */
  readonly skipped: readonly Finding[];
}
