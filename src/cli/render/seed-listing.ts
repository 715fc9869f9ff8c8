import type { SeedListing } from '../../seeds/types.js';
import { summariseNotes } from '../../seeds/notes.js';
import { noteLines } from './summary.js';
import { knownFormats } from './seed.js';
import { renderTable } from './table.js';
import { count, safe, size } from './text.js';

/** `dd seed --list`: the sessions on this machine by format and folder, and what was left out. */
export function renderSeedListing({ sources, notes, formats = [], looked_at: places }: SeedListing): string {
  if (places) return renderPlaces(places);
  const table = renderTable(
    [
      ['format', 'folder', 'sessions', 'size', 'newest'],
      ...sources.map(({ format, folder, sessions, bytes, newest }) => [
        safe(format),
        safe(folder),
        sessions ?? '?',
        size(bytes),
        newest.slice(0, 16).replace('T', ' '),
      ]),
    ],
    [2, 3],
  );
  const sessions = sources.reduce((sum, source) => sum + (source.sessions ?? 0), 0);
  const tools = new Set(sources.map(({ format }) => format)).size;
  const total =
    sources.length === 0 ? 'no sessions' : `${count(sessions, 'session')}, ${count(tools, 'format')}`;
  return [
    ...(sources.length === 0 ? [] : [table]),
    total,
    ...noteLines(summariseNotes(notes)),
    ...knownFormats(formats),
  ].join('\n');
}

function renderPlaces(places: NonNullable<SeedListing['looked_at']>): string {
  return [
    'no sessions on this machine; these folders do not exist:',
    renderTable(places.map(({ format, folder }) => [safe(format), safe(folder)])),
    'dd seed --list FOLDER looks into another folder; examples is the name of those that come with dd',
  ].join('\n');
}
