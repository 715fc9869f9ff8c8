import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { startModelServer } from '../rig/model-server.js';
import { createWorkspace, projectDir } from '../rig/program.js';
import { startRedis } from '../rig/redis.js';

const page = readFileSync(join(projectDir, 'docs/operations.md'), 'utf8');

/** Blocks that a sentence introduces as a file of the examples, or as a part of one. */
const quotes = [
  ...page.matchAll(/\]\(\.\.\/(examples\/operations\/[^)]+)\):\n\n```(?:yaml|bash)\n(.*?)^```$/gms),
].map(([, file = '', code = '']) => ({ file, code }));

it('docs/operations.md quotes four files', () => {
  expect(quotes.map(({ file }) => file.replace('examples/operations/', ''))).toEqual([
    'kubernetes/workers.yaml',
    'slurm/workers.sbatch',
    'kubernetes/partitions.yaml',
    'slurm/partitions.sbatch',
  ]);
});

it.each(quotes)('$file is as docs/operations.md quotes it', ({ file, code }) => {
  expect(readFileSync(join(projectDir, file), 'utf8')).toContain(code);
});

it('the user of Redis that the page creates is enough for a coordinator and a worker', async () => {
  const acl = /^ACL (SETUSER (\w+) .*)$/m.exec(page);
  const [redis, server, workspace] = await Promise.all([startRedis(), startModelServer(), createWorkspace()]);
  try {
    await redis.client.acl(...((acl?.[1] ?? '').split(' ') as ['SETUSER', string]));
    server.handle((call) => call.reply('fine'));
    for (const file of ['recipe.yaml', 'seed.jsonl'])
      await workspace.write(file, readFileSync(join(projectDir, 'examples/operations', file), 'utf8'));
    const queue = redis.url.replace('//', `//${acl?.[2]}:SECRET@`);
    const env = { DD_QUEUE: queue, OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'k' };
    const worker = workspace.start(['worker', '--once'], env);
    expect(await workspace.start(['run', 'recipe.yaml'], env).ended).toMatchObject({ code: 0 });
    worker.kill('SIGKILL');
    expect(await workspace.rows('reviews')).toHaveLength(6);
    expect(await redis.client.acl('LOG')).toEqual([]);
  } finally {
    await Promise.all([redis.close(), server.close(), workspace.remove()]);
  }
});
