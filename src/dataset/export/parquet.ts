import { encodeParquet } from '../parquet-file.js';
import type { Exporter } from './exporter.js';

/** `parquet`: all columns in one file, with the types that they have in the dataset's own Parquet files. */
export const parquet: Exporter = {
  name: 'parquet',
  summary: 'All columns as one Parquet file, typed and nested.',
  extension: 'parquet',
  encode: (rows, { columns }) => encodeParquet(rows, columns),
};
