import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../core/json.js';
import { metadataText, type Metadata, type ProcessorCounts } from '../dataset/metadata.js';
import { openDatasetWriter, type DatasetWriter } from '../dataset/writer.js';
import type { Plan } from '../engine/types.js';
import { openLines, type LineFile } from '../processors/temporary-rows.js';
import type { PassingRow, PreparedProcessor, ProcessorContext } from '../processors/types.js';

/** The processors of a run, with their files. */
export interface RowProcessing {
  /** The rows of the dataset, of those that were made. Temporary files are gone when all of them were read. */
  pass(rows: AsyncIterable<PassingRow>): AsyncIterable<PassingRow>;
  /** Finishes the files. */
  close(): Promise<readonly ProcessorCounts[]>;
}

/** What a plan says of its processors. */
export type ProcessingPlan = Pick<Plan, 'processors' | 'output' | 'dropped' | 'randomSeed'>;

const TEMPORARY = '.temporary';

/** A reason may name a value of its row: the counts of so many different ones are kept, and of the others together. */
const MOST_REASONS = 100;

/** The folder of a processor in the folder of its dataset. */
const folderOf = (dataset: string, processor: string): string => join(dataset, 'processors-files', processor);

/**
 * Chains the processors of a plan: each reads from the one before it, a row at a time.
 *
 * @param folder the folder that the dataset is written to; without one only rows are passed and counted, as in a preview
 */
export function openProcessing(
  { processors, output, dropped, randomSeed }: ProcessingPlan,
  folder: string | undefined,
): RowProcessing {
  let temporary: string | undefined;
  let files = 0;
  const temporaryFile = async (): Promise<string> => {
    temporary ??= folder === undefined ? await mkdtemp(join(tmpdir(), 'dd-')) : join(folder, TEMPORARY);
    await mkdir(temporary, { recursive: true });
    files += 1;
    return join(temporary, String(files));
  };
  const steps = processors.map((processor) =>
    openStep(processor, folder && folderOf(folder, processor.name), { randomSeed, temporaryFile, dropped }),
  );
  const names = output.map(({ name }) => name);
  return {
    async *pass(rows) {
      if (steps.length === 0) return yield* rows;
      try {
        const last = steps.reduce((before, step) => step.pass(before), rows);
        for await (const { row, number } of last) yield { row: chosen(row, names), number };
      } finally {
        if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
      }
    },
    close: () => Promise.all(steps.map((step) => step.close())),
  };
}

const chosen = (row: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, row[name] ?? null]));

interface StepTools extends Pick<ProcessorContext, 'randomSeed' | 'temporaryFile'> {
  readonly dropped: ReadonlySet<string>;
}

interface Step {
  pass(rows: AsyncIterable<PassingRow>): AsyncIterable<PassingRow>;
  close(): Promise<ProcessorCounts>;
}

/** A processor with its files and counts. What it leaves out is kept, without the columns that the author dropped. */
function openStep(processor: PreparedProcessor, folder: string | undefined, tools: StepTools): Step {
  const { randomSeed, temporaryFile, dropped } = tools;
  const { name, type, beside } = processor;
  const kept = processor.columns.map((column) => column.name).filter((column) => !dropped.has(column));
  const reasons = new Map<string, number>();
  const notes = new Set<string>();
  const counts = { in: 0, out: 0, beside: 0 };
  let leftOut: LineFile | undefined;
  let writer: DatasetWriter | undefined;

  const leaveOut: ProcessorContext['leaveOut'] = async ({ row, number }, reason, details = {}) => {
    const counted = reasons.has(reason) || reasons.size < MOST_REASONS ? reason : 'another reason';
    reasons.set(counted, (reasons.get(counted) ?? 0) + 1);
    if (folder === undefined) return;
    if (!leftOut) {
      await mkdir(folder, { recursive: true });
      leftOut = await openLines(join(folder, 'left-out.jsonl'));
    }
    await leftOut.add(JSON.stringify({ row: number, reason, ...details, values: chosen(row, kept) }));
  };
  const write = async (row: JsonObject): Promise<void> => {
    counts.beside += 1;
    await writer?.append(row);
  };
  const counting = async function* (
    rows: AsyncIterable<PassingRow>,
    key: 'in' | 'out',
  ): AsyncGenerator<PassingRow> {
    for await (const row of rows) {
      counts[key] += 1;
      yield row;
    }
  };
  return {
    async *pass(rows) {
      if (beside && folder !== undefined) writer = await openDatasetWriter(folder, beside);
      const note = (text: string): void => void (notes.size < MOST_REASONS && notes.add(text));
      const context = { randomSeed, temporaryFile, leaveOut, write, note };
      yield* counting(processor.pass(counting(rows, 'in'), context), 'out');
    },
    async close() {
      await leftOut?.close();
      const parts = (await writer?.close())?.parts ?? 0;
      return {
        name,
        type,
        rows_in: counts.in,
        rows_out: counts.out,
        left_out: Object.fromEntries(reasons),
        ...(beside && { dataset: { rows: counts.beside, parts, columns: beside } }),
        ...(notes.size > 0 && { notes: [...notes] }),
      };
    },
  };
}

/** Describes the datasets beside the main one, so that they can be opened like it. */
export async function describeBeside(folder: string, metadata: Metadata): Promise<void> {
  const { processors = [], accept: _ofMain, ...whole } = metadata;
  for (const { name, dataset } of processors) {
    if (!dataset) continue;
    const text = metadataText({
      ...whole,
      dataset: name,
      columns: dataset.columns,
      parts: dataset.parts,
      rows: { done: dataset.rows, failed: 0, skipped: 0, filtered: 0, unfinished: 0 },
      failures: {},
      seed_notes: [],
      // What the answers cost is said once, for the main dataset.
      usage: [],
      cost: { ...whole.cost, this_run: nothing, dataset: nothing },
    });
    await writeFile(join(folderOf(folder, name), 'metadata.json'), text);
  }
}

const nothing: Metadata['cost']['dataset'] = {
  tokens: { input: 0, output: 0, cached: 0, reasoning: 0, answers_uncounted: 0 },
  usd: 0,
  usd_is_minimum: false,
};
