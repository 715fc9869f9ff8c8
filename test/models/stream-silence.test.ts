import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Dispatcher } from 'undici';
import { createFetch, FetchFailed, type Outcome } from '../../src/models/wire/http-fetch.js';

/** A response that the test sends piece by piece, to a call that may take ten seconds. */
function slowResponse(type: string): {
  readonly end: Promise<string | Outcome>;
  send(text: string): void;
  finish(): void;
} {
  let handler: Dispatcher.DispatchHandler = {};
  const controller = { abort: () => undefined } as unknown as Dispatcher.DispatchController;
  const dispatch = (_options: unknown, given: Dispatcher.DispatchHandler): boolean => {
    handler = given;
    return true;
  };
  const call = createFetch({ dispatch } as unknown as Dispatcher);
  const end = call('http://a.example/v1', { method: 'POST', body: '{}' }, 10_000).then(
    (response) => response.text(),
    (error: unknown) => (error instanceof FetchFailed ? error.outcome : String(error)),
  );
  handler.onResponseStart?.(controller, 200, { 'content-type': type }, 'OK');
  return {
    end,
    send: (text) => handler.onResponseData?.(controller, Buffer.from(text)),
    finish: () => handler.onResponseEnd?.(controller, {}),
  };
}

describe('the timeout of a stream', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] }));
  afterEach(() => void jest.useRealTimers());
  const seconds = (count: number): void => void jest.advanceTimersByTime(count * 1000);

  it('counts from the last event, so a long answer arrives', async () => {
    const { end, send, finish } = slowResponse('text/event-stream; charset=utf-8');
    for (let event = 0; event < 10; event += 1) {
      send('data: {}\n\n');
      seconds(9);
    }
    finish();
    expect(await end).toBe('data: {}\n\n'.repeat(10));
  });

  it.each([
    ': keep-alive\n\n',
    '\n',
    ': OPENROUTER PROCESSING\n\n',
    'event: ping\ndata: {"type": "ping"}\n\n',
  ])('is not put off by %j', async (sign) => {
    const { end, send } = slowResponse('text/event-stream');
    send('data: {}\n\n');
    seconds(6);
    send(sign);
    seconds(6);
    expect(await end).toEqual({ kind: 'late', begun: true });
  });

  it('is that of the whole answer where it is no stream', async () => {
    const { end, send } = slowResponse('application/json');
    send('{"choices":');
    seconds(6);
    send('[');
    seconds(6);
    expect(await end).toEqual({ kind: 'late', begun: false });
  });
});
