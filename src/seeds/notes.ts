import type { SeedNote } from '../core/events.js';

/** Notes with the same reason about different files, as one. */
export interface NoteSummary {
  readonly kind: SeedNote['kind'];
  readonly reason: string;
  /** How many lines, records or traces in all. */
  readonly count: number;
  /** The files, each once, in the order they were noted. */
  readonly sources: readonly string[];
}

/** Groups notes of the same kind and reason, so that a hundred empty files take one line. */
export function summariseNotes(notes: Iterable<SeedNote>): readonly NoteSummary[] {
  const summaries = new Map<
    string,
    { count: number; sources: Set<string> } & Pick<SeedNote, 'kind' | 'reason'>
  >();
  for (const { kind, reason, count, source } of notes) {
    const summary = summaries.get(`${kind} ${reason}`) ?? { kind, reason, count: 0, sources: new Set() };
    summary.count += count;
    summary.sources.add(source);
    summaries.set(`${kind} ${reason}`, summary);
  }
  return Array.from(summaries.values(), (summary) => ({ ...summary, sources: [...summary.sources] }));
}
