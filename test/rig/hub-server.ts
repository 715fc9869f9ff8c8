/**
 * A stand-in for the Hugging Face Hub on 127.0.0.1: repositories with their files, made by the requests that
 * `@huggingface/hub` sends. It keeps every byte that arrives, and refuses what the Hub refuses: a wrong token, bytes
 * that are not those of their SHA-256, a commit of bytes that have not arrived.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubRepo {
  isPrivate: boolean;
  readonly files: Map<string, Buffer>;
  readonly commits: string[];
}

export interface HubServer {
  readonly url: string;
  readonly repos: ReadonlyMap<string, HubRepo>;
  /** SHA-256 of every large file that was sent, in order. */
  readonly uploads: readonly string[];
  /** Paths of every file that was asked for, in order. */
  readonly downloads: readonly string[];
  /** A repository with these files; files that are given again are replaced. */
  put(repo: string, files: Readonly<Record<string, string | Uint8Array>>): void;
  /** Answers the next request whose path contains this with an error. */
  failOnce(path: string, status: number): void;
  close(): Promise<void>;
}

export async function startHubServer(token: string): Promise<HubServer> {
  const repos = new Map<string, HubRepo>();
  const objects = new Map<string, Buffer>();
  const uploads: string[] = [];
  const downloads: string[] = [];
  const failures: { readonly path: string; readonly status: number }[] = [];
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    void bodyOf(request).then((body) => {
      const { pathname } = new URL(request.url ?? '/', 'http://hub');
      const failing = failures.findIndex(({ path }) => pathname.includes(path));
      if (failing >= 0) return answer(failures.splice(failing, 1)[0]?.status ?? 500, { error: 'not now' });
      if (pathname.startsWith('/lfs/')) {
        const oid = pathname.slice(5);
        if (sha256(body) !== oid) return answer(400, { error: 'other bytes' });
        objects.set(oid, body);
        uploads.push(oid);
        return answer(200);
      }
      if (request.headers.authorization !== `Bearer ${token}`) return answer(401, { error: 'Invalid token' });
      return handle(request.method ?? 'GET', pathname, body);
    });

    const handle = (method: string, path: string, body: Buffer): void => {
      if (path === '/api/repos/create') {
        const { name, organization, visibility } = JSON.parse(String(body)) as Record<string, string>;
        const full = `${organization}/${name}`;
        repos.set(full, { isPrivate: visibility === 'private', files: new Map(), commits: [] });
        return answer(200, { url: `${url}/datasets/${full}`, id: full });
      }
      const [, name = '', action = ''] =
        /^\/(?:api\/)?datasets\/([^/]+\/[^/.]+)(?:\.git)?(.*)$/.exec(path) ?? [];
      const repo = repos.get(name);
      if (!repo) return answer(404, { error: 'Repository not found' });
      if (method === 'GET' && action.startsWith('/revision/'))
        return answer(200, {
          sha: commitOf(repo),
          _id: '1',
          id: name,
          private: repo.isPrivate,
          downloads: 0,
          likes: 0,
          gated: false,
          lastModified: '2026-01-01T00:00:00.000Z',
        });
      if (method === 'GET' && action.startsWith('/tree/'))
        return answer(
          200,
          [...repo.files]
            .filter(([file]) => isListed(file, request.url ?? ''))
            .map(([file, bytes]) => ({
              type: 'file',
              path: file,
              size: bytes.length,
              oid: sha256(bytes),
            })),
        );
      const [, asked] = /^\/resolve\/[0-9a-f]{40}\/(.+)$/.exec(action) ?? [];
      if (asked !== undefined) {
        const bytes = repo.files.get(decodeURIComponent(asked));
        if (!bytes) return answer(404, { error: 'Entry not found' });
        const [, from = '0', to = String(bytes.length - 1)] =
          /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
        if (to !== '0') downloads.push(asked);
        const part = bytes.subarray(Number(from), Number(to) + 1);
        response.writeHead(206, {
          etag: `"${sha256(bytes)}"`,
          'content-length': part.length,
          'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`,
        });
        return void response.end(part);
      }
      if (action.startsWith('/preupload/')) {
        const { files } = JSON.parse(String(body)) as {
          readonly files: readonly { readonly path: string }[];
        };
        return answer(200, {
          files: files.map(({ path: file }) => ({
            path: file,
            uploadMode: /\.(?:md|json)$/.test(file) ? 'regular' : 'lfs',
            shouldIgnore: false,
          })),
        });
      }
      if (action.startsWith('/info/lfs/objects/batch')) {
        const { objects: asked } = JSON.parse(String(body)) as {
          readonly objects: readonly { readonly oid: string; readonly size: number }[];
        };
        return answer(200, {
          transfer: 'basic',
          objects: asked.map(({ oid, size }) => ({
            oid,
            size,
            ...(objects.has(oid) ? {} : { actions: { upload: { href: `${url}/lfs/${oid}` } } }),
          })),
        });
      }
      if (action.startsWith('/commit/')) return commitTo(repo, String(body));
      return answer(404, { error: `no such route: ${method} ${path}` });
    };

    const commitTo = (repo: HubRepo, body: string): void => {
      const lines = body
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as CommitLine);
      if (lines.some(({ key, value }) => key === 'lfsFile' && !objects.has(value.oid ?? '')))
        return answer(400, { error: 'a file has not arrived' });
      for (const { key, value } of lines) {
        if (key === 'header') repo.commits.push(value.summary ?? '');
        if (key === 'deletedFile') repo.files.delete(value.path ?? '');
        if (key === 'file') repo.files.set(value.path ?? '', Buffer.from(value.content ?? '', 'base64'));
        if (key === 'lfsFile')
          repo.files.set(value.path ?? '', objects.get(value.oid ?? '') ?? Buffer.alloc(0));
      }
      return answer(200, { commitOid: 'abc', commitUrl: `${url}/commit/abc`, hookOutput: '' });
    };
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    repos,
    uploads,
    downloads,
    put(name, files) {
      const repo = repos.get(name) ?? { isPrivate: true, files: new Map(), commits: [] };
      repos.set(name, repo);
      for (const [file, content] of Object.entries(files)) repo.files.set(file, Buffer.from(content));
    },
    failOnce: (path, status) => void failures.push({ path, status }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface CommitLine {
  readonly key: 'header' | 'file' | 'lfsFile' | 'deletedFile';
  readonly value: {
    readonly summary?: string;
    readonly path?: string;
    readonly content?: string;
    readonly oid?: string;
  };
}

/** The same for the same files. */
const commitOf = ({ files }: HubRepo): string =>
  sha256(Buffer.from([...files].map(([file, bytes]) => `${file} ${sha256(bytes)}`).join('\n'))).slice(0, 40);

/** Whether a listing of a folder has a file. */
function isListed(file: string, requested: string): boolean {
  const { pathname, searchParams } = new URL(requested, 'http://hub');
  const [, folder = ''] = /\/tree\/[^/]+\/?(.*)$/.exec(pathname) ?? [];
  const below =
    folder === '' ? file : file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : undefined;
  return below !== undefined && (searchParams.get('recursive') === 'true' || !below.includes('/'));
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
