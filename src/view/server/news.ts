/**
 * Tells open pages what has changed (Server-Sent Events). The files are looked at every few moments while a page is
 * open; a page that lost its connection connects again by itself and asks for everything anew.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Look, OpenDataset } from './dataset.js';
import { HEADERS } from './guard.js';

export interface News {
  subscribe(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

const POLL_MS = 250;

export function createNews(datasets: readonly OpenDataset[]): News {
  const readers = new Set<ServerResponse>();
  const closed = new AbortController();

  const tell = (dataset: number, look: Look): void => {
    for (const reader of readers) reader.write(`data: ${JSON.stringify({ dataset, look })}\n\n`);
  };
  const watch = async (): Promise<void> => {
    while (!closed.signal.aborted) {
      let isReading = false;
      for (const [number, dataset] of datasets.entries()) {
        // A file that cannot be read now may be readable in a moment.
        const look = await dataset.look().catch((): Look => 'same');
        if (look !== 'same') tell(number, look);
        if (look === 'grown') isReading = true;
      }
      // While there is more to read it goes on at once, after the requests that wait.
      await wait(isReading ? 0 : POLL_MS, undefined, { signal: closed.signal }).catch(() => undefined);
    }
  };
  const watching = watch();
  return {
    subscribe(request, response) {
      response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
      response.write('retry: 500\n\n');
      readers.add(response);
      request.on('close', () => readers.delete(response));
    },
    async close() {
      closed.abort();
      for (const reader of readers) reader.end();
      await watching;
    },
  };
}
