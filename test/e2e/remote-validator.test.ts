import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createWorkspace, type Workspace } from '../rig/program.js';

interface Posted {
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly data: readonly { readonly word: string }[] };
}

type Reply = { readonly status?: number; readonly body?: unknown; readonly never?: true };

let server: Server;
let workspace: Workspace;
let posted: Posted[];
/** What the service answers to the n-th request. */
let answer: (posted: Posted, index: number) => Reply;

beforeEach(async () => {
  posted = [];
  answer = ({ body }) => ({
    body: { data: body.data.map(({ word }) => ({ is_valid: word.length > 3, length: word.length })) },
  });
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const call: Posted = { headers: request.headers, body: JSON.parse(text) as Posted['body'] };
      posted.push(call);
      const { status = 200, body = {}, never } = answer(call, posted.length - 1);
      if (never) return;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  const [made] = await Promise.all([
    createWorkspace(),
    new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)),
  ]);
  workspace = made;
  await workspace.write('words.jsonl', '{"word":"red"}\n{"word":"green"}\n');
});
afterEach(async () => {
  server.closeAllConnections();
  await Promise.all([new Promise((resolve) => server.close(resolve)), workspace.remove()]);
});

async function run(params: string, ...more: readonly string[]): ReturnType<Workspace['run']> {
  await writeRecipe(params);
  return workspace.run(['run', 'check.yaml', '--quiet', ...more], { CHECK_TOKEN: TOKEN }, { speed: 100 });
}

async function writeRecipe(params: string): Promise<void> {
  const { port } = server.address() as AddressInfo;
  await workspace.write(
    'check.yaml',
    `
name: check
seed_config: { source: { seed_type: local, path: words.jsonl } }
columns:
  - name: verdict
    column_type: validation
    target_columns: [word]
    validator_type: remote
    validator_params: { endpoint_url: "http://127.0.0.1:${port}/validate", ${params} }
  - { name: label, column_type: expression, expr: "{{ verdict.is_valid }}" }
`,
  );
}

const TOKEN = 'token-4711-abcdef';

const rows = [
  { word: 'red', verdict: { is_valid: false, length: 3 }, label: 'false' },
  { word: 'green', verdict: { is_valid: true, length: 5 }, label: 'true' },
];

describe('a remote validator', () => {
  it('posts the target columns and keeps the result; a second run posts nothing', async () => {
    expect(await run('max_retries: 0')).toMatchObject({ code: 0 });
    expect(await workspace.rows('check')).toEqual(rows);
    expect(posted.map(({ body }) => body)).toEqual(
      expect.arrayContaining([{ data: [{ word: 'red' }] }, { data: [{ word: 'green' }] }]),
    );
    expect(await run('max_retries: 5')).toMatchObject({ code: 0 });
    expect(await workspace.rows('check')).toEqual(rows);
    expect(posted).toHaveLength(2);
    expect(await workspace.metadata('check')).toMatchObject({
      validity: { verdict: { valid: 1, invalid: 1, unknown: 0 } },
    });
    const { stderr } = await workspace.run(['run', 'check.yaml'], { CHECK_TOKEN: TOKEN });
    expect(stderr).toContain('verdict: 50 % valid (1 of 2)');
  });

  it('posts after a kill only what was not answered', async () => {
    const whole = answer;
    let begun: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (begun = resolve));
    await writeRecipe('max_parallel_requests: 1');
    await workspace.write('words.jsonl', '{"word":"green"}\n{"word":"red"}\n');
    answer = (call, index) => {
      if (call.body.data[0]?.word !== 'red') return whole(call, index);
      begun();
      return { never: true };
    };
    const running = workspace.start(['run', 'check.yaml', '--quiet']);
    await both;
    running.kill('SIGKILL');
    await running.ended;
    answer = whole;
    expect(await run('max_parallel_requests: 1')).toMatchObject({ code: 0 });
    expect(posted.map(({ body }) => body.data[0]?.word)).toEqual(['green', 'red', 'red']);
    expect(await workspace.rows('check')).toEqual(rows.toReversed());
  });

  it('tries again after a 503', async () => {
    const whole = answer;
    answer = (call, index) => (index === 0 ? { status: 503, body: 'busy' } : whole(call, index));
    expect(await run('retry_backoff: 0.5')).toMatchObject({ code: 0 });
    expect(await workspace.rows('check')).toEqual(rows);
    expect(posted).toHaveLength(3);
  });

  it('fails the cell after its retries, and a later run sends only what is missing', async () => {
    const whole = answer;
    answer = (call, index) =>
      call.body.data[0]?.word === 'red' ? { status: 503, body: 'busy' } : whole(call, index);
    expect(await run('max_retries: 1, retry_backoff: 0')).toMatchObject({ code: 1 });
    expect(posted).toHaveLength(3);
    expect(await workspace.failures('check')).toMatchObject([
      {
        column: 'verdict',
        class: 'overload',
        message: 'the service of verdict answered 503: busy (after 2 tries)',
      },
    ]);
    answer = whole;
    expect(await workspace.run(['retry', 'check', '--quiet'])).toMatchObject({ code: 0 });
    expect(await workspace.rows('check')).toEqual(rows);
    expect(posted).toHaveLength(4);
  });

  it('gives up on a service that does not answer', async () => {
    answer = () => ({ never: true });
    expect(await run('timeout: 0.05, max_retries: 0')).toMatchObject({ code: 1 });
    expect(await workspace.failures('check')).toMatchObject(
      rows.map(() => ({ class: 'timeout', message: 'the service of verdict did not answer within 0.05 s' })),
    );
  });

  it.each([
    [{ data: [] }, '`data` must have 1 result, not 0'],
    [{ data: [{ is_valid: 'yes' }] }, '`data[0].is_valid` must be true, false or null'],
    [[], 'it must be an object with a list `data`'],
  ])('fails the cell at the wrong reply %j', async (body, mistake) => {
    answer = () => ({ body });
    expect(await run('')).toMatchObject({ code: 1 });
    expect(posted).toHaveLength(2);
    expect(await workspace.failures('check')).toMatchObject(
      rows.map(() => ({
        class: 'schema',
        message: `the reply of the service of verdict is not as expected: ${mistake}`,
      })),
    );
  });

  it('checks the whole reply against output_schema', async () => {
    const schema = 'output_schema: { type: object, required: [version] }, max_retries: 0';
    expect(await run(schema)).toMatchObject({ code: 1 });
    expect((await workspace.failures('check')).map(({ message }) => message)).toEqual(
      rows.map(
        () => 'the reply of the service of verdict is not as expected: it must have the property "version"',
      ),
    );
  });

  it('sends a header from the environment, and keeps it out of every file', async () => {
    answer = (call) =>
      call.body.data[0]?.word === 'red'
        ? { status: 400, body: `no ${String(call.headers.authorization)}` }
        : { body: { data: [{ is_valid: true, seen: call.headers.authorization }] } };
    const ended = await run('headers: { Authorization: "Bearer ${CHECK_TOKEN}" }');
    expect(posted.map(({ headers }) => headers.authorization)).toEqual(rows.map(() => `Bearer ${TOKEN}`));
    expect(ended.stdout + ended.stderr).not.toContain(TOKEN);
    const files = await workspace.everything();
    expect([...files].filter(([, text]) => text.includes(TOKEN))).toEqual([]);
  });

  it('stops the run where the variable of a header is not set', async () => {
    const ended = await run('headers: { X-Api-Key: "${NOT_SET}" }');
    expect(ended.stderr).toContain('the headers of the service of verdict name NOT_SET, which is not set');
    expect(posted).toEqual([]);
  });

  it('refuses a key in a header or the address', async () => {
    const ended = await run('headers: { X-Api-Key: abc }');
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('the header `X-Api-Key` contains a key');
  });

  it('fabricates a result in a dry run, by output_schema, and sends nothing', async () => {
    const schema =
      'output_schema: { type: object, properties: { data: { type: array, items: { type: object, properties: { grade: { enum: [a, b] } }, required: [grade] } } } }';
    expect(await run(schema, '--dry-run')).toMatchObject({ code: 0 });
    expect(posted).toEqual([]);
    expect((await workspace.rows('check-dry-run')).map(({ verdict }) => verdict)).toEqual(
      rows.map(() => ({ is_valid: expect.anything(), grade: expect.stringMatching(/^[ab]$/) })),
    );
  });
});
