import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { err, ok, type Result } from '../../core/result.js';
import { errorCode } from '../../core/regular-file.js';
import type { SeedContext, SeedError } from '../../seeds/types.js';
import type { RolloutFormat } from '../format.js';
import { formats } from '../formats/index.js';

/** A folder to read traces from, or one file of it. */
export interface Place {
  /** Absolute, with links resolved. */
  readonly folder: string;
  /** The folder as the user would name it. */
  readonly label: string;
  /** Base name of the only file that is meant; `undefined` when the folder is. */
  readonly file: string | undefined;
  /** `undefined`: each file is recognised by its content. */
  readonly format: RolloutFormat | undefined;
}

type Places = Result<readonly Place[], SeedError>;

const HINT = 'give the folder that holds the trace files';

/** The folders and files that a recipe names; all of them must be there. */
export async function givenPlaces(
  paths: readonly string[],
  format: RolloutFormat | undefined,
  context: SeedContext,
): Promise<Places> {
  if (paths.length === 0) return err({ key: 'path', message: 'the list of folders is empty', hint: HINT });
  if (paths.some((path) => path.trim() === ''))
    return err({ key: 'path', message: 'the folder is an empty text', hint: 'name a folder' });
  const places: Place[] = [];
  const complaints: string[] = [];
  for (const label of paths) {
    const path = resolve(context.baseDir, atHome(label, context));
    const place = await openPlace(path, label, format);
    if (place.ok) places.push(place.value);
    else complaints.push(path === label ? place.error.message : `${place.error.message}; looked at ${path}`);
  }
  return complaints.length === 0 ? ok(places) : err({ key: 'path', message: complaints.join('; ') });
}

/** The folders of one tool that are there; at least one must be. */
export async function placesOfFormat(format: RolloutFormat, context: SeedContext): Promise<Places> {
  const { places, complaints } = await openDefaults(format, context);
  if (places.length > 0) return ok(places);
  const [complaint] = complaints;
  return err({
    key: 'path',
    message: complaint
      ? `${complaint.message} (the default folder of ${format.name})`
      : `the format ${format.name} has no default folder`,
    hint: HINT,
  });
}

/** The folders of all tools that are there; at least one must be. */
export async function placesOfAll(context: SeedContext): Promise<Places> {
  const found = await Promise.all([...formats.values()].map((format) => openDefaults(format, context)));
  const places = found.flatMap((one) => one.places);
  if (places.length > 0) return ok(places);
  const looked = found.flatMap(({ complaints }) => complaints.map(({ label }) => label));
  const message = `there is no trace folder on this machine; looked at ${looked.join(', ')}`;
  return err({ key: 'path', message, hint: HINT });
}

interface Complaint {
  readonly label: string;
  readonly message: string;
}

async function openDefaults(format: RolloutFormat, context: SeedContext) {
  const places: Place[] = [];
  const complaints: Complaint[] = [];
  for (const folder of defaultFolders(format, context)) {
    const place = await openPlace(atHome(folder, context), shortened(folder, context), format);
    if (place.ok) places.push(place.value);
    else complaints.push(place.error);
  }
  return { places, complaints };
}

async function openPlace(
  path: string,
  label: string,
  format: RolloutFormat | undefined,
): Promise<Result<Place, Complaint>> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return ok({ folder: await realpath(path), label, file: undefined, format });
    if (!stats.isFile()) return err({ label, message: `${label} is neither a folder nor a file` });
    return ok({ folder: await realpath(dirname(path)), label: dirname(label), file: basename(path), format });
  } catch (error) {
    // What is there and cannot be opened is told of when its files are looked for.
    return errorCode(error) === 'ENOENT'
      ? err({ label, message: `the folder ${label} does not exist` })
      : ok({ folder: path, label, file: undefined, format });
  }
}

function atHome(path: string, { homeDir }: SeedContext): string {
  return path.replace(/^~(?=$|\/)/, () => homeDir);
}

function shortened(folder: string, { homeDir }: SeedContext): string {
  const inside = relative(homeDir, folder);
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? folder : join('~', inside);
}

type Machine = Pick<SeedContext, 'env' | 'homeDir'>;

/** Where a tool keeps its sessions, its usual place first. The others may well not exist. */
function defaultFolders(format: RolloutFormat, machine: Machine): readonly string[] {
  const usual = format.defaultFolder(machine);
  if (usual === undefined) return [];
  const others = Object.hasOwn(OTHER_FOLDERS, format.name) ? OTHER_FOLDERS[format.name] : undefined;
  return [usual, ...(others?.(machine, usual) ?? [])];
}

const OTHER_FOLDERS: Readonly<Record<string, (machine: Machine, usual: string) => readonly string[]>> = {
  // `codex archive` moves sessions here.
  codex: (_, usual) => [join(dirname(usual), 'archived_sessions')],
  // Moves new sessions only; the older ones stay where they were.
  pi_coding_agent: ({ env }) => [env['PI_CODING_AGENT_SESSION_DIR'] ?? ''].filter((folder) => folder !== ''),
};
