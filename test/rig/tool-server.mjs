/**
 * An MCP server on stdin and stdout that decides nothing: for each request it asks the test, at CONTROL_URL, what to do
 * (`tool-server.ts`).
 */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const ask = async (path, body) => {
  const seen = { ...body, pid: process.pid, cwd: process.cwd(), env: process.env };
  const response = await fetch(new URL(path, process.env.CONTROL_URL), {
    method: 'POST',
    body: JSON.stringify(seen),
  });
  return response.json();
};

const server = new Server({ name: 'relay', version: '1.0.0' }, { capabilities: { tools: {} } });
server.setRequestHandler(ListToolsRequestSchema, () => ask('/list', {}));
server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
  const { crash, flood, stderr, ...result } = await ask('/call', {
    tool: params.name,
    given: params.arguments,
  });
  if (stderr) process.stderr.write(stderr);
  if (crash) process.exit(3);
  if (flood) for (let line = 0; line < 3000; line += 1) process.stdout.write(`${flood} ${line}\n`);
  return result;
});
process.on('SIGTERM', () => {
  if (process.env.STUBBORN !== 'yes') process.exit(0);
});
await server.connect(new StdioServerTransport());
