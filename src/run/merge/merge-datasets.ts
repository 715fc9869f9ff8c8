import { existsSync } from 'node:fs';
import { copyFile, open, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { foldersOf, isSafeName, prepareStaging, publish, type Folders } from '../../dataset/folders.js';
import { copyMedia } from '../../dataset/media.js';
import { metadataText, readMetadata, type Metadata } from '../../dataset/metadata.js';
import { rejectedRows } from '../../dataset/browse-rows.js';
import { readLines, readRows, TornLine } from '../../dataset/read-rows.js';
import { appendReviews, createRowKeys, madeHash, readReviews, type Review } from '../../dataset/reviews.js';
import { openDatasetWriter, REJECTED } from '../../dataset/writer.js';
import type { JsonObject } from '../../core/json.js';
import type { PassingRow } from '../../processors/types.js';
import { err, ok, type Result } from '../../core/result.js';
import { findMergeProblem, indexOf, rowsOf, type Partition } from './checks.js';
import { mergeMetadata } from './metadata.js';
import { planMerge } from './plan.js';
import { describeBeside, openProcessing, type ProcessingPlan } from '../process-rows.js';
import { lockDataset } from '../lock-run.js';
import { findForeignFolder } from '../overwrite-guard.js';
import type { RunProblem } from '../problem.js';

export interface MergeRequest {
  /** Folders of the partitions' datasets, in any order. */
  readonly datasets: readonly string[];
  readonly artifactPath: string;
  readonly datasetName: string;
}

export interface Merged {
  readonly dataset: string;
  readonly metadata: Metadata;
}

/**
 * Joins the datasets of all partitions of a run into one, with the same bytes as one run over all rows. Writes
 * nothing unless they are complete. Their reviews go along. The partitions stay as they are.
 */
export async function mergeDatasets(request: MergeRequest): Promise<Result<Merged, RunProblem>> {
  const { datasets, artifactPath, datasetName } = request;
  if (!isSafeName(datasetName))
    return err({
      message: `\`${datasetName}\` cannot be the name of a dataset`,
      hint: 'use letters, digits, spaces, dots, dashes and underscores',
    });
  const partitions = await openPartitions(datasets);
  if (!partitions.ok) return partitions;
  const folders = foldersOf(artifactPath, datasetName);
  const problem = findMergeProblem(partitions.value) ?? (await findTakenPlace(folders, partitions.value));
  if (problem) return err(problem);

  const sorted = partitions.value.toSorted((a, b) => indexOf(a) - indexOf(b)) as [Partition, ...Partition[]];
  const plan = await planMerge(sorted[0]);
  if (!plan.ok) return plan;
  return lockDataset(folders, async () => {
    try {
      return ok(await joinPartitions(sorted, folders, plan.value));
    } catch (error) {
      if (error instanceof TornLine || error instanceof WrongCount)
        return err({ message: error.message, hint: RUN_AGAIN });
      throw error;
    }
  });
}

const RUN_AGAIN = 'run the command of this partition again: it writes the files again from the store';

async function openPartitions(
  datasets: readonly string[],
): Promise<Result<readonly Partition[], RunProblem>> {
  const partitions: Partition[] = [];
  for (const folder of datasets) {
    const metadata = await readMetadata(resolve(folder));
    if (!metadata?.rows)
      return err(
        existsSync(resolve(folder))
          ? { message: `${folder} is no dataset, or its metadata.json is damaged`, hint: RUN_AGAIN }
          : {
              message: `${folder} is no dataset: there is no such folder`,
              hint: 'give the folders of all partitions',
            },
      );
    partitions.push({ folder, metadata });
  }
  return ok(partitions);
}

/** A merged dataset may only replace an earlier one of the same recipe. */
async function findTakenPlace(
  folders: Folders,
  [first]: readonly Partition[],
): Promise<RunProblem | undefined> {
  const { name } = folders;
  const foreign = await findForeignFolder(folders);
  if (foreign) return foreign;
  const there = await readMetadata(folders.dataset);
  if (!there) return undefined;
  const hint = 'give another name with --dataset-name';
  if (there.recipe?.name !== first?.metadata.recipe.name)
    return { message: `\`${name}\` is a dataset of the recipe \`${there.recipe?.name}\``, hint };
  if (there.partition) return { message: `\`${name}\` is a partition itself`, hint };
  if (first?.metadata.fabricated === true && !there.fabricated)
    return { message: `\`${name}\` holds real answers, and the partitions fake ones`, hint };
  return undefined;
}

async function joinPartitions(
  partitions: readonly [Partition, ...Partition[]],
  folders: Folders,
  plan: ProcessingPlan,
): Promise<Merged> {
  const [first] = partitions;
  await prepareStaging(folders);
  const { accept } = first.metadata;
  const writer = await openDatasetWriter(folders.staging, plan.output, { hasRejected: accept !== undefined });
  const processing = openProcessing(plan, folders.staging);
  const reviews = await collectReviews(partitions, plan);
  for await (const passing of processing.pass(madeRows(partitions, reviews))) {
    for (const { folder } of partitions) await copyMedia(passing.row, folder, folders.staging);
    await writer.append(passing.row);
    reviews.writes(passing);
  }
  const { parts } = await writer.close();
  await joinLines(partitions, folders.staging, 'failures.jsonl');
  if (accept) await joinLines(partitions, folders.staging, REJECTED);
  const processors = await processing.close();
  const metadata = mergeMetadata(partitions, folders, { parts, processors, columns: plan.output });
  await writeFile(join(folders.staging, 'metadata.json'), metadataText(metadata));
  await describeBeside(folders.staging, metadata);
  await copyFile(join(first.folder, 'recipe.yaml'), join(folders.staging, 'recipe.yaml'));
  const dataset = await publish(folders, true);
  await reviews.saveIn(dataset);
  return { metadata, dataset };
}

/** The rows of all partitions, numbered as in one run over all rows: failed and rejected ones have numbers too. */
async function* madeRows(
  partitions: readonly Partition[],
  reviews: CollectedReviews,
): AsyncGenerator<PassingRow> {
  let before = 0;
  for (const partition of partitions) {
    const { folder, metadata } = partition;
    const collect = reviews.of(partition);
    const failed = new Set<number>(await rejectedRows(folder));
    for await (const failure of readLines(join(folder, 'failures.jsonl')))
      // With `instead`, its row is in the dataset.
      if (failure['instead'] === undefined) failed.add(Number(failure['row']));
    let rows = 0;
    let number = 0;
    for await (const row of readRows(folder, metadata.parts)) {
      while (failed.has(number)) number += 1;
      rows += 1;
      collect(row, before + number);
      yield { row, number: before + number };
      number += 1;
    }
    const due = metadata.rows.done + metadata.rows.skipped;
    if (rows !== due) throw new WrongCount(`${folder} has ${rows} rows, but its metadata says ${due}`);
    before += rowsOf(partition);
  }
}

interface CollectedReviews {
  /** Takes the review of each row of a partition, in order. */
  of(partition: Partition): (row: JsonObject, number: number) => void;
  /** Called with each row of the merged dataset, in order: it has the review of the row that it was made of. */
  writes(passing: PassingRow): void;
  /** Adds them to those of the dataset; the later review of a row counts. */
  saveIn(dataset: string): Promise<void>;
}

/** Equal rows are numbered in each partition, so a review gets the key that its row has among all. */
async function collectReviews(
  partitions: readonly [Partition, ...Partition[]],
  { output }: ProcessingPlan,
): Promise<CollectedReviews> {
  const { columns } = partitions[0].metadata;
  const known = new Map<Partition, ReadonlyMap<string, Review>>();
  for (const partition of partitions) known.set(partition, await readReviews(partition.folder));
  const hasNone = [...known.values()].every(({ size }) => size === 0);
  const keyAmongAll = createRowKeys(output);
  const byNumber = new Map<number, { readonly review: Review; readonly isOfThese: boolean }>();
  const collected: Review[] = [];
  return {
    of(partition) {
      if (hasNone) return () => undefined;
      const keyOf = createRowKeys(columns);
      return (row, number) => {
        const review = known.get(partition)?.get(keyOf(row));
        if (!review) return;
        // Whether the answers are the reviewed ones is seen by a hash of the columns, which processors may change.
        byNumber.set(number, { review, isOfThese: review.made === madeHash(row, columns) });
      };
    },
    writes({ row, number }) {
      if (hasNone) return;
      const key = keyAmongAll(row);
      const found = byNumber.get(number);
      if (!found) return;
      const { review, isOfThese } = found;
      collected.push({ ...review, key, made: isOfThese ? madeHash(row, output) : review.made });
    },
    async saveIn(dataset) {
      const there = await readReviews(dataset);
      const later = collected.filter(({ key, at }) => at > (there.get(key)?.at ?? ''));
      if (later.length > 0) await appendReviews(dataset, later);
    },
  };
}

/** Row numbers count from the start of each partition; here they count from the start of the first. */
async function joinLines(partitions: readonly Partition[], target: string, name: string): Promise<void> {
  const file = await open(join(target, name), 'w');
  let before = 0;
  for (const partition of partitions) {
    for await (const failure of readLines(join(partition.folder, name)))
      await file.appendFile(`${JSON.stringify({ ...failure, row: Number(failure['row']) + before })}\n`);
    before += rowsOf(partition);
  }
  await file.close();
}

/** A partition with another number of rows than its metadata says. */
class WrongCount extends Error {}
