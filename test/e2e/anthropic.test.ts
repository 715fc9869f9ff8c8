import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { useStage } from '../rig/stage.js';
import { writeSessions } from '../rig/traces.js';

const stage = useStage((workspace) => writeSessions(workspace, 1));
const key = 'sk-ant-test-0123456789';

interface Received {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
}

/** A server that speaks Anthropic's protocol: it calls the tool where there is one, and else says a poem. */
let server: Server;
let received: Received[];
beforeEach(async () => {
  received = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as JsonObject;
    received.push({ path: request.url, headers: request.headers, body });
    const content: Json = body['tools']
      ? [{ type: 'tool_use', id: 'toolu_1', name: 'answer', input: { good: true, ok: true } }]
      : [{ type: 'text', text: 'Birds, birds, birds.' }];
    const usage = { input_tokens: 20, output_tokens: 5 };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ type: 'message', role: 'assistant', content, stop_reason: 'end_turn', usage }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const recipe = `
name: poems
model_configs:
  - { alias: claude, provider: anthropic, model: claude-sonnet-4-5 }
seed_config:
  source: { seed_type: agent_rollout, format: claude_code, path: traces }
columns:
  - { name: poem, column_type: llm-text, model_alias: claude, prompt: "A poem on {{ final_assistant_message }}" }
  - name: verdict
    column_type: llm-structured
    model_alias: claude
    system_prompt: You are a judge.
    prompt: "Judge: {{ poem }}"
    output_format: { type: object, properties: { good: { type: boolean } }, required: [good] }
`;

describe('a recipe that asks Anthropic', () => {
  it('runs through the whole program, on a socket of its own', async () => {
    await stage.workspace.write('poems.yaml', recipe);
    const { port } = server.address() as AddressInfo;
    const env = { ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}` };
    const ended = await stage.workspace.run(['run', 'poems.yaml'], env);
    expect([ended.code, ended.stderr.includes('1 row done')]).toEqual([0, true]);
    expect(await stage.workspace.rows('poems')).toMatchObject([
      { poem: 'Birds, birds, birds.', verdict: { good: true } },
    ]);
    expect(received.map(({ path, headers }) => [path, headers['x-api-key']])).toEqual([
      ['/v1/messages', key],
      ['/v1/messages', key],
    ]);
    expect(received[1]?.body).toMatchObject({
      system: 'You are a judge.',
      messages: [{ role: 'user', content: 'Judge: Birds, birds, birds.' }],
      tool_choice: { type: 'tool', name: 'answer' },
    });
    for (const text of (await stage.workspace.everything()).values()) expect(text).not.toContain(key);
  });
});
