import { expect, test } from '@jest/globals';
import { createMetrics, serveMetrics } from '../../../src/run/queue/metrics.js';

test('sums of events as Prometheus reads them, over HTTP on 127.0.0.1', async () => {
  const metrics = createMetrics();
  const call = { kind: 'call-end', alias: 'm', input: 10, output: 5 } as const;
  metrics.sink({ ...call, ok: true, usd: 0.5 });
  metrics.sink({ ...call, ok: false });
  metrics.sink({ kind: 'cell-done', row: 0, column: 'a' });
  metrics.sink({
    kind: 'cell-failed',
    row: 1,
    column: 'say "hi"\n',
    failure: { class: 'rate', message: '', attempts: [] },
  });
  metrics.sink({ kind: 'row-end', row: 0, state: 'done' });
  metrics.watch(async () => ({ dd_workers_alive: 2 }));
  const served = await serveMetrics('0', metrics);
  if (!served.ok) throw new Error(served.error.message);
  expect(served.value.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  const response = await fetch(served.value.url);
  expect(response.headers.get('content-type')).toContain('version=0.0.4');
  const lines = (await response.text()).split('\n').filter((line) => !line.startsWith('# HELP'));
  expect(lines).toEqual([
    '# TYPE dd_calls_total counter',
    'dd_calls_total{alias="m",outcome="answered"} 1',
    'dd_calls_total{alias="m",outcome="failed"} 1',
    '# TYPE dd_cells_total counter',
    'dd_cells_total{column="a",state="done"} 1',
    'dd_cells_total{column="say \\"hi\\"\\n",state="failed"} 1',
    '# TYPE dd_cost_usd_total counter',
    'dd_cost_usd_total{alias="m"} 0.5',
    '# TYPE dd_failures_total counter',
    'dd_failures_total{class="rate"} 1',
    '# TYPE dd_rows_total counter',
    'dd_rows_total{state="done"} 1',
    '# TYPE dd_tokens_total counter',
    'dd_tokens_total{alias="m",direction="input"} 20',
    'dd_tokens_total{alias="m",direction="output"} 10',
    '# TYPE dd_workers_alive gauge',
    'dd_workers_alive 2',
    '',
  ]);
  expect((await fetch(served.value.url.replace('/metrics', '/'))).status).toBe(404);
  served.value.close();
});

test.each(['x', '99999', 'host:'])('%s is no place for metrics', async (place) => {
  expect(await serveMetrics(place, createMetrics())).toMatchObject({
    ok: false,
    error: { message: `--metrics must be PORT or HOST:PORT, not ${place}` },
  });
});
