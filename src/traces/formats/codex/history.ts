/**
 * Forks that refer to the history of their parent instead of copying it: `history_base` in their `session_meta` names
 * the thread and the ordinal at which they leave it. The parent can be a fork itself. A fork whose parent is no longer
 * on this machine keeps what it has of its own, and says so; so does a fork of that fork.
 */
import { isObject, type JsonObject } from '../../../core/json.js';
import { firstText, idOf, objectOf, textOf } from '../../fields.js';
import type { Surroundings, TraceContent } from '../../format.js';
import { nameOf } from '../../paths.js';

/** Keys that this file adds to the payload of `session_meta`; no tool writes names like these. */
const INHERITED = '$inherited';
const MISSING = '$missing';

export function inheritedBy(meta: JsonObject): number {
  const count = meta[INHERITED];
  return typeof count === 'number' ? count : 0;
}

/** The thread above this one, near or far, that is not on this machine. */
export function missingAbove(meta: JsonObject): string | undefined {
  return textOf(meta[MISSING]);
}

interface Base {
  readonly threadId: string;
  readonly end: number;
}

export function baseOf(meta: JsonObject): Base | undefined {
  const { thread_id: id, end_ordinal_exclusive: end } = objectOf(meta['history_base']);
  const threadId = idOf(id);
  return threadId === undefined ? undefined : { threadId, end: typeof end === 'number' ? end : Infinity };
}

export async function withHistory(
  content: TraceContent,
  around: Surroundings,
  seen: ReadonlySet<string> = new Set(),
): Promise<TraceContent> {
  if (content.kind !== 'lines') return content;
  const at = content.records.findIndex((record) => baseOf(metaOf(record)) !== undefined);
  const header = content.records[at];
  const base = header && baseOf(metaOf(header));
  if (!header || !base) return content;
  const history = seen.has(base.threadId) ? undefined : await historyOf(base, around, seen);
  const missing = history ? history.missing : base.threadId;
  const payload = {
    ...metaOf(header),
    ...(history && { [INHERITED]: history.records.length }),
    ...(missing !== undefined && { [MISSING]: missing }),
  };
  const own = content.records.filter((_, index) => index !== at);
  return { kind: 'lines', records: [{ ...header, payload }, ...(history?.records ?? []), ...own] };
}

function metaOf({ type, payload }: JsonObject): JsonObject {
  return type === 'session_meta' && isObject(payload) ? payload : {};
}

interface History {
  readonly records: readonly JsonObject[];
  readonly missing: string | undefined;
}

/** The records of a thread before an ordinal, with what it has from its own parent. */
async function historyOf(
  { threadId, end }: Base,
  around: Surroundings,
  seen: ReadonlySet<string>,
): Promise<History | undefined> {
  for (const folder of foldersAround(around.path)) {
    const path = (await around.list(folder)).find((file) => nameOf(file).includes(threadId));
    const content = path === undefined ? undefined : await around.read(path);
    if (path === undefined || content?.kind !== 'lines') continue;
    const whole = await withHistory(content, { ...around, path }, new Set([...seen, threadId]));
    if (whole.kind !== 'lines') return undefined;
    const left = whole.records.findIndex(({ ordinal }) => typeof ordinal === 'number' && ordinal >= end);
    const before = left === -1 ? whole.records : whole.records.slice(0, left);
    return {
      records: before.filter(({ type }) => type !== 'session_meta'),
      missing: firstText(whole.records.map((record) => missingAbove(metaOf(record)))),
    };
  }
  return undefined;
}

/** Where the other sessions are: in the same folder, in the folders of other days, among the archived ones. */
function foldersAround(path: string): readonly string[] {
  const folder = path.slice(0, path.lastIndexOf('/'));
  const byDay = /^(.*)\/\d{4}\/\d\d\/\d\d$/.exec(folder)?.[1];
  const home = /^(.*)\/(?:archived_)?sessions(?:\/|$)/.exec(folder)?.[1];
  return [
    folder,
    ...(byDay === undefined ? [] : [byDay]),
    ...(home === undefined ? [] : [`${home}/sessions`, `${home}/archived_sessions`]),
  ];
}
