import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { JsonObject } from '../core/json.js';
import type { Problem } from '../core/problem.js';
import { err, ok, type Result } from '../core/result.js';
import { didYouMeanOneOf } from '../core/suggest.js';
import { ExportError, type ExportContext, type Exporter, type FieldMap } from '../dataset/export/exporter.js';
import { GROUPS, splitFile, splitOf, type Split } from '../dataset/export/splits.js';
import { readRows } from '../dataset/read-rows.js';
import { parseWhere } from '../seeds/where.js';
import { findDataset } from './find-dataset.js';
import type { RunProblem } from './problem.js';

export interface ExportRequest {
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
  /** True for a dataset of a dry run: its answers are no model's. */
  readonly fabricated: boolean;
}

/** Columns by which recipes say that a row is worth training on. */
const RECOMMENDED = ['recommended_for_sft', 'recommended_for_training', 'recommended'];

/** Writes the rows of a dataset to files in another format. Each file appears in one step, when it is whole. */
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
  const targets = splits.length === 0 ? [undefined] : splits;
  const files = targets.map((split) => (split ? splitFile(file, split.name) : file));
  const there = request.overwrite ? undefined : files.find((path) => existsSync(path));
  if (there !== undefined)
    return err({
      message: `${there} is already there`,
      hint: 'add --overwrite, or another name with --output',
    });

  const reasons = new Map<string, number>();
  const written: ExportedFile[] = [];
  for (const [index, split] of targets.entries()) {
    let rows = 0;
    async function* wanted(): AsyncGenerator<JsonObject> {
      let number = 0;
      for await (const row of readRows(folder, metadata.parts)) {
        number += 1;
        if (split && splitOf(row, number, groupBy, splits) !== split) continue;
        const reason = reasonAgainst(row);
        rows += 1;
        if (reason === undefined) yield row;
        else leftOut(reason);
      }
    }
    const leftOut = (reason: string): void => {
      rows -= 1;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    };
    const context: ExportContext = { columns: metadata.columns, fields, leftOut };
    const path = files[index] ?? file;
    const done = await writeWhole(path, exporter.encode(wanted(), context));
    if (!done.ok) return done;
    written.push({ file: path, rows });
  }
  return ok({
    files: written,
    leftOut: Object.fromEntries(reasons),
    fabricated: metadata.fabricated,
  });
}

/** Why a row is left out; `undefined` for one that is wanted. */
type Condition = (row: JsonObject) => string | undefined;

function conditionOf(
  { where, format }: ExportRequest,
  exporter: Exporter,
  columns: readonly string[],
): Result<Condition, RunProblem> {
  if (where === undefined) {
    const recommended =
      exporter.takes === 'examples' ? RECOMMENDED.find((name) => columns.includes(name)) : undefined;
    if (recommended === undefined) return ok(() => undefined);
    return ok((row) =>
      row[recommended] === true ? undefined : `\`${recommended}\` is not true (--where true takes all rows)`,
    );
  }
  const problems: Problem[] = [];
  const condition = parseWhere(where, (problem) => problems.push(problem));
  const unknown = condition?.references.find(({ path: [root = ''] }) => !columns.includes(root));
  const [problem] = problems;
  if (!condition || unknown) {
    const name = unknown?.path[0] ?? '';
    const hint = unknown ? didYouMeanOneOf(name, columns) : problem?.hint;
    return err({
      message: unknown ? `--where: there is no column \`${name}\`` : `--where: ${problem?.message ?? format}`,
      ...(hint !== undefined && { hint }),
    });
  }
  return ok((row) => {
    const holds = condition.holds(row);
    if (!holds.ok) return `\`--where\` could not be worked out: ${holds.error}`;
    return holds.value ? undefined : '`--where` does not hold';
  });
}

async function writeWhole(
  file: string,
  pieces: AsyncIterable<string | Uint8Array>,
): Promise<Result<undefined, RunProblem>> {
  const draft = `${file}.${randomUUID()}.tmp`;
  await mkdir(dirname(file), { recursive: true });
  try {
    const handle = await open(draft, 'wx');
    try {
      for await (const piece of pieces) await handle.writeFile(piece);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    return ok(undefined);
  } catch (error) {
    if (!(error instanceof ExportError)) throw error;
    return err({ message: error.message, ...(error.hint !== undefined && { hint: error.hint }) });
  } finally {
    await rm(draft, { force: true });
  }
}
