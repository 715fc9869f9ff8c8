import { describe, expect, it } from '@jest/globals';
import type { ChatTransport, ToolKit } from '../../src/models/types.js';
import { err, ok } from '../../src/core/result.js';
import { virtualClock } from './clocks.js';
import { bench, modelAt, textQuestion } from './setup.js';

const usage = { input: 1, output: 1, cached: undefined, reasoning: undefined };
const answer = ok({ text: 'done', finishReason: 'stop', usage });
const broken = err({ class: 'overload', status: 500, message: 'answered 500' } as const);

function benchWith(send: ChatTransport['send'], clock: ReturnType<typeof virtualClock>, places = 4) {
  return bench([modelAt('http://127.0.0.1:9/v1', { max_parallel_requests: places })], {
    transportFor: () => ({ send }),
    runConfig: { cell_timeout: 10 },
    clock,
  });
}

describe('cell_timeout', () => {
  it('ends a cell whose tries and the waits between them take too long, with what happened', async () => {
    const clock = virtualClock();
    const { models } = benchWith(() => Promise.resolve(broken), clock);
    const reply = await clock.until(models.ask(textQuestion()));
    expect(clock.now()).toBe(10_000);
    expect(reply).toMatchObject({
      ok: false,
      error: {
        class: 'timeout',
        message: 'the cell was not finished within 10 s; the last error: answered 500',
        hint: expect.stringContaining('raise cell_timeout'),
      },
    });
    const classes = reply.ok ? [] : reply.error.attempts.map((attempt) => attempt.class);
    expect(classes.at(-1)).toBe('timeout');
    expect(classes.slice(0, -1).every((name) => name === 'overload')).toBe(true);
    expect(classes.length).toBeGreaterThan(3);
  });

  it('cuts off a call that is under way', async () => {
    const clock = virtualClock();
    let cutAt = 0;
    const send: ChatTransport['send'] = async (_request, _technique, signal) => {
      await clock.sleep(3_600_000, signal);
      cutAt = clock.now();
      return err({ class: 'stopped', message: 'cut off' });
    };
    const { models } = benchWith(send, clock);
    const reply = await clock.until(models.ask(textQuestion()));
    expect(cutAt).toBe(10_000);
    expect(reply).toMatchObject({ ok: false, error: { class: 'timeout' } });
  });

  it('ends a call of a tool', async () => {
    const clock = virtualClock();
    let cutAt = 0;
    const toolCalls = [{ id: 'a', name: 'add', arguments: '{}' }];
    const { models } = benchWith(() => Promise.resolve(ok({ ...answer.value, toolCalls })), clock);
    const tools: ToolKit = {
      definitions: [{ name: 'add', parameters: {} }],
      maxTurns: 5,
      identityOf: () => '',
      async call(_tool, _given, signal) {
        await clock.sleep(3_600_000, signal);
        cutAt = clock.now();
        return err({ class: 'stopped', message: 'cut off' });
      },
    };
    const reply = await clock.until(models.ask({ ...textQuestion(), tools }));
    expect(cutAt).toBe(10_000);
    expect(reply).toMatchObject({ ok: false, error: { class: 'timeout' } });
  });

  it('does not count the time that a cell waits for a permit', async () => {
    const clock = virtualClock();
    const send: ChatTransport['send'] = async () => {
      await clock.sleep(9000, new AbortController().signal);
      return answer;
    };
    const { models } = benchWith(send, clock, 1);
    const rows = Array.from({ length: 20 }, (_, row) => models.ask(textQuestion(`row ${row}`)));
    const replies = await clock.until(Promise.all(rows));
    expect(clock.now()).toBe(180_000);
    expect(replies.every((reply) => reply.ok)).toBe(true);
  });
});
