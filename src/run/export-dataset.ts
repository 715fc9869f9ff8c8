import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import type { JsonObject } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import { didYouMeanOneOf } from '../core/suggest.js';
import { ExportError, type ExportContext, type Exporter, type FieldMap } from '../dataset/export/exporter.js';
import { GROUPS, splitFile, splitOf, type Split } from '../dataset/export/splits.js';
import { jsonl } from '../dataset/export/jsonl.js';
import { readRows } from '../dataset/read-rows.js';
import { recommendedRows, rowsWhere } from './export/condition.js';
import { createFilters, type Filtering } from './export/filters.js';
import { writeFiles, type OutputFile } from './export/write-files.js';
import { findDataset } from './find-dataset.js';
import type { RunProblem } from './problem.js';

export interface ExportRequest extends Filtering {
  /** Name of the dataset, or its path. */
  readonly dataset: string;
  /** Folder of datasets. */
  readonly artifactPath: string;
  /** Name of the exporter. */
  readonly format: string;
  readonly exporters: ReadonlyMap<string, Exporter>;
  /** The file to write; `DATASET.EXTENSION` in `cwd` when left out. */
  readonly output?: string;
  readonly cwd: string;
  /** Replace a file that is there. */
  readonly overwrite: boolean;
  /** A condition in Jinja. Training formats take the rows that the recipe recommends when it is left out. */
  readonly where?: string;
  /** Where the parts of a training example are. */
  readonly fields?: FieldMap;
  /** Files to share the rows out to; one file when there is none. */
  readonly splits?: readonly Split[];
  /** The column whose equal values stay in one split. */
  readonly groupBy?: string;
}

export interface ExportedFile {
  /** Absolute path. */
  readonly file: string;
  /** Rows of the dataset that are in it. */
  readonly rows: number;
}

export interface Exported {
  readonly files: readonly ExportedFile[];
  /** Rows that are in none of them, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Rows that are written otherwise than they are in the dataset, by what was changed. */
  readonly changed?: Readonly<Record<string, number>>;
  /** The rows that are in none of them, each with its reason; only when rows were chosen by their text. */
  readonly leftOutFile?: string;
  /** What the filters could not do. */
  readonly notes?: readonly string[];
  /** True for a dataset of a dry run: its answers are no model's. */
  readonly fabricated: boolean;
}

/** Writes the rows of a dataset to files in another format. The files appear when all of them are whole. */
export async function exportDataset(request: ExportRequest): Promise<Result<Exported, RunProblem>> {
  const { exporters, format, cwd, splits = [], fields = {} } = request;
  const exporter = exporters.get(format);
  if (!exporter) {
    const hint = didYouMeanOneOf(format, [...exporters.keys()]);
    return err({ message: `there is no export format \`${format}\``, ...(hint !== undefined && { hint }) });
  }
  const found = await findDataset(request.dataset, request.artifactPath, cwd);
  if (!found.ok) return found;
  const { folder, metadata } = found.value;
  const names = metadata.columns.map(({ name }) => name);
  const condition = conditionOf(request, exporter, names);
  if (!condition.ok) return condition;
  const reasonAgainst = condition.value;
  const groupBy = request.groupBy ?? GROUPS.find((name) => names.includes(name));
  if (request.groupBy !== undefined && !names.includes(request.groupBy))
    return err({
      message: `there is no column \`${request.groupBy}\` to group by`,
      hint: didYouMeanOneOf(request.groupBy, names) ?? `the columns are ${names.join(', ')}`,
    });
  const file = resolve(cwd, request.output ?? `${metadata.dataset}.${exporter.extension}`);
  const extension = extensionOf(file, exporter);
  if (!extension.ok) return extension;
  const targets = splits.length === 0 ? [undefined] : splits;
  const files = targets.map((split) => (split ? splitFile(file, split.name) : file));
  const filters = await createFilters(request, {
    columns: names,
    isShaped: exporter.shape !== undefined,
    cwd,
  });
  if (!filters.ok) return filters;
  const isFiltered = request.dedupe ?? request.decontaminate ?? request.maxTokens;
  const leftOutFile = isFiltered === undefined ? undefined : splitFile(file, 'left-out', 'jsonl');
  const written = leftOutFile === undefined ? files : [...files, leftOutFile];
  const there = request.overwrite ? undefined : written.find((path) => existsSync(path));
  if (there !== undefined)
    return err({
      message: `${there} is already there`,
      hint: 'add --overwrite, or another name with --output',
    });

  const reasons = new Map<string, number>();
  const changes = new Map<string, number>();
  const increment = (counts: Map<string, number>, key: string): void => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  const rows = files.map(() => 0);
  const count = (index: number, change: number): void => {
    rows[index] = (rows[index] ?? 0) + change;
  };
  const contextOf = (index: number): ExportContext => ({
    columns: metadata.columns,
    fields,
    extension: extension.value,
    leftOut(reason) {
      count(index, -1);
      increment(reasons, reason);
    },
    changed: (what) => increment(changes, what),
  });
  const outputs = written.map((path, index): OutputFile => ({
    file: path,
    encode: (lines) =>
      path === leftOutFile ? jsonl.encode(lines, contextOf(index)) : exporter.encode(lines, contextOf(index)),
  }));
  try {
    const shape = exporter.shape?.(contextOf(0)) ?? ((row: JsonObject) => [row]);
    await writeFiles(outputs, async (push) => {
      let number = 0;
      for await (const row of readRows(folder, metadata.parts)) {
        number += 1;
        const lines = reasonAgainst(row) ?? shape(row);
        const against =
          typeof lines === 'string'
            ? { reason: lines, details: {} }
            : filters.value.against({ row, number, lines });
        if (against || typeof lines === 'string') {
          const { reason = '', details = {} } = against ?? {};
          increment(reasons, reason);
          await push(files.length, { row: number, ...idOf(row), reason, ...details });
          continue;
        }
        const split = splitOf(row, number, groupBy, splits);
        const index = split ? splits.indexOf(split) : 0;
        count(index, 1);
        for (const line of lines) await push(index, line);
      }
    });
  } catch (error) {
    if (!(error instanceof ExportError)) throw error;
    return err({ message: error.message, ...(error.hint !== undefined && { hint: error.hint }) });
  }
  return ok({
    files: files.map((path, index) => ({ file: path, rows: rows[index] ?? 0 })),
    leftOut: Object.fromEntries(reasons),
    ...(changes.size > 0 && { changed: Object.fromEntries(changes) }),
    ...(leftOutFile !== undefined && { leftOutFile }),
    ...(filters.value.notes.length > 0 && { notes: filters.value.notes }),
    fabricated: metadata.fabricated,
  });
}

/** What people know a row by. */
const idOf = ({ trace_id: id }: JsonObject): JsonObject => (typeof id === 'string' ? { trace_id: id } : {});

function conditionOf(
  { where }: ExportRequest,
  exporter: Exporter,
  columns: readonly string[],
): ReturnType<typeof rowsWhere> {
  if (where !== undefined) return rowsWhere(where, columns);
  return ok(exporter.takes === 'examples' ? recommendedRows(columns) : () => undefined);
}

/** The encoding that the end of the file's name asks for. Parquet and text are never written under each other's name. */
function extensionOf(
  file: string,
  { name, extension, otherExtensions = [] }: Exporter,
): Result<string, RunProblem> {
  const end = extname(file).slice(1).toLowerCase();
  if (otherExtensions.includes(end)) return ok(end);
  if ((end === 'parquet') === (extension === 'parquet')) return ok(extension);
  return err(
    end === 'parquet'
      ? {
          message: `the format \`${name}\` cannot be written as Parquet`,
          hint: 'name a .jsonl file, or use --format parquet for all columns',
        }
      : { message: `--format parquet writes a .parquet file, not ${file}` },
  );
}
