import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../core/json.js';
import { copyPicture, IMAGES, readPicture } from '../../dataset/media.js';
import { ownPaths } from '../../dataset/pictures.js';

/** The pictures that exported rows name. */
export interface ExportedPictures {
  /** Puts the pictures of a line beside the file that it goes to. */
  add(line: JsonObject, folder: string): Promise<void>;
  /** How many there are; one in the folders of two splits counts once in each. */
  readonly count: number;
  /** How many have no file in the dataset that is a picture. */
  readonly missing: number;
}

/**
 * @param dataset the folder of the dataset
 * @param onPicture gets each file and where it belongs, in place of a copy
 */
export function exportPictures(
  dataset: string,
  onPicture?: (file: string, target: string) => void,
): ExportedPictures {
  const hasAny = existsSync(join(dataset, IMAGES));
  const seen = new Map<string, boolean>();
  const put = async (path: string, folder: string): Promise<boolean> => {
    if (!onPicture) return copyPicture(dataset, path, folder);
    if (!(await readPicture(dataset, path))) return false;
    onPicture(join(dataset, path), join(folder, path));
    return true;
  };
  let count = 0;
  return {
    async add(line, folder) {
      if (!hasAny) return;
      for (const path of ownPaths(line)) {
        const target = join(folder, path);
        if (seen.has(target)) continue;
        const isThere = await put(path, folder);
        seen.set(target, isThere);
        if (isThere) count += 1;
      }
    },
    get count() {
      return count;
    },
    get missing() {
      return seen.size - count;
    },
  };
}
