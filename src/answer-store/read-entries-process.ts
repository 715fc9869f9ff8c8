/** The process that `read-entries.ts` starts: writes the entries of a store to stdout, one JSON object a line. */
import { writeSync } from 'node:fs';
import { openTables } from './tables.js';
import type { StoreEntry } from './read-entries.js';

const [folder = '', order] = process.argv.slice(2);
const { close, ...tables } = await openTables(folder, { readOnly: true });
for (const table of ['about', 'facts', 'answers'] as const) {
  let count = 0;
  for (const { key, value } of tables[table].getRange({ reverse: order === 'backward' })) {
    write({ table, key, value });
    count += 1;
  }
  // Some damaged pages end the iteration without an error. (`getCount` would iterate likewise.)
  const { entryCount } = tables[table].getStats() as { readonly entryCount: number };
  if (count !== entryCount) process.exitCode = 1;
}
await close();

/** Not buffered: the process may crash at the next entry. */
function write(entry: StoreEntry): void {
  let bytes = Buffer.from(`${JSON.stringify(entry)}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(writeSync(1, bytes));
}
