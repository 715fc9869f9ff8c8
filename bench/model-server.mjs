/**
 * A model server for benchmarks, in a process of its own: every chat completion is the same, after
 * `--latency` milliseconds. `startModelServer` starts it from another script.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const completion = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 0,
  model: 'bench',
  choices: [
    {
      index: 0,
      finish_reason: 'stop',
      message: { role: 'assistant', content: 'An answer of three hundred characters or so. '.repeat(7) },
    },
  ],
  usage: { prompt_tokens: 80, completion_tokens: 70 },
});

if (process.argv[1] === import.meta.filename) serve();

/**
 * @param isRemote serve at an address of this machine that is not a loopback one, if there is any: dd takes a server on
 * loopback for a local model, and sends it one request at first
 * @returns the base URL, `stats`: calls in all, when the first since the last look came and the last ended; `stop`
 */
export async function startModelServer(latency = 0, { isRemote = false } = {}) {
  const addresses = Object.values(networkInterfaces()).flat();
  const remote = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  const host = (isRemote && remote) || '127.0.0.1';
  const server = spawn(process.execPath, [import.meta.filename, `--latency=${latency}`, `--host=${host}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = await once(server.stdout, 'data');
  const origin = `http://${host}:${String(port).trim()}`;
  return {
    url: `${origin}/v1`,
    stats: async () => (await fetch(`${origin}/stats`)).json(),
    stop: () => server.kill(),
  };
}

function serve() {
  const { latency, host } = parseArgs({
    options: { latency: { type: 'string' }, host: { type: 'string', default: '127.0.0.1' } },
  }).values;
  const stats = { calls: 0, firstAt: 0, lastAt: 0 };
  const server = createServer(async (request, response) => {
    if (request.url === '/stats') {
      response.end(JSON.stringify(stats));
      stats.firstAt = 0;
      return;
    }
    stats.calls += 1;
    stats.firstAt ||= performance.now();
    request.resume();
    await once(request, 'end');
    if (Number(latency) > 0) await sleep(Number(latency));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': completion.length });
    response.end(completion);
    stats.lastAt = performance.now();
  });
  server.keepAliveTimeout = 0;
  server.listen(0, host, () => console.log(server.address().port));
}
