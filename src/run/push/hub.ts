/**
 * The Hugging Face Hub, through its own package `@huggingface/hub`. A push
 * is one commit: large files go to the Hub's LFS store first, by their SHA-256, and what it has already is not sent
 * again. So a push that was interrupted goes on with the files that are missing.
 */
import { openAsBlob } from 'node:fs';
import type { HubPackage } from '../../core/hub-package.js';
import { err, ok, type Result } from '../../core/result.js';
import type { RunProblem } from '../problem.js';

export interface HubTarget {
  /** `user/name`. */
  readonly repo: string;
  readonly token: string;
  /** Address of the Hub: `HF_ENDPOINT`, or the public one. */
  readonly url?: string;
  readonly isPublic: boolean;
}

export interface HubCommit {
  /** Address of the commit. */
  readonly url: string;
  /** What the repository is; one that was there stays what it was. */
  readonly isPublic: boolean;
}

/** `isRefused`: the Hub does not accept the token. */
export interface PushProblem extends RunProblem {
  readonly isRefused?: boolean;
}

/** `hf://user/name`, `hf://datasets/user/name` or `user/name`: the repository. */
export function repoOf(target: string): Result<string, RunProblem> {
  const [, repo] = /^(?:hf:\/\/)?(?:datasets\/)?([\w][\w.-]{0,95}\/[\w][\w.-]{0,95})$/.exec(target) ?? [];
  if (repo !== undefined && !/--|\.\./.test(repo)) return ok(repo);
  return err({
    message: `\`${target}\` is no dataset of the Hugging Face Hub`,
    hint: 'write hf://USER/NAME',
  });
}

/**
 * Makes the repository if it is not there, and commits the files to it in one step.
 *
 * @param files absolute paths, by their paths in the repository
 * @param isStale which files of the repository are of an earlier push and go away, unless they are replaced
 */
export async function commitFiles(
  { createRepo, datasetInfo, listFiles, commit, HubApiError }: HubPackage,
  { repo: name, token: accessToken, url, isPublic }: HubTarget,
  files: ReadonlyMap<string, string>,
  { title, isStale }: { readonly title: string; readonly isStale: (file: string) => boolean },
): Promise<Result<HubCommit, PushProblem>> {
  const repo = { type: 'dataset', name } as const;
  const to = { repo, accessToken, ...(url !== undefined && { hubUrl: url }) };
  try {
    const existing = await datasetInfo({
      name,
      accessToken,
      ...(url !== undefined && { hubUrl: url }),
    }).catch((error: unknown) => {
      if (error instanceof HubApiError && error.statusCode === 404) return undefined;
      throw error;
    });
    if (existing && !existing.private && !isPublic)
      return err({
        message: `${name} is public, and a push is private`,
        hint: 'add --public, or push to another name',
      });
    if (!existing) await createRepo({ ...to, visibility: isPublic ? 'public' : 'private' });
    const stale: string[] = [];
    if (existing)
      for await (const { type, path } of listFiles({ ...to, recursive: true }))
        if (type === 'file' && isStale(path) && !files.has(path)) stale.push(path);
    const contents = await Promise.all(
      [...files].map(async ([path, file]) => ({ path, content: await openAsBlob(file) })),
    );
    const made = await commit({
      ...to,
      title,
      operations: [
        ...contents.map((file) => ({ operation: 'addOrUpdate' as const, ...file })),
        ...stale.map((path) => ({ operation: 'delete' as const, path })),
      ],
      useXet: false,
    });
    return ok({
      url: made?.commit.url ?? `${url ?? 'https://huggingface.co'}/datasets/${name}`,
      isPublic: existing ? !existing.private : isPublic,
    });
  } catch (error) {
    return err(problemOf(error, name));
  }
}

function problemOf(error: unknown, repo: string): PushProblem {
  const { statusCode: status, message } = error as { readonly statusCode?: number; readonly message: string };
  if (status === 401 || status === 403)
    return {
      isRefused: true,
      message: `the Hub refused to write ${repo}: ${message}`,
      hint: 'set HF_TOKEN to a token that may write there; https://huggingface.co/settings/tokens makes one',
    };
  return {
    message: `the push to ${repo} failed: ${message}`,
    hint: 'push again: files that have arrived are not sent again',
  };
}
