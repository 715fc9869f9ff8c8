import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { packageFolder } from '../../core/package-folder.js';
import { answerApi } from './api.js';
import { createComparer, type Comparer } from './comparer.js';
import type { OpenDataset } from './dataset.js';
import { createGuard, HEADERS, type Guard } from './guard.js';
import { createNews, type News } from './news.js';
import { sendPicture } from './picture.js';

export interface ViewServer {
  /** The address that opens the page, with its token. */
  readonly url: string;
  /** The same address, for one visit. */
  urlForOneVisit(): string;
  close(): Promise<void>;
}

/** The files of the page, which the build makes. */
export const PAGE_FILES = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/style.css': { file: 'style.css', type: 'text/css; charset=utf-8' },
} as const;

export const pageFolder = (): URL => new URL('dist/page/', packageFolder());

/** Serves the page and the rows on 127.0.0.1, to whoever has the token. */
export async function startViewServer(datasets: readonly OpenDataset[], port = 0): Promise<ViewServer> {
  const news = createNews(datasets);
  const comparer = createComparer(datasets);
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  const guard = createGuard(bound);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response, { guard, datasets, comparer, news }).catch((error: unknown) => {
      if (response.destroyed) return;
      if (!response.headersSent) response.writeHead(500, HEADERS);
      response.end(error instanceof Error ? error.message : String(error));
    });
  });
  const origin = `http://127.0.0.1:${bound}`;
  return {
    url: `${origin}${guard.entry}`,
    urlForOneVisit: () => `${origin}${guard.entryForOneVisit()}`,
    async close() {
      await news.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      for (const dataset of datasets) await dataset.close();
    },
  };
}

interface Served {
  readonly guard: Guard;
  readonly datasets: readonly OpenDataset[];
  readonly comparer: Comparer;
  readonly news: News;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { guard, datasets, comparer, news }: Served,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const admission = guard.admit(request, url);
  if (admission.kind === 'refused') {
    response.writeHead(admission.status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' });
    response.end(`${admission.reason}\n`);
    return;
  }
  if (admission.kind === 'enter') {
    url.searchParams.delete('token');
    response.writeHead(303, { ...HEADERS, 'set-cookie': admission.cookie, location: `/${url.search}` });
    response.end();
    return;
  }
  if (url.pathname === '/api/news') return news.subscribe(request, response);
  const shown = datasets[Number(url.searchParams.get('dataset') ?? 0)];
  if (url.pathname === '/api/picture' && request.method === 'GET' && shown)
    return sendPicture(response, shown, url.searchParams.get('path') ?? '');
  if (url.pathname.startsWith('/api/')) return answerApi(request, response, url, { datasets, comparer });
  const page = Object.hasOwn(PAGE_FILES, url.pathname)
    ? PAGE_FILES[url.pathname as keyof typeof PAGE_FILES]
    : undefined;
  if (!page || request.method !== 'GET') {
    response.writeHead(404, HEADERS);
    response.end();
    return;
  }
  response.writeHead(200, { ...HEADERS, 'content-type': page.type });
  response.end(await readFile(new URL(page.file, pageFolder())));
}
