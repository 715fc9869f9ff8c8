/**
 * A stand-in for `vllm serve MODEL --host HOST --port PORT`: listens there, and lets the model server at STAND_IN_MODELS
 * answer. Where the port is taken, a task on another node would have its own; here the server of that task answers.
 */
import { appendFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { host: { type: 'string' }, port: { type: 'string' } },
});
const note = (text) => appendFileSync(process.env.STAND_IN_LOG, `${text}\n`);
const server = createServer((asked, response) => {
  const target = new URL(asked.url, process.env.STAND_IN_MODELS);
  const passed = request(target, { method: asked.method, headers: asked.headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  passed.on('error', () => response.destroy());
  asked.pipe(passed);
});
server.on('error', () => setInterval(() => undefined, 2 ** 30));
server.listen(Number(values.port), values.host);
note(positionals.join(' '));
process.on('SIGTERM', () => {
  note('stopped');
  process.exit(0);
});
