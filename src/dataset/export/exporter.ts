import type { JsonObject } from '../../core/json.js';
import type { OutputColumn } from '../../engine/types.js';

/** What an exporter may look at beside the rows. */
export interface ExportContext {
  /** The columns of the dataset, in order, each with the JSON Schema of its values. */
  readonly columns: readonly OutputColumn[];
}

/**
 * A file format that `dd export` writes. An exporter only encodes: dd reads the rows, writes the file and puts it
 * in its place in one step. A new one is a file that exports one of these, and a line in
 * `src/plugins/builtins.ts`, or an entry of a plugin.
 */
export interface Exporter {
  /** The value of `--format`. */
  readonly name: string;
  /** One line for people: what the file holds, and who reads it. */
  readonly summary: string;
  /** The end of the file's name, without a dot: `jsonl`. */
  readonly extension: string;
  /** The file's content, piece by piece; texts are written as UTF-8. Rows come in the order of the dataset. */
  encode(rows: AsyncIterable<JsonObject>, context: ExportContext): AsyncIterable<string | Uint8Array>;
}
