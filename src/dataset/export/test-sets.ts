import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { jsonIn, type Json } from '../../core/json.js';
import { errorCode } from '../../core/regular-file.js';
import { err, ok, type Result } from '../../core/result.js';
import { TABLE_READERS } from '../../seeds/local-file/table.js';
import type { TestText } from './contamination.js';
import { textIn } from '../../core/words.js';

/**
 * The texts of a test set: each line of a JSON Lines file, each entry of a JSON list, each row of a CSV or TSV file,
 * and any other file as one text. A test set that cannot be read as a whole is an error: rows would be taken for
 * clean.
 */
export async function readTestSet(file: string): Promise<Result<readonly TestText[], string>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return err(`${file} cannot be read (${errorCode(error)})`);
  }
  const named = (texts: readonly string[]): Result<readonly TestText[], string> =>
    ok(texts.map((one, index) => ({ text: one, file: basename(file), row: index + 1 })));
  switch (extname(file).toLowerCase()) {
    case '.jsonl': {
      const lines = text.split('\n').map((line) => (line.trim() === '' ? null : jsonIn(line)));
      const wrong = lines.indexOf(undefined);
      if (wrong >= 0) return err(`${file}: line ${wrong + 1} is not valid JSON`);
      return named(lines.map((line) => textIn([line])));
    }
    case '.json': {
      const value = jsonIn(text);
      if (value === undefined) return err(`${file} is not valid JSON`);
      return named((Array.isArray(value) ? (value as readonly Json[]) : [value]).map((one) => textIn([one])));
    }
    case '.csv':
    case '.tsv':
      return readTable(file, text, named);
    default:
      return named([text]);
  }
}

function readTable(
  file: string,
  text: string,
  named: (texts: readonly string[]) => Result<readonly TestText[], string>,
): Result<readonly TestText[], string> {
  try {
    const { rows, skipped } = TABLE_READERS[extname(file).toLowerCase()]?.(text) ?? { rows: [], skipped: [] };
    const [wrong] = skipped;
    if (wrong) return err(`${file}: a row cannot be read: ${wrong.reason}`);
    return named(rows.map((row) => textIn([...row.values()])));
  } catch (error) {
    return err(`${file} ${error instanceof Error ? error.message : String(error)}`);
  }
}
