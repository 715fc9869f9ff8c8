import { existsSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { err, ok, type Result } from '../../core/result.js';
import type { Exporter } from '../../dataset/export/exporter.js';
import { SIDECARS } from '../../dataset/export/sidecars.js';
import { splitFile, type Split } from '../../dataset/export/splits.js';
import type { RunProblem } from '../problem.js';

/** Where an export goes. */
export interface Targets {
  /** The files of rows, absolute; one for each split, or one. */
  readonly files: readonly string[];
  /** The list of rows that were left out, if there is one. */
  readonly leftOutFile?: string;
  /** The folder that gets settings for trainers and a card. */
  readonly folder?: string;
  /** The encoding that the end of the file's name asks for. */
  readonly extension: string;
}

export interface TargetRequest {
  readonly exporter: Exporter;
  readonly dataset: string;
  /** A file, or a folder: one that exists, or a name that ends with `/`. */
  readonly output?: string | undefined;
  readonly cwd: string;
  readonly splits: readonly Split[];
  readonly listsLeftOut: boolean;
  readonly overwrite: boolean;
}

/** The files to write. None is there already, unless they may be replaced. */
export function findTargets(request: TargetRequest): Result<Targets, RunProblem> {
  const { exporter, dataset, output, cwd, splits } = request;
  const { folderFile } = exporter;
  const name = folderFile ?? `${dataset}.${exporter.extension}`;
  const isInFolder = folderFile !== undefined || (output !== undefined && isFolder(output, cwd));
  const folder = isInFolder ? resolve(cwd, output ?? dataset) : undefined;
  const file = folder === undefined ? resolve(cwd, output ?? name) : join(folder, name);
  const extension = extensionOf(file, exporter);
  if (!extension.ok) return extension;
  const fileOf = (split: Split): string =>
    folderFile === undefined ? splitFile(file, split.name) : join(dirname(file), split.name, folderFile);
  const files = splits.length === 0 ? [file] : splits.map(fileOf);
  const leftOutFile = request.listsLeftOut ? splitFile(file, 'left-out', 'jsonl') : undefined;
  const all = [
    ...files,
    ...(leftOutFile === undefined ? [] : [leftOutFile]),
    ...(folder === undefined ? [] : SIDECARS.map((sidecar) => join(folder, sidecar))),
  ];
  const there = request.overwrite ? undefined : all.find((path) => existsSync(path));
  if (there !== undefined)
    return err({
      message: `${there} is already there`,
      hint: 'add --overwrite, or another name with --output',
    });
  return ok({
    files,
    extension: extension.value,
    ...(leftOutFile !== undefined && { leftOutFile }),
    ...(folder !== undefined && { folder }),
  });
}

function isFolder(output: string, cwd: string): boolean {
  return (
    /[/\\]$/.test(output) ||
    (statSync(resolve(cwd, output), { throwIfNoEntry: false })?.isDirectory() ?? false)
  );
}

/** Parquet and text are never written under each other's name. */
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
