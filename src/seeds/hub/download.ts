import { loadHub, type HubPackage } from '../../core/hub-package.js';
import { err, ok, type Result } from '../../core/result.js';
import type { SeedContext, SeedError } from '../types.js';
import { hubToken, type HubAddress, type HubSource } from './address.js';
import { findCopies, keepCopy, noteCopies, type Copies, type HubFile } from './copies.js';

/**
 * Asks the Hub for the current commit and downloads what has changed. Without a network, complete copies of an earlier
 * time are used.
 */
export async function downloadFiles(
  source: HubSource,
  address: HubAddress,
  { env }: Pick<SeedContext, 'env'>,
): Promise<Result<Copies, SeedError>> {
  const token = hubToken(source, address.endpoint, env);
  if (!token.ok) return token;
  const earlier = findCopies(address);
  if (earlier && env['HF_HUB_OFFLINE'] === '1') return ok(earlier);
  const hub = await loadHub('a seed of the type hf');
  if (!hub.ok) return err({ key: 'path', ...hub.error });
  try {
    const copies = await download(hub.value, address, token.value);
    if (copies.ok) noteCopies(address, copies.value);
    return copies;
  } catch (error) {
    if (!earlier || statusOf(error) !== undefined) return err(problemOf(error, source, address));
    const unchecked = { ...earlier, isUnchecked: true };
    noteCopies(address, unchecked);
    return ok(unchecked);
  }
}

async function download(
  { datasetInfo, listFiles, downloadFile }: HubPackage,
  address: HubAddress,
  token: string | undefined,
): Promise<Result<Copies, SeedError>> {
  const { repo: name, revision, pattern, endpoint: hubUrl } = address;
  const credentials = { hubUrl, ...(token !== undefined && { accessToken: token }) };
  const { sha: commit } = await datasetInfo({ name, revision, additionalFields: ['sha'], ...credentials });
  const repo = { type: 'dataset', name } as const;
  const { default: picomatch } = await import('picomatch');
  const { base, isGlob } = picomatch.scan(pattern);
  const matches = picomatch(pattern);
  const files: HubFile[] = [];
  const folder = isGlob ? base : pattern.split('/').slice(0, -1).join('/');
  const listed = listFiles({ repo, revision: commit, recursive: isGlob, path: folder, ...credentials });
  for await (const { type, path, oid = '', lfs } of listed)
    if (type === 'file' && (path === pattern || matches(path)) && isBelow(path))
      files.push({ path, oid: (lfs?.oid ?? oid).replaceAll(/[^\w-]/g, '') });
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  if (files.length === 0)
    return err({ key: 'path', message: `no file of the dataset ${name} is called \`${pattern}\`` });
  for (const file of files)
    await keepCopy(address, commit, file, async () => {
      const blob = await downloadFile({ repo, path: file.path, revision: commit, ...credentials });
      if (!blob) throw new Error(`${file.path} is gone`);
      return blob;
    });
  return ok({ commit, files: files.map(({ path }) => path), isUnchecked: false });
}

/** The names come from the server. */
const isBelow = (path: string): boolean =>
  !path.split('/').some((part) => part === '' || part === '.' || part === '..') && !path.includes('\\');

const statusOf = (error: unknown): number | undefined =>
  (error as { readonly statusCode?: number }).statusCode;

function problemOf(
  error: unknown,
  { token = 'HF_TOKEN' }: HubSource,
  { repo, endpoint }: HubAddress,
): SeedError {
  const status = statusOf(error);
  const { message, cause } = error as Error;
  if (status === 401 || status === 403 || status === 404)
    return {
      key: 'path',
      message:
        status === 404
          ? `there is no dataset ${repo} on ${endpoint}`
          : `the Hub refuses access to the dataset ${repo}`,
      hint: `a private dataset needs a token: set ${token}`,
    };
  const reason = cause instanceof Error ? cause.message : message;
  return {
    key: 'path',
    message: `the dataset ${repo} could not be downloaded: ${reason}`,
    hint: 'run again: what has arrived is not downloaded again',
  };
}
