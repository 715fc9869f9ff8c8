import { describe, expect, it } from '@jest/globals';
import { stopOnErrorRate } from '../../src/run/error-rate.js';
import { createRunStopper } from '../../src/run/stop.js';
import type { Failure, FailureClass } from '../../src/core/failure.js';
import type { RunConfig } from '../../src/core/config.js';
import type { EventSink, StopReason } from '../../src/core/events.js';

interface Watched {
  readonly emit: EventSink;
  reason(): StopReason | undefined;
}

function watch(config: RunConfig = {}): Watched {
  const stopSwitch = createRunStopper(() => undefined);
  return { emit: stopOnErrorRate(() => undefined, stopSwitch, config), reason: () => stopSwitch.reason };
}

const failureOf = (failureClass: FailureClass, message = 'no luck'): Failure => ({
  class: failureClass,
  message,
  attempts: [],
});

function cells({ emit }: Watched, count: number, failure?: Failure): void {
  for (let cell = 0; cell < count; cell += 1) emit({ kind: 'asked', column: 'text', failure });
}

describe('the error-rate stop', () => {
  it('stops once half of the last ten cells failed, and says of what', () => {
    const run = watch();
    cells(run, 100);
    cells(run, 3, failureOf('overload', 'answered 500'));
    cells(run, 1, failureOf('network'));
    expect(run.reason()).toBeUndefined();
    cells(run, 1, failureOf('overload', 'answered 500'));
    expect(run.reason()).toEqual({
      kind: 'limit',
      limit: 'error-rate',
      message: '5 of the last 10 cells got no usable answer, 4 of them of class overload: answered 500',
      hint: expect.stringContaining('--set run_config.disable_early_shutdown=true'),
    });
  });

  it('needs a whole window: a small recipe never stops', () => {
    const run = watch();
    cells(run, 9, failureOf('schema'));
    expect(run.reason()).toBeUndefined();
  });

  it('looks at twice as many cells as there were calls in flight', () => {
    const run = watch();
    for (let call = 0; call < 64; call += 1) run.emit({ kind: 'call-start', alias: 'writer' });
    cells(run, 64);
    cells(run, 63, failureOf('overload'));
    expect(run.reason()).toBeUndefined();
    cells(run, 1, failureOf('overload'));
    expect(run.reason()).toMatchObject({ message: expect.stringContaining('64 of the last 128 cells') });
  });

  it.each(['schema', 'length', 'content-filter', 'invalid-request', 'timeout'] as const)(
    'counts %s',
    (failureClass) => {
      const run = watch();
      cells(run, 10, failureOf(failureClass));
      expect(run.reason()).toMatchObject({ limit: 'error-rate' });
    },
  );

  it.each(['stopped', 'auth', 'quota'] as const)('does not count %s', (failureClass) => {
    const run = watch();
    cells(run, 100, failureOf(failureClass));
    expect(run.reason()).toBeUndefined();
  });

  it('does not look at failed tries, such as the refusals of a storm of 429s', () => {
    const run = watch();
    for (let call = 0; call < 1000; call += 1) {
      run.emit({ kind: 'call-start', alias: 'writer' });
      run.emit({ kind: 'call-end', alias: 'writer', ok: false, input: 0, output: 0 });
      run.emit({ kind: 'call-retry', alias: 'writer', reason: '429', waitMs: 1 });
    }
    cells(run, 20);
    expect(run.reason()).toBeUndefined();
  });

  it('follows run_config', () => {
    const strict = watch({ shutdown_error_rate: 0.1, shutdown_error_window: 20 });
    cells(strict, 18);
    cells(strict, 2, failureOf('schema'));
    expect(strict.reason()).toBeDefined();
    const never = watch({ disable_early_shutdown: true });
    cells(never, 1000, failureOf('schema'));
    expect(never.reason()).toBeUndefined();
    const none = watch({ shutdown_error_rate: 0 });
    cells(none, 100);
    expect(none.reason()).toBeUndefined();
  });
});
