/**
 * Ports for servers that are started by their number, or again on the same one. They are below those that a system
 * chooses itself (32768 and up), for servers without a number and for the near end of every connection: those would
 * take a port while its server is away.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

const FIRST = 20_000;
const LAST = 31_999;

/** Lets a server listen on a free port, and returns it. */
export async function listenOnFreePort(server: Server): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST + 1 - FIRST));
    try {
      await listenOn(server, port);
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

export async function listenOn(server: Server, port: number): Promise<void> {
  await once(server.listen(port, '127.0.0.1'), 'listening');
}

/** A port for a server of another process. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnFreePort(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
