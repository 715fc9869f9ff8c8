import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { expandHome } from '../../core/home.js';
import { err, ok, type Result } from '../../core/result.js';
import { errorCode } from '../../core/regular-file.js';
import type { SeedContext, SeedError } from '../../seeds/types.js';
import type { RolloutFormat } from '../format.js';

/** A folder to read traces from, or one file of it. */
export interface Place {
  /** Absolute, with links resolved. */
  readonly folder: string;
  /** The folder as the user would name it. */
  readonly label: string;
  /** Base name of the only file to read; `undefined` for the whole folder. */
  readonly file: string | undefined;
  /** `undefined`: each file is recognised by its content. */
  readonly format: RolloutFormat | undefined;
  /** The tool's own folder, which has files of the tool too. */
  readonly isDefault?: boolean;
}

type Places = Result<readonly Place[], SeedError>;

const HINT = 'give the folder that holds the trace files';

/** The folders and files that a recipe names; all of them must exist. */
export async function givenPlaces(
  paths: readonly string[],
  format: RolloutFormat | undefined,
  context: SeedContext,
): Promise<Places> {
  if (paths.length === 0) return err({ key: 'path', message: 'the list of folders is empty', hint: HINT });
  if (paths.some((path) => path.trim() === ''))
    return err({ key: 'path', message: 'the folder is an empty text', hint: 'name a folder' });
  const places: Place[] = [];
  const missing: string[] = [];
  for (const label of paths) {
    const path = resolve(context.baseDir, expandHome(label, context.homeDir));
    const place = await openPlace(path, label, format);
    if (place.ok) places.push(place.value);
    else missing.push(path === label ? place.error.message : `${place.error.message}; looked at ${path}`);
  }
  return missing.length === 0 ? ok(places) : err({ key: 'path', message: missing.join('; ') });
}

/** The default folders of one format that exist; at least one must. */
export async function placesOfFormat(format: RolloutFormat, context: SeedContext): Promise<Places> {
  const { places, missing } = await openDefaults(format, context);
  if (places.length > 0) return ok(places);
  const [first] = missing;
  return err({
    key: 'path',
    message: first
      ? `${first.message} (the default folder of ${format.name})`
      : `the format ${format.name} has no default folder`,
    hint: HINT,
  });
}

/** The default folders of all formats that exist; at least one must. */
export async function placesOfAll(formats: readonly RolloutFormat[], context: SeedContext): Promise<Places> {
  const found = await Promise.all(formats.map((format) => openDefaults(format, context)));
  const places = found.flatMap((one) => one.places);
  if (places.length > 0) return ok(places);
  const message =
    'there is no trace folder on this machine: no tool has one in its default place; dd seed --list shows these places';
  return err({ key: 'path', message, hint: HINT });
}

/** Where the tools keep their sessions, whether or not there are any. */
export function defaultPlaces(
  formats: readonly RolloutFormat[],
  context: SeedContext,
): readonly { readonly format: string; readonly folder: string }[] {
  return formats.flatMap((format) =>
    format.defaultFolders(context).map((folder) => ({
      format: format.name,
      folder: shortened(expandHome(folder, context.homeDir), context),
    })),
  );
}

interface Missing {
  readonly label: string;
  readonly message: string;
}

async function openDefaults(format: RolloutFormat, context: SeedContext) {
  const places: Place[] = [];
  const missing: Missing[] = [];
  for (const folder of format.defaultFolders(context)) {
    const place = await openPlace(expandHome(folder, context.homeDir), shortened(folder, context), format);
    if (place.ok) places.push({ ...place.value, isDefault: true });
    else missing.push(place.error);
  }
  return { places, missing };
}

async function openPlace(
  path: string,
  label: string,
  format: RolloutFormat | undefined,
): Promise<Result<Place, Missing>> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return ok({ folder: await realpath(path), label, file: undefined, format });
    if (!stats.isFile()) return err({ label, message: `${label} is neither a folder nor a file` });
    return ok({ folder: await realpath(dirname(path)), label: dirname(label), file: basename(path), format });
  } catch (error) {
    // A folder that exists and cannot be opened is reported when its files are listed.
    return errorCode(error) === 'ENOENT'
      ? err({ label, message: `the folder ${label} does not exist` })
      : ok({ folder: path, label, file: undefined, format });
  }
}

function shortened(folder: string, { homeDir }: SeedContext): string {
  const inside = relative(homeDir, folder);
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? folder : join('~', inside);
}
