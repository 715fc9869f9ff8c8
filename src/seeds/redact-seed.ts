import type { Seed, SeedRow } from './types.js';
import type { Redactor } from '../redact/types.js';
import type { SeedNote } from '../core/events.js';

/**
 * A seed whose rows are redacted before any other code sees them. The notes of an entry count what was replaced: one
 * note of kind `redacted` per kind of secret, with the kind as its reason.
 */
export function redactSeed(seed: Seed, redactor: Redactor): Seed {
  // File names can contain secrets, too.
  const cleanNotes = (notes: readonly SeedNote[]): readonly SeedNote[] =>
    notes.map((note) => ({ ...note, ...redactor({ source: note.source, reason: note.reason }).row }));

  return {
    ...seed,
    notes: cleanNotes(seed.notes),
    async read(entry) {
      const found = await seed.read(entry);
      const notes = cleanNotes(found.notes);
      const redacted: SeedRow[] = [];
      const counts = new Map<string, number>();
      for (const row of found.rows) {
        const result = redactor(row);
        redacted.push(result.row);
        for (const [kind, count] of result.counts) counts.set(kind, (counts.get(kind) ?? 0) + count);
      }
      if (counts.size === 0) return { rows: redacted, notes };
      const source = sourceOf(redacted) ?? notes[0]?.source ?? `file ${entry + 1}`;
      return { rows: redacted, notes: [...notes, ...redactionNotes(counts, source)] };
    },
  };
}

/** The file of these rows. */
function sourceOf(rows: readonly SeedRow[]): string | undefined {
  const path = rows[0]?.['source_path'];
  return typeof path === 'string' ? path : undefined;
}

function redactionNotes(counts: ReadonlyMap<string, number>, source: string): readonly SeedNote[] {
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, count]) => ({ kind: 'redacted', source, reason: kind, count }));
}
