/** What providers were reported to answer, beside their documentation: nothing is lost, and nothing is paid for twice. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../../src/core/json.js';
import { useBatchRuns } from '../../rig/batch-run.js';

const runs = useBatchRuns();
const MINUTE = 60_000;
const answers = [1, 2, 3].map((n) => ({ n, note: `on note ${n}` }));

/** Finished, with every answer, and each request in one batch. */
async function expectPaidOnce(): Promise<void> {
  const made = await runs.run();
  expect(made).toEqual({ code: 0, why: undefined, rows: answers });
  expect(runs.asked()).toEqual([['note 1', 'note 2', 'note 3']]);
}

describe('the file of results', () => {
  it('may begin with a byte order mark, and have carriage returns and empty lines', async () => {
    runs.server.results((lines) => `\uFEFF${lines.map((line) => `${line}\r\n\r\n`).join('')}  \r\n`);
    await expectPaidOnce();
    expect(runs.notes).toEqual([]);
  });

  it('may be at another address, which gets no key', async () => {
    let headers: NodeJS.Dict<string | string[]> = {};
    let text = '';
    const store = createServer((request, response) => {
      headers = request.headers;
      response.end(text);
    });
    await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
    const location = `http://127.0.0.1:${(store.address() as AddressInfo).port}/signed?x=1`;
    runs.server.results((lines) => {
      text = lines.join('\n');
      return '';
    });
    runs.server.refuse((step, _, path) =>
      step === 'content' && path.includes('output')
        ? { status: 302, body: null, headers: { location } }
        : undefined,
    );
    await expectPaidOnce();
    expect(headers).not.toHaveProperty('authorization');
    await new Promise((resolve) => store.close(resolve));
  });

  it('of errors may be named and not exist', async () => {
    runs.server.refuse((step, _, path) =>
      step === 'content' && path.includes('errors') ? { status: 404, body: { error: 'no file' } } : undefined,
    );
    await expectPaidOnce();
    expect(runs.notes).toEqual([]);
  });

  it('may come some time after the batch has ended', async () => {
    let looks = 0;
    runs.server.describes((said) => {
      looks += said['status'] === 'completed' ? 1 : 0;
      return looks < 5 ? { ...said, output_file_id: null, error_file_id: null } : said;
    });
    await expectPaidOnce();
    expect(runs.notes).toEqual(['batch batch_1 has ended, and openai does not have all of its results yet']);
  });

  it('may be unknown for some time after the batch has ended, with one of errors beside it', async () => {
    runs.server.answer((body) =>
      JSON.stringify(body).includes('note 2')
        ? { status: 400, body: { error: { message: 'no such thing' } } }
        : { text: 'x' },
    );
    let tries = 0;
    runs.server.refuse((step, _, path) => {
      if (step !== 'content' || !path.includes('output')) return undefined;
      tries += 1;
      return tries < 3 ? { status: 404, body: null } : undefined;
    });
    expect(await runs.run()).toMatchObject({ code: 1 });
    expect(runs.asked()).toHaveLength(1);
    expect(await runs.records()).toMatchObject([
      { answered: 2, failed: 1, unanswered: 0, cost_usd: 0.000015 },
    ]);
  });

  it('may be deleted before it is fetched: after an hour its requests are asked again', async () => {
    runs.server.refuse((step) =>
      step === 'content' && runs.server.batches.length === 1 ? { status: 404, body: null } : undefined,
    );
    const begun = runs.now();
    expect(await runs.run()).toMatchObject({ code: 0, rows: answers });
    expect(runs.asked()).toHaveLength(2);
    expect(runs.now() - begun).toBeGreaterThanOrEqual(60 * MINUTE);
    expect(runs.notes).toContain(
      'batch batch_1: openai does not have all of its results: what they lack is asked again',
    );
  });

  it('may have empty ids where there is none', async () => {
    runs.server.describes((said) => ({ ...said, error_file_id: '' }));
    await expectPaidOnce();
  });
});

describe('a line of results', () => {
  const withLine = (change: (line: JsonObject) => Json): void =>
    runs.server.results((lines) =>
      lines
        .map((line) => {
          const isFirst = runs.server.batches.length === 1 && line.includes('on note 2');
          return JSON.stringify(isFirst ? change(JSON.parse(line) as JsonObject) : JSON.parse(line));
        })
        .join('\n'),
    );

  it.each<[string, (line: JsonObject) => Json]>([
    ['the status 0', (line) => ({ ...line, response: { status_code: 0, request_id: '', body: null } })],
    [
      'a response without a body beside an error',
      (line) => ({
        ...line,
        response: { status_code: 200, body: null },
        error: { code: 'server_error', message: 'x' },
      }),
    ],
    ['neither a response nor an error', ({ custom_id = '' }) => ({ custom_id })],
    ['the status 429 as a text', (line) => ({ ...line, response: { status_code: '429', body: '' } })],
    [
      'the status 500',
      (line) => ({ ...line, response: { status_code: 500, body: { error: { message: 'x' } } } }),
    ],
    [
      'an expired request beside an empty response',
      (line) => ({ ...line, response: {}, error: { code: 'batch_expired', message: 'expired' } }),
    ],
  ])('with %s is asked again', async (_, change) => {
    withLine(change);
    expect(await runs.run()).toEqual({ code: 0, why: undefined, rows: answers });
    expect(runs.asked()).toEqual([['note 1', 'note 2', 'note 3'], ['note 2']]);
  });

  it.each<[string, (line: JsonObject) => Json]>([
    [
      "an error in Google's words",
      (line) => ({
        ...line,
        response: null,
        error: { code: 400, status: 'INVALID_ARGUMENT', message: 'bad prompt' },
      }),
    ],
    [
      'an error in its body only',
      (line) => ({
        ...line,
        response: { status_code: 400, body: { error: { message: 'bad prompt' } } },
        error: null,
      }),
    ],
  ])('with %s fails its cell at once', async (_, change) => {
    withLine(change);
    const made = await runs.run();
    expect([made.code, runs.asked().length]).toEqual([1, 1]);
  });
});

describe('a batch', () => {
  it('may be unknown for a moment at any age', async () => {
    runs.server.states(() => ['in_progress', 'in_progress', 'in_progress', 'in_progress', 'completed']);
    // The second look comes two hours later.
    let looks = 0;
    runs.server.refuse((step) => {
      if (step !== 'status') return undefined;
      looks += 1;
      return [2, 4].includes(looks) ? { status: 404, body: { error: { message: 'not found' } } } : undefined;
    });
    await expectPaidOnce();
    expect(looks).toBe(7);
  });

  it('that stays unknown for an hour is asked again', async () => {
    runs.server.refuse((step, _, path) =>
      step === 'status' && path.includes('batch_1') ? { status: 404, body: null } : undefined,
    );
    const begun = runs.now();
    expect(await runs.run()).toMatchObject({ code: 0, rows: answers });
    expect(runs.asked()).toHaveLength(2);
    expect(runs.now() - begun).toBeGreaterThanOrEqual(60 * MINUTE);
  });

  it.each(['InProgress', 'IN_PROGRESS', 'in-progress', 'JOB_STATE_RUNNING', 'CANCELING', 'Processing'])(
    'in the state %s goes on',
    async (word) => {
      let looks = 0;
      runs.server.describes((said) => {
        looks += 1;
        return looks < 3 ? { ...said, status: word } : { ...said, status: 'Completed' };
      });
      await expectPaidOnce();
      expect(runs.notes).toEqual([]);
    },
  );

  it.each<[string, Json, RegExp]>([
    ['a list without `data`', [{ code: 'empty_file', message: 'The file is empty' }], /empty_file: The file/],
    [
      'no credit',
      { data: [{ code: 'billing_hard_limit_reached', message: 'Billing hard limit has been reached' }] },
      /Billing hard limit/,
    ],
    ['nothing', { object: 'list', data: null }, /no reason given/],
  ])(
    'that failed as a whole, with %s as its errors, ends the run and says why',
    async (name, errors, why) => {
      runs.server.states(() => ['validating', 'failed']);
      runs.server.errors(() => errors);
      const made = await runs.run();
      expect(made.why).toMatch(why);
      expect(made.code).toBe(name === 'no credit' ? 3 : 4);
    },
  );
});
