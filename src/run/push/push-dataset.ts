import { rm } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { RedactOptions } from '../../core/config.js';
import { isObject, type JsonObject } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import { readRecipe } from '../../dataset/metadata.js';
import { isOwnPath } from '../../dataset/pictures.js';
import { createRedactor, type Redactor } from '../../redact/index.js';
import { exportDataset, type Exported, type ExportRequest } from '../export-dataset.js';
import { findDataset } from '../find-dataset.js';
import type { RunProblem } from '../problem.js';
import { loadHub } from '../../core/hub-package.js';
import { commitFiles, repoOf, type PushProblem } from './hub.js';

export interface PushRequest extends Omit<ExportRequest, 'output' | 'overwrite' | 'onRow' | 'onPicture'> {
  /** `hf://USER/NAME`. */
  readonly target: string;
  /** Make the repository visible to everybody. Default: private. */
  readonly isPublic: boolean;
  /** `HF_TOKEN` and `HF_ENDPOINT`. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Pushed {
  /** `USER/NAME`. */
  readonly repo: string;
  /** Address of the commit. */
  readonly url: string;
  readonly isPublic: boolean;
  readonly exported: Exported;
}

/**
 * Exports a dataset to a folder of its own, and commits that folder to the Hugging Face Hub. Refuses answers of a dry
 * run and rows in which redaction would replace something. The folder goes away at the end, whatever happens.
 */
export async function pushDataset(request: PushRequest): Promise<Result<Pushed, PushProblem>> {
  const { dataset, artifactPath, cwd, env } = request;
  const repo = repoOf(request.target);
  if (!repo.ok) return repo;
  const found = await findDataset(dataset, artifactPath, cwd);
  if (!found.ok) return found;
  if (found.value.metadata.fabricated)
    return err({
      message: 'this dataset is of a dry run: its answers are fake, and are not published',
      hint: 'make it with dd run, without --dry-run',
    });
  const token = env['HF_TOKEN'];
  if (token === undefined || token === '')
    return err({
      isRefused: true,
      message: 'HF_TOKEN is not set',
      hint: 'set it to a token that may write; https://huggingface.co/settings/tokens makes one',
    });
  const hub = await loadHub('dd push');
  if (!hub.ok) return hub;

  const { metadata } = found.value;
  const folder = join(dirname(resolve(cwd, artifactPath)), '.dd', 'push', basename(found.value.folder));
  /** Pictures that rows name, by their places in the repository. */
  const pictures = new Map<string, string>();
  const placeOf = (file: string): string => relative(folder, file).split(sep).join('/');
  try {
    const secrets = createSecretSearch(await createRedactor(await redactionOf(found.value.folder)));
    const exported = await exportDataset({
      ...request,
      output: `${folder}/`,
      overwrite: true,
      onRow: secrets.look,
      onPicture: (file, target) => pictures.set(placeOf(target), file),
    });
    if (!exported.ok) return exported;
    const secret = secrets.problem();
    if (secret) return err(secret);
    const { files, sidecars = [] } = exported.value;
    const rowFiles = [...files.map(({ file }) => file), ...sidecars];
    const committed = await commitFiles(
      hub.value,
      {
        repo: repo.value,
        token,
        isPublic: request.isPublic,
        ...(env['HF_ENDPOINT'] !== undefined && { url: env['HF_ENDPOINT'] }),
      },
      new Map([...rowFiles.map((file) => [placeOf(file), file] as const), ...pictures]),
      {
        title: `${metadata.dataset}: ${files.reduce((sum, { rows }) => sum + rows, 0)} rows`,
        isStale: (file) => file.startsWith(`${metadata.dataset}.`) || isOfFolder(file),
      },
    );
    if (!committed.ok) return committed;
    return ok({ repo: repo.value, ...committed.value, exported: exported.value });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A file of an `imagefolder`, perhaps in the folder of a split: pictures that no row names are refused by `datasets`. */
function isOfFolder(file: string): boolean {
  const inSplit = file.replace(/^[^/]+\/(?=images\/|metadata\.parquet$)/, '');
  return inSplit === 'metadata.parquet' || isOwnPath(inSplit);
}

/** Finds what redaction would replace: the answers of models were not redacted. */
function createSecretSearch(redact: Redactor): {
  look(row: JsonObject, number: number): void;
  problem(): RunProblem | undefined;
} {
  const kinds = new Map<string, number>();
  const rows: number[] = [];
  return {
    look(row, number) {
      const { counts } = redact(row);
      for (const [kind, count] of counts) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
      if (counts.size > 0) rows.push(number);
    },
    problem() {
      if (rows.length === 0) return undefined;
      const found = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ');
      const where = rows.length === 1 ? `row ${rows[0]}` : `${rows.length} rows, first row ${rows[0]}`;
      return {
        message: `what looks like secrets is in ${where}: ${found}`,
        hint: 'leave these rows out with --where, or list values that are no secrets under `redact: { allow: … }` of the recipe and run it again',
      };
    },
  };
}

/** `seed_config.redact` of the recipe that made the dataset. Secrets are always looked for. */
async function redactionOf(folder: string): Promise<RedactOptions> {
  const { seed_config: seed } = await readRecipe(folder);
  const redact = isObject(seed) ? seed['redact'] : undefined;
  return isObject(redact) ? { ...(redact as RedactOptions), secrets: true } : {};
}
