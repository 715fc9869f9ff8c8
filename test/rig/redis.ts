/** A Redis server of the test, on a free port, with its files in a folder of its own. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { keysOf } from '../../src/run/queue/keys.js';
import { freePort } from './ports.js';

export interface RedisServer {
  readonly url: string;
  /** With TLS, the file of its certificate, for `NODE_EXTRA_CA_CERTS`. */
  readonly ca: string;
  /** A client of the test. */
  readonly client: Redis;
  /** Kills it; what it had acknowledged is in its append-only file. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with the same files. */
  start(): Promise<void>;
  /**
   * As if the time had passed after which a worker without a sign of life loses its blocks and permits: to be called after all workers
   * that have blocks were killed or stopped. Resolves when all their blocks wait for another worker.
   */
  expireLocks(): Promise<void>;
  close(): Promise<void>;
}

export interface RedisOptions {
  readonly password?: string;
  /** With a certificate that only `ca` vouches for. */
  readonly tls?: boolean;
}

export async function startRedis({ password, tls = false }: RedisOptions = {}): Promise<RedisServer> {
  const dir = await mkdtemp(join(tmpdir(), 'dd-redis-'));
  const port = await freePort();
  const ca = join(dir, 'certificate.pem');
  const certified = tls ? await certify(dir, ca) : [];
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const address = tls
      ? ['--port', '0', '--tls-port', String(port), ...certified]
      : ['--port', String(port)];
    const place = [...address, '--bind', '127.0.0.1', '--dir', dir];
    // Redis writes before it answers, so a kill of Redis loses nothing; `fsync` is for machines that lose power.
    const log = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'no'];
    const lock = password === undefined ? [] : ['--requirepass', password];
    const started = spawn('redis-server', [...place, ...log, ...lock]);
    child = started;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      started.on('error', reject);
      started.on('exit', () => reject(new Error(`redis-server ended: ${said}`)));
      started.stdout.on('data', (text: Buffer) => {
        said += text.toString();
        if (said.includes('Ready to accept connections')) resolve();
      });
    });
  };
  const kill = (): Promise<void> =>
    new Promise((resolve) => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    });
  await start();
  const client = new Redis(port, '127.0.0.1', {
    maxRetriesPerRequest: null,
    lazyConnect: true,
    ...(password !== undefined && { password }),
    ...(tls && { tls: { ca: await readFile(ca) } }),
  });
  client.on('error', () => undefined);
  const checkers: Worker[] = [];
  return {
    url: `redis${tls ? 's' : ''}://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`,
    ca,
    client,
    kill,
    start,
    async expireLocks() {
      const [run = ''] = await client.smembers('dd:runs');
      const { prefix, name } = keysOf(run).queue;
      const locks = await client.keys(`${prefix}:${name}:*lock`);
      const blocks = await client.llen(`${prefix}:${name}:active`);
      const permits = await client.keys('dd:{shares:*');
      await client.del(...locks, ...permits, `${prefix}:${name}:stalled-check`);
      const checker = new Worker(name, async () => undefined, {
        connection: client,
        prefix,
        autorun: false,
        stalledInterval: 20,
        maxStalledCount: Number.MAX_SAFE_INTEGER,
      });
      checker.on('error', () => undefined);
      checkers.push(checker);
      await new Promise<void>((resolve) => {
        const found = new Set<string>();
        checker.on('stalled', (block) => {
          found.add(block);
          if (found.size >= blocks) resolve();
        });
        void checker.startStalledCheckTimer();
      });
      await checker.close();
    },
    async close() {
      // Of a test that was ended while it waited for locks: it would go on looking for the server.
      for (const checker of checkers) await checker.disconnect().catch(() => undefined);
      client.disconnect();
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Makes a certificate for 127.0.0.1, and returns the options of a server with it. */
async function certify(dir: string, file: string): Promise<readonly string[]> {
  const key = join(dir, 'key.pem');
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await promisify(execFile)('openssl', ['req', ...kind, '-keyout', key, '-out', file, ...names]);
  const files = ['--tls-cert-file', file, '--tls-key-file', key, '--tls-ca-cert-file', file];
  return [...files, '--tls-auth-clients', 'no'];
}
