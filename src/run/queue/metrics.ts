/**
 * Metrics of a run for Prometheus, in its text format (version 0.0.4), over HTTP. They are sums over the events of a run,
 * as progress is; no library, since the format is a line a number.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EventSink } from '../../core/events.js';
import { err, ok, type Result } from '../../core/result.js';
import type { RunProblem } from '../problem.js';

/** Numbers that are read when they are asked for, by name. */
export type Gauges = () => Promise<Readonly<Record<string, number>>>;

export interface Metrics {
  readonly sink: EventSink;
  /** Where these numbers are from now on. */
  watch(gauges: Gauges): void;
  text(): Promise<string>;
}

const HELP: Readonly<Record<string, string>> = {
  dd_rows_total: 'Rows that ended, by state.',
  dd_cells_total: 'Cells that ended, by column and state.',
  dd_failures_total: 'Failed cells, by class.',
  dd_calls_total: 'Requests to models that ended, by alias and outcome.',
  dd_tokens_total: 'Tokens, by alias and direction.',
  dd_cost_usd_total: 'US dollars of requests whose price is known, by alias.',
  dd_blocks_waiting: 'Blocks of rows that wait for a worker.',
  dd_blocks_active: 'Blocks of rows that workers make.',
  dd_workers_alive: 'Workers that work on this run.',
};

export function createMetrics(): Metrics {
  const counters = new Map<string, number>();
  let gauges: Gauges = async () => ({});
  const add = (name: string, labels: Readonly<Record<string, string>>, by = 1): void => {
    const key = `${name}{${Object.entries(labels)
      .map(([label, value]) => `${label}="${escaped(value)}"`)
      .join(',')}}`;
    counters.set(key, (counters.get(key) ?? 0) + by);
  };
  return {
    sink(event) {
      switch (event.kind) {
        case 'row-end':
          return add('dd_rows_total', { state: event.state });
        case 'cell-done':
          return add('dd_cells_total', { column: event.column, state: 'done' });
        case 'cell-skipped':
          return add('dd_cells_total', { column: event.column, state: 'skipped' });
        case 'cell-failed':
          add('dd_cells_total', { column: event.column, state: 'failed' });
          return add('dd_failures_total', { class: event.failure.class });
        case 'call-end':
          add('dd_calls_total', { alias: event.alias, outcome: event.ok ? 'answered' : 'failed' });
          add('dd_tokens_total', { alias: event.alias, direction: 'input' }, event.input);
          add('dd_tokens_total', { alias: event.alias, direction: 'output' }, event.output);
          if (event.usd !== undefined) add('dd_cost_usd_total', { alias: event.alias }, event.usd);
          return;
        default:
      }
    },
    watch(next) {
      gauges = next;
    },
    async text() {
      const now = Object.entries(await gauges().catch(() => ({})));
      return [
        ...[...counters].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, value] as const),
        ...now,
      ]
        .flatMap(([key, value], at, all) => {
          const name = nameOf(key);
          const isFirst = at === 0 || nameOf(all[at - 1]?.[0] ?? '') !== name;
          const type = name.endsWith('_total') ? 'counter' : 'gauge';
          const head = isFirst ? [`# HELP ${name} ${HELP[name] ?? ''}`, `# TYPE ${name} ${type}`] : [];
          return [...head, `${key} ${value}`];
        })
        .map((line) => `${line}\n`)
        .join('');
    },
  };
}

const nameOf = (key: string): string => key.split('{', 1)[0] ?? key;

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

export interface MetricsServer {
  readonly url: string;
  close(): void;
}

/** @param place `PORT`, which is opened on 127.0.0.1, or `HOST:PORT` */
export async function serveMetrics(
  place: string,
  metrics: Metrics,
): Promise<Result<MetricsServer, RunProblem>> {
  const [, host = '127.0.0.1', port = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(place) ?? [];
  if (port === '' || Number(port) > 65_535)
    return err({
      message: `--metrics must be PORT or HOST:PORT, not ${place}`,
      hint: 'as in --metrics 9464, or --metrics 0.0.0.0:9464 to be reached from other machines',
    });
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics')
      return void response.writeHead(404).end('the metrics are at /metrics\n');
    void metrics
      .text()
      .then((text) =>
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      );
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(Number(port), host.replace(/^\[|\]$/g, ''), resolve);
    });
  } catch (error) {
    return err({
      message: `the port for --metrics cannot be opened: ${(error as Error).message}`,
      hint: 'give another with --metrics PORT',
    });
  }
  server.unref();
  const { port: opened } = server.address() as AddressInfo;
  return ok({ url: `http://${host}:${opened}/metrics`, close: () => void server.close() });
}
