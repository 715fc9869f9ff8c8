import { rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { Where } from '../../core/config.js';
import type { CardFacts } from '../../dataset/export/card.js';
import type { Exporter } from '../../dataset/export/exporter.js';
import { SIDECARS, sidecars } from '../../dataset/export/sidecars.js';
import type { Split } from '../../dataset/export/splits.js';
import type { Seen } from '../../dataset/export/trainers.js';
import { IMAGES } from '../../dataset/media.js';
import { readRecipe } from '../../dataset/metadata.js';
import type { FoundDataset } from '../find-dataset.js';
import { filtersInWords, type Filtering } from './filters.js';

/** What the request says of the rows. */
interface Choice extends Filtering {
  readonly format: string;
  readonly where?: Where;
  readonly reviews?: boolean;
  readonly splits?: readonly Split[];
  readonly license?: string;
}

interface Written extends Pick<CardFacts, 'leftOut' | 'changed' | 'scores' | 'pictures'> {
  readonly exporter: Exporter;
  readonly found: FoundDataset;
  readonly files: readonly { readonly file: string; readonly rows: number }[];
  readonly seen: Seen;
}

/** Writes settings for trainers and a card into a folder of exported files. Returns their paths. */
export async function writeSidecars(
  folder: string,
  choice: Choice,
  { exporter, found, files, seen, ...counted }: Written,
): Promise<readonly string[]> {
  const { where, maxTokens, format, license, splits = [] } = choice;
  const { metadata } = found;
  const { description } = await readRecipe(found.folder);
  const made = sidecars({
    exporter,
    files: files.map(({ file }, index) => ({
      name: nameIn(folder, file),
      split: splits[index]?.name ?? 'train',
      ...(exporter.folderFile !== undefined && { patterns: patternsOf(nameIn(folder, file)) }),
    })),
    seen,
    ...(maxTokens !== undefined && { maxTokens }),
    card: {
      dataset: metadata.dataset,
      ...(typeof description === 'string' && { description }),
      ...(license !== undefined && { license }),
      format,
      metadata,
      files: files.map(({ file, rows }) => ({ name: nameIn(folder, file), rows })),
      filters: [
        ...(choice.reviews === true ? ['not dropped by a reviewer; corrections taken'] : []),
        ...(where === undefined ? [] : [`where \`${typeof where === 'string' ? where : where.jsonata}\``]),
        ...filtersInWords(choice),
      ],
      ...counted,
    },
  });
  // Settings of an earlier export in this folder would not fit.
  for (const name of SIDECARS)
    if (!made.some((one) => one.name === name)) await rm(join(folder, name), { force: true });
  for (const { name, text } of made) await writeFileAtomic(join(folder, name), text);
  return made.map(({ name }) => join(folder, name));
}

/** The path of a file in the exported folder, as other systems write it too. */
const nameIn = (folder: string, file: string): string => relative(folder, file).split(sep).join('/');

/** What a file of rows and its pictures are called, for a format that is a folder. */
const patternsOf = (name: string): readonly string[] =>
  dirname(name) === '.' ? [name, `${IMAGES}/**`] : [`${dirname(name)}/**`];
