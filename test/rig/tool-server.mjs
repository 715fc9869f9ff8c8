/**
 * An MCP server on stdin and stdout that decides nothing: for each request it asks the test, at CONTROL_URL, what to do
 * (`tool-server.ts`, whose servers over HTTP are those of the MCP SDK). Without the SDK it starts in a quarter of the
 * time, and tests start many.
 */
import { createInterface } from 'node:readline';

const ask = async (path, body) => {
  const seen = { ...body, pid: process.pid, cwd: process.cwd(), env: process.env };
  const response = await fetch(new URL(path, process.env.CONTROL_URL), {
    method: 'POST',
    body: JSON.stringify(seen),
  });
  return response.json();
};

const methods = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'relay', version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ask('/list', {}),
  async 'tools/call'(params) {
    const { crash, flood, stderr, ...result } = await ask('/call', {
      tool: params.name,
      given: params.arguments,
    });
    if (stderr) process.stderr.write(stderr);
    if (crash) process.exit(3);
    if (flood) for (let line = 0; line < 3000; line += 1) process.stdout.write(`${flood} ${line}\n`);
    return result;
  },
};

const cancelled = new Set();

async function receive({ id, method, params }) {
  if (method === 'notifications/cancelled') cancelled.add(params.requestId);
  if (id === undefined) return;
  const answer = Object.hasOwn(methods, method)
    ? await Promise.resolve(params)
        .then(methods[method])
        .then(
          (result) => ({ result }),
          ({ message }) => ({ error: { code: -32603, message } }),
        )
    : { error: { code: -32601, message: `Method not found: ${method}` } };
  if (!cancelled.has(id)) process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`);
}

process.on('SIGTERM', () => {
  if (process.env.STUBBORN !== 'yes') process.exit(0);
});
for await (const line of createInterface(process.stdin)) void receive(JSON.parse(line));
