import { dirname } from 'node:path';
import type { Where } from '../core/config.js';
import type { JsonObject } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import { createScores } from '../dataset/export/card.js';
import { ExportError, type ExportContext, type Exporter, type FieldMap } from '../dataset/export/exporter.js';
import { pictureColumns } from '../dataset/export/imagefolder.js';
import { jsonl } from '../dataset/export/jsonl.js';
import { GROUPS, splitOf, type Split } from '../dataset/export/splits.js';
import { createSeen } from '../dataset/export/trainers.js';
import { readRows } from '../dataset/read-rows.js';
import { recommendedRows, rowsWhere } from './export/condition.js';
import { createCounts } from './export/counts.js';
import { createFilters, type Filtering, type LeftOut } from './export/filters.js';
import { exportPictures } from './export/pictures.js';
import { readReviewedRows } from './export/reviewed-rows.js';
import { findTargets } from './export/targets.js';
import { writeFiles, type OutputFile } from './export/write-files.js';
import { writeSidecars } from './export/write-sidecars.js';
import { findDataset } from './find-dataset.js';
import type { RunProblem } from './problem.js';
import { unknownName } from './unknown-name.js';

export interface ExportRequest extends Filtering {
  /** Name of the dataset, or its path. */
  readonly dataset: string;
  /** Folder of datasets. */
  readonly artifactPath: string;
  /** Name of the exporter. */
  readonly format: string;
  readonly exporters: ReadonlyMap<string, Exporter>;
  /**
   * The file to write; `DATASET.EXTENSION` in `cwd` when left out. A folder, which exists or whose name ends with
   * `/`, also gets settings for trainers and a card.
   */
  readonly output?: string;
  readonly cwd: string;
  /** Replace files that are there. */
  readonly overwrite: boolean;
  /** Leave out rows that a reviewer dropped, and take corrected answers. `where` can read `review`. */
  readonly reviews?: boolean;
  /** A condition. Training formats take the rows that the recipe recommends when it is left out. */
  readonly where?: Where;
  /** Where the parts of a training example are. */
  readonly fields?: FieldMap;
  /** Files to share the rows out to; one file when there is none. */
  readonly splits?: readonly Split[];
  /** The column whose equal values stay in one split. */
  readonly groupBy?: string;
  /** An identifier such as `apache-2.0`, for the card. */
  readonly license?: string;
  /** Called with each row of the dataset that is written, and its number, from 0. */
  readonly onRow?: (row: JsonObject, number: number) => void;
  /** Called with each picture that rows name, and where it belongs beside them, in place of a copy. */
  readonly onPicture?: (file: string, target: string) => void;
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
  /** Settings for trainers and a card, in a folder: absolute paths. */
  readonly sidecars?: readonly string[];
  /** Pictures that the rows name, beside them in `images/`; only if there are any. */
  readonly pictures?: number;
  /** What the filters could not do. */
  readonly notes?: readonly string[];
  /** True for a dataset of a dry run: its answers are no model's. */
  readonly fabricated: boolean;
}

/** Writes the rows of a dataset to files in another format. The files appear when all of them are whole. */
export async function exportDataset(request: ExportRequest): Promise<Result<Exported, RunProblem>> {
  const { exporters, format, cwd, splits = [], fields = {} } = request;
  const exporter = exporters.get(format);
  if (!exporter)
    return err(unknownName(`there is no export format \`${format}\``, format, [...exporters.keys()]));
  const found = await findDataset(request.dataset, request.artifactPath, cwd);
  if (!found.ok) return found;
  const { folder, metadata } = found.value;
  const names = metadata.columns.map(({ name }) => name);
  const reviewed = request.reviews === true ? await readReviewedRows(folder, metadata.columns) : undefined;
  const condition = conditionOf(request, exporter, reviewed ? [...names, 'review'] : names);
  if (!condition.ok) return condition;
  const reasonAgainst = condition.value;
  const groupBy = request.groupBy ?? GROUPS.find((name) => names.includes(name));
  if (request.groupBy !== undefined && !names.includes(request.groupBy))
    return err(unknownName(`there is no column \`${request.groupBy}\` to group by`, request.groupBy, names));
  const where = findTargets({
    ...request,
    exporter,
    dataset: metadata.dataset,
    splits,
    listsLeftOut: (request.dedupe ?? request.decontaminate ?? request.maxTokens) !== undefined,
  });
  if (!where.ok) return where;
  const targets = where.value;
  const filters = await createFilters(request, {
    columns: names,
    isShaped: exporter.shape !== undefined,
    cwd,
  });
  if (!filters.ok) return filters;

  const counts = createCounts(targets.files.length);
  const seen = createSeen();
  const scores = createScores(metadata.columns);
  const pictures = exportPictures(folder, request.onPicture);
  let changes: string[] = [];
  let withPictures: ReturnType<typeof pictureColumns> | undefined;
  const contextOf = (file: number): ExportContext => ({
    columns: metadata.columns,
    fields,
    extension: targets.extension,
    pictures: () => (withPictures ??= pictureColumns(readRows(folder, metadata.parts), names)),
    leftOut: (reason) => counts.takeBack(file, reason),
    changed: (what) => changes.push(what),
  });
  const { leftOutFile } = targets;
  const outputs = targets.files.map((file, index): OutputFile => ({
    file,
    encode: (lines) => exporter.encode(lines, contextOf(index)),
  }));
  if (leftOutFile !== undefined)
    outputs.push({ file: leftOutFile, encode: (rows) => jsonl.encode(rows, contextOf(0)) });
  try {
    const shape = exporter.shape?.(contextOf(0)) ?? ((row: JsonObject) => [row]);
    await writeFiles(outputs, async (push) => {
      let number = 0;
      const leaveOut = async (row: JsonObject, { reason, details }: LeftOut): Promise<void> => {
        counts.leaveOut(reason);
        // Without a list of these rows, there is no such file, and nothing is written.
        await push(targets.files.length, { row: number, ...idOf(row), reason, ...details });
      };
      for await (const given of readRows(folder, metadata.parts)) {
        number += 1;
        changes = [];
        const { row, review, against: byReviewer } = reviewed?.read(given) ?? { row: given };
        const lines =
          byReviewer ?? reasonAgainst(review === undefined ? row : { review, ...row }) ?? shape(row);
        if (typeof lines === 'string') {
          await leaveOut(row, { reason: lines, details: {} });
          continue;
        }
        const against = filters.value.against({ row, number, lines });
        if (against) {
          await leaveOut(row, against);
          continue;
        }
        const split = splits.length > 0 ? splitOf(row, number, groupBy, splits) : undefined;
        const file = split ? splits.indexOf(split) : 0;
        counts.written(file, changes);
        scores.add(row);
        request.onRow?.(row, number - 1);
        for (const line of lines) {
          seen.add(line);
          await pictures.add(line, dirname(targets.files[file] ?? ''));
          await push(file, line);
        }
      }
    });
  } catch (error) {
    if (!(error instanceof ExportError)) throw error;
    return err({ message: error.message, ...(error.hint !== undefined && { hint: error.hint }) });
  }
  const notes = [
    ...filters.value.notes,
    ...(reviewed?.notes() ?? []),
    ...(pictures.missing > 0
      ? [`pictures that rows name and the dataset does not have: ${pictures.missing}`]
      : []),
  ];
  const [leftOut, changed] = [Object.fromEntries(counts.leftOut), Object.fromEntries(counts.changed)];
  const files = targets.files.map((file, index) => ({ file, rows: counts.rows[index] ?? 0 }));
  const facts = {
    files,
    leftOut,
    changed,
    scores: scores.list(),
    seen: seen.value(),
    pictures: pictures.count,
  };
  const beside =
    targets.folder === undefined
      ? undefined
      : await writeSidecars(targets.folder, request, { exporter, found: found.value, ...facts });
  return ok({
    files,
    leftOut,
    ...(counts.changed.size > 0 && { changed }),
    ...(leftOutFile !== undefined && { leftOutFile }),
    ...(beside && { sidecars: beside }),
    ...(pictures.count > 0 && { pictures: pictures.count }),
    ...(notes.length > 0 && { notes }),
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
