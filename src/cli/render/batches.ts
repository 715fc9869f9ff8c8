import type { RunEvent } from '../../core/events.js';
import type { ListedBatch } from '../../run/batch/list-batches.js';
import { renderTable } from './table.js';
import { count, duration, money, safe } from './text.js';

/** What there is to say about batches while the program runs. */
export function batchNotice(event: Extract<RunEvent, { readonly kind: 'batch' }>): string {
  switch (event.step) {
    case 'planned':
      return `wave ${event.wave}: ${count(event.requests, 'request')} in ${count(event.batches, 'batch', 'batches')}. The program may be ended with Ctrl-C; the same command goes on later.`;
    case 'submitted':
      return event.isAdopted
        ? `batch ${safe(event.batch)} was handed in by an earlier command`
        : `batch ${safe(event.batch)}: ${count(event.requests, 'request')} handed in to ${safe(event.provider)}`;
    case 'status': {
      const done = event.answered === undefined ? '' : `, ${event.answered} of ${event.requests} answered`;
      const again = duration(event.nextMs / 1000);
      return `batch ${safe(event.batch)}: ${safe(event.says)}${done} after ${duration(event.ageMs / 1000)}; looks again in ${again}`;
    }
    case 'fetched': {
      const parts = [`${event.answered} answered`];
      if (event.failed > 0) parts.push(`${event.failed} failed`);
      if (event.unanswered > 0) parts.push(`${event.unanswered} to be asked again`);
      if (event.usd !== undefined) parts.push(money(event.usd, false));
      return `batch ${safe(event.batch)}: ${safe(event.says)}: ${parts.join(', ')}`;
    }
    case 'note':
      return `note: ${safe(event.text)}`;
  }
}

/** A table with one line per batch, and why providers could not be asked. */
export function renderBatches(batches: readonly ListedBatch[]): string {
  const rows = batches.map((batch) => [
    safe(batch.batch ?? '(not handed in)'),
    safe(batch.dataset),
    `${safe(batch.alias)} (${safe(batch.provider)})`,
    stateOf(batch),
    batch.state === 'fetched' ? '' : duration(batch.age_ms / 1000),
    progressOf(batch),
    batch.cost_usd === undefined ? '' : money(batch.cost_usd),
  ]);
  const problems = [...new Set(batches.flatMap(({ problem }) => problem ?? []))];
  return [
    renderTable([['batch', 'dataset', 'model', 'state', 'age', 'answered', 'cost'], ...rows], [5, 6]),
    ...problems.map((problem) => `note: not asked, so as last seen: ${safe(problem)}`),
  ].join('\n');
}

function stateOf({ state, status }: ListedBatch): string {
  if (state === 'fetched') return `taken in (${safe(status?.says ?? '')})`;
  if (state === 'submitted') return safe(status?.says ?? 'handed in');
  return state === 'intent' ? 'perhaps handed in' : 'planned';
}

function progressOf({ state, answered, status, requests }: ListedBatch): string {
  const done = state === 'fetched' ? answered : status?.counts?.answered;
  return `${done ?? '?'} of ${requests}`;
}
