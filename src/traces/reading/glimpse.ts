import { statSync } from 'node:fs';
import { attempt } from '../../core/regular-file.js';
import type { TraceContent } from '../format.js';
import { extensionOf, unpackedPath } from '../paths.js';

/**
 * What a file of unknown format has: its ending, and the keys of its first object or its tables. Without the size it is
 * the same for files of the same kind.
 */
export function glimpse(path: string, content: TraceContent, { withSize }: { withSize: boolean }): string {
  const unpacked = unpackedPath(path);
  const ending = `${extensionOf(unpacked)}${path.slice(unpacked.length)}`;
  const stats = withSize ? attempt(() => statSync(path).size) : undefined;
  const names = namesIn(content);
  const shown = names.slice(0, MOST_NAMES).map(shortened).join(', ');
  const more = names.length > MOST_NAMES ? ', …' : '';
  const what = content.kind === 'database' ? 'SQLite tables' : 'keys';
  return [
    ...(ending === '' ? [] : [ending]),
    ...(stats?.ok ? [`${stats.value.toLocaleString('en-US')} bytes`] : []),
    names.length === 0 ? `no ${what}` : `${what} ${shown}${more}`,
  ].join(', ');
}

const MOST_NAMES = 6;

function namesIn(content: TraceContent): readonly string[] {
  if (content.kind === 'database') return [...content.database.tables];
  const first = content.kind === 'lines' ? content.records[0] : content.document;
  return Object.keys(first ?? {});
}

/** Long names are ids or texts. */
function shortened(name: string): string {
  return name.length > 24 ? `${name.slice(0, 24)}…`.toWellFormed() : name;
}
