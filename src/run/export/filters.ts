import { basename, resolve } from 'node:path';
import type { JsonObject } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import { createContaminationFinder, DEFAULT_RUN, type TestText } from '../../dataset/export/contamination.js';
import { readTestSet } from '../../dataset/export/test-sets.js';
import { taughtText, tokensOf } from '../../dataset/export/texts.js';
import { loadTokenizer } from '../../dataset/export/tokenizer.js';
import { createDuplicateFinder } from '../../core/near-duplicates.js';
import { textIn } from '../../core/words.js';
import type { RunProblem } from '../problem.js';
import { unknownName } from '../unknown-name.js';

/** How rows are chosen by what is written of them. */
export interface Filtering {
  /** Leave out rows whose text is equal, or nearly equal, to an earlier one's. */
  readonly dedupe?: {
    /** The columns that are compared. Default: what is written of the row. */
    readonly by?: readonly string[];
    /** The share of common runs of words from which texts are duplicates; 1 for equal ones only. Default 0.9. */
    readonly share?: number;
  };
  /** Leave out rows that share a run of words with a test set. */
  readonly decontaminate?: {
    /** JSON Lines, JSON, CSV, TSV or text; relative to `cwd`. */
    readonly files: readonly string[];
    /** Words of a run. Default 13. */
    readonly words?: number;
  };
  /** Leave out examples that are longer. */
  readonly maxTokens?: number;
  /** An encoding of `gpt-tokenizer`, or a `tokenizer.json` relative to `cwd`; without it, tokens are estimated. */
  readonly tokenizer?: string;
}

/** How rows were chosen, for people. */
export function filtersInWords({
  dedupe,
  decontaminate,
  maxTokens,
  tokenizer,
}: Filtering): readonly string[] {
  const said: string[] = [];
  if (decontaminate)
    said.push(
      `no ${decontaminate.words ?? DEFAULT_RUN} words in a row shared with ${decontaminate.files.map((file) => basename(file)).join(', ')}`,
    );
  if (dedupe) {
    const { by, share = DEFAULT_SHARE } = dedupe;
    const of = by ? ` of ${by.join(', ')}` : '';
    said.push(share === 1 ? `no two equal texts${of}` : `no two texts${of} with ${share * 100} % in common`);
  }
  if (maxTokens !== undefined)
    said.push(`at most ${maxTokens} tokens (${tokenizer === undefined ? 'estimated' : basename(tokenizer)})`);
  return said;
}

const DEFAULT_SHARE = 0.9;

/** A row, and what is written of it. */
export interface Candidate {
  readonly row: JsonObject;
  /** Counted from 1. */
  readonly number: number;
  readonly lines: readonly JsonObject[];
}

/** Why a row is left out, and what else there is to know about it. */
export interface LeftOut {
  readonly reason: string;
  readonly details: JsonObject;
}

export interface Filters {
  /** The first reason against a row. Rows must come in order: duplicates are looked for among earlier ones. */
  against(candidate: Candidate): LeftOut | undefined;
  /** What the filters could not do. */
  readonly notes: readonly string[];
}

/** @param isShaped the lines are training examples, not the rows themselves */
export async function createFilters(
  { dedupe, decontaminate, maxTokens, tokenizer }: Filtering,
  dataset: { readonly columns: readonly string[]; readonly isShaped: boolean; readonly cwd: string },
): Promise<Result<Filters, RunProblem>> {
  const { columns, isShaped, cwd } = dataset;
  const textOf = ({ lines, row }: Candidate): string =>
    isShaped ? taughtText(lines) : textIn(columns.map((column) => row[column]));
  const filters: ((candidate: Candidate) => LeftOut | undefined)[] = [];
  const notes: string[] = [];

  if (maxTokens !== undefined) {
    if (!isShaped)
      return err({ message: '--max-tokens is for training formats', hint: 'use --where for other rows' });
    const count = await loadTokenizer(tokenizer, cwd);
    if (!count.ok) return err({ message: count.error });
    filters.push(({ lines }) => {
      const tokens = Math.max(0, ...lines.map((line) => tokensOf(line, count.value)));
      return tokens > maxTokens
        ? { reason: `it has more than ${maxTokens} tokens`, details: { tokens } }
        : undefined;
    });
  }

  if (decontaminate) {
    const tests: TestText[] = [];
    for (const file of decontaminate.files) {
      const read = await readTestSet(resolve(cwd, file));
      if (!read.ok) return err({ message: `--decontaminate: ${read.error}` });
      for (const test of read.value) if (test.text !== '') tests.push(test);
    }
    const finder = createContaminationFinder(tests, decontaminate.words);
    if (finder.tooShort > 0)
      notes.push(`${finder.tooShort} of ${tests.length} test texts are too short to be looked for`);
    filters.push((candidate) => {
      const found = finder.find(textOf(candidate));
      if (!found) return undefined;
      const { shared, of } = found;
      return {
        reason: `it shares words with the test set ${of.file}`,
        details: { shared, test_file: of.file, test_row: of.row },
      };
    });
  }

  if (dedupe) {
    const { by, share = DEFAULT_SHARE } = dedupe;
    const unknown = by?.find((column) => !columns.includes(column));
    if (unknown !== undefined)
      return err(unknownName(`--dedupe-by: there is no column \`${unknown}\``, unknown, columns));
    const finder = createDuplicateFinder(share);
    filters.push((candidate) => {
      const text = by ? textIn(by.map((column) => candidate.row[column])) : textOf(candidate);
      const found = finder.add(text, candidate.number);
      return found === undefined
        ? undefined
        : {
            reason:
              found.share === 1 ? 'it is equal to an earlier row' : 'it is nearly equal to an earlier row',
            details: { duplicate_of: found.of, share: found.share },
          };
    });
  }

  return ok({
    notes,
    against(candidate) {
      for (const filter of filters) {
        const reason = filter(candidate);
        if (reason) return reason;
      }
      return undefined;
    },
  });
}
