/** Sessions in Parquet files, as Hugging Face has datasets: one row group at a time, each as an entry of its own. */
import type { Result } from '../../core/result.js';
import { readFooter, readParquet, type ParquetRows, type RowGroup } from '../../seeds/parquet/file.js';
import type { ReadingOptions } from '../../seeds/parquet/values.js';
import { summary } from '../content.js';
import { beginsWith } from './begins-with.js';

/** Records as in JSON: structures without the fields that they do not use. */
const AS_RECORDS: ReadingOptions = {
  binary: (bytes) => summary(Buffer.from(bytes).toString('base64')),
  jsonAsText: true,
  timesInUtc: true,
  withoutNulls: true,
};

export function isParquet(path: string): boolean {
  return beginsWith(path, 'PAR1');
}

/** The row groups of a file; none when it is damaged, or no Parquet. Only its footer is read. */
export function rowGroupsOf(path: string): readonly RowGroup[] {
  const footer = isParquet(path) ? readFooter(path, AS_RECORDS) : undefined;
  return footer?.ok ? footer.value.groups.map(({ start, end }) => ({ start, end })) : [];
}

/** @param group the rows to read; all when left out */
export const readRecords = (path: string, group?: RowGroup): Promise<Result<ParquetRows, string>> =>
  readParquet(path, group, AS_RECORDS);
