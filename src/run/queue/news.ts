/** What happens on workers, on its way to the coordinator: merged, and sent about twice a second. */
import type { EventSink, RunEvent } from '../../core/events.js';

/** An event, and how often it came. */
export type CountedEvent = readonly [RunEvent, number];

/** Events that only the maker of a call knows. The coordinator tells the cells itself when it collects them. */
const TOLD: ReadonlySet<RunEvent['kind']> = new Set([
  'call-start',
  'call-end',
  'call-retry',
  'waiting',
  'fallback',
  'asked',
  'worker-note',
]);

export interface NewsCollector {
  readonly sink: EventSink;
  /** What was collected since the last time. */
  take(): readonly CountedEvent[];
  /** What was taken could not be sent. */
  putBack(taken: readonly CountedEvent[]): void;
}

export function collectNews(): NewsCollector {
  let counted = new Map<string, CountedEvent>();
  const add = ([event, count]: CountedEvent): void => {
    const key = sameAs(event);
    const known = counted.get(key);
    counted.set(key, known ? [merged(known[0], event), known[1] + count] : [event, count]);
  };
  return {
    sink(event) {
      if (TOLD.has(event.kind)) add([event, 1]);
    },
    take() {
      const taken = [...counted.values()];
      counted = new Map();
      return taken;
    },
    putBack(taken) {
      const since = [...counted.values()];
      counted = new Map();
      for (const each of [...taken, ...since]) add(each);
    },
  };
}

/** The events of a worker as if they happened here. Sums are in the last of each kind. */
export function tellNews(news: readonly CountedEvent[], emit: EventSink): void {
  for (const [event, count] of news) {
    for (let time = 1; time < count; time += 1) emit(withoutSums(event));
    emit(event);
  }
}

/** Equal for events that differ in nothing but sums. */
function sameAs(event: RunEvent): string {
  switch (event.kind) {
    case 'call-start':
      return `${event.kind} ${event.alias}`;
    case 'call-end':
      return `${event.kind} ${event.alias} ${event.ok} ${event.usd === undefined}`;
    case 'call-retry':
    case 'waiting':
      return `${event.kind} ${event.alias} ${event.reason}`;
    case 'asked':
      return `${event.kind} ${event.column} ${event.failure?.class} ${event.failure?.message}`;
    case 'fallback':
      return `${event.kind} ${event.alias} ${event.next} ${event.failure.message}`;
    default:
      return JSON.stringify(event);
  }
}

function merged(one: RunEvent, other: RunEvent): RunEvent {
  if (one.kind !== 'call-end' || other.kind !== 'call-end') return other;
  const usd = one.usd === undefined ? {} : { usd: one.usd + (other.usd ?? 0) };
  return { ...other, input: one.input + other.input, output: one.output + other.output, ...usd };
}

function withoutSums(event: RunEvent): RunEvent {
  if (event.kind !== 'call-end') return event;
  return { ...event, input: 0, output: 0, ...(event.usd !== undefined && { usd: 0 }) };
}
