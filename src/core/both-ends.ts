/** A long text as its two ends and its length, so that nothing in its middle goes unnoticed. */
export function bothEnds(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = Math.floor(limit / 2);
  return `${text.slice(0, end)} … [${text.length - 2 * end} of ${text.length} characters are not shown] … ${text.slice(-end)}`;
}
