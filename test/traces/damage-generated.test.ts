import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chatCompletionJsonl } from '../../src/traces/formats/chat-completion.js';
import type { RolloutFormat } from '../../src/traces/format.js';
import { createContentReader, type ReadContent } from '../../src/traces/reading/read-content.js';
import { damages, linesOf, withDamages } from './damages.js';
import { allFormats, folderWith, readAll, removeFolders } from './support.js';

afterAll(removeFolders);

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'traces');

/** Files beside the sessions of some formats. */
const NO_SESSIONS = new Set(['result.json', 'sessions.json', 'sessions-index.json']);

/** A whole file of a format, to be damaged. */
interface Sample {
  readonly format: string;
  readonly owner: RolloutFormat;
  /** Below the folder of the format. */
  readonly path: string;
  readonly name: string;
  readonly bytes: Buffer;
}

/** `DD_LONG_TESTS=1` runs every property more often. */
const MORE = process.env['DD_LONG_TESTS'] === '1' ? 4 : 1;

const readContent = createContentReader(allFormats);
const SAMPLES = allFormats.flatMap(samplesOf);
const SAMPLES_OF_LINES = SAMPLES.filter(({ path }) => extname(path) === '.jsonl');

/** None for a format without example files: `example-traces.test.ts` names those. */
function samplesOf(owner: RolloutFormat): readonly Sample[] {
  const { name: format } = owner;
  const root = join(EXAMPLES, format);
  if (!existsSync(root)) return [];
  const sessionOf = (path: string): string => owner.sessionOf?.(join(root, path)) ?? path;
  return (
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((path) => owner.owns(path) && extname(path) !== '')
      .filter((path) => !NO_SESSIONS.has(basename(path)))
      // Of a session with a file for each record, one file is enough.
      .filter((path, _, all) => all.find((other) => sessionOf(other) === sessionOf(path)) === path)
      .map((path) => ({ format, owner, path, name: basename(path), bytes: readFileSync(join(root, path)) }))
  );
}

/** A folder with a whole copy of the sample before and behind the place of a damaged one. */
function folderFor({ path, bytes }: Sample): { readonly folder: string; readonly target: string } {
  const folder = folderWith({ [`a/${path}`]: bytes, [`z/${path}`]: bytes });
  const target = join(folder, 'm', path);
  mkdirSync(dirname(target), { recursive: true });
  return { folder, target };
}

describe.each(SAMPLES)('any damage to $format $name', (sample) => {
  it.each([sample.format, 'auto'])(
    'read as %s is reported, and its neighbours stay as they were',
    async (format) => {
      const { folder, target } = folderFor(sample);
      const before = await readAll({ format, path: folder });
      await fc.assert(
        fc.asyncProperty(damages, async (done) => {
          writeFileSync(target, withDamages(sample.bytes, done));
          const { rows, notes } = await readAll({ format, path: folder });
          expect(rows.filter((row) => row['source_path'] !== target)).toEqual(before.rows);
          expect(notes.filter(({ source }) => source !== target)).toEqual(before.notes);
          // A file that gives no row has a note with the reason.
          if (!rows.some((row) => row['source_path'] === target)) {
            expect(notes.filter(({ source }) => source === target)).toMatchObject([{ kind: 'filtered' }]);
          }
        }),
        { numRuns: 10 * MORE },
      );
    },
  );
});

describe.each(SAMPLES_OF_LINES)('any damage to $format $name', (sample) => {
  it('costs the lines that it touched and no other, and every line is accounted for', async () => {
    const { target } = folderFor(sample);
    await fc.assert(
      fc.asyncProperty(damages, async (done) => {
        const bytes = withDamages(sample.bytes, done);
        writeFileSync(target, bytes);
        // This format reads every part of a record; others leave out what they never use.
        const whole = await readContent(target, chatCompletionJsonl);
        expect(recordsOf(whole)).toEqual(objectsIn(bytes));
        for (const read of [whole, await readContent(target, sample.owner)]) {
          const skipped = read.skipped.reduce((sum, { count }) => sum + count, 0);
          // A record that a line feed divides can still be a document.
          if (read.content?.kind === 'lines')
            expect(recordsOf(read).length + skipped).toBe(textLines(bytes).length);
        }
      }),
      { numRuns: 20 * MORE },
    );
  });
});

function recordsOf({ content }: ReadContent): readonly object[] {
  return content?.kind === 'lines' ? content.records : [];
}

/** The lines that are not blank. Without a line feed in the file, carriage returns end its lines. */
function textLines(bytes: Buffer): readonly string[] {
  const lines = linesOf(bytes).map((line) => line.toString());
  return (lines.length === 1 ? lines.flatMap((line) => line.split(/(?<=\})\r(?=\{)/)) : lines)
    .map((line) => line.replace(/^\uFEFF/, ''))
    .filter((line) => line.trim() !== '');
}

/** The objects on the lines, read in the simplest way. */
function objectsIn(bytes: Buffer): readonly object[] {
  return textLines(bytes).flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? [value] : [];
    } catch {
      return [];
    }
  });
}
