import type { RunEvent } from '../../core/events.js';
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
