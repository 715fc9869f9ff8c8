import { join } from 'node:path';
import { err, ok, type Result } from '../../core/result.js';
import type { Sending } from '../../core/sending.js';
import type { SeedContext, SeedError } from '../types.js';

/** `seed_config.source` of an `hf` seed, with Data Designer's keys. */
export type HubSource = {
  /** `datasets/OWNER/NAME/FILE`, with or without `hf://`; the file may be a glob, the name may have `@REVISION`. */
  readonly path: string;
  /** Name of the environment variable with the token. Default: `HF_TOKEN`. */
  readonly token?: string;
  /** Default: `HF_ENDPOINT`, else the public Hub. */
  readonly endpoint?: string;
};

/** What a source names. */
export interface HubAddress {
  /** `owner/name`. */
  readonly repo: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  /** A path in the repository, or a glob. */
  readonly pattern: string;
  readonly endpoint: string;
  /** Where copies of this repository are kept. */
  readonly folder: string;
}

const PUBLIC = 'https://huggingface.co';

const FORM = /^(?:hf:\/\/)?datasets\/([\w][\w.-]*\/[\w][\w.-]*)(?:@([^/]+))?\/(.+)$/;

/** Reads the address of a dataset's files. */
export function hubAddress(
  { path, endpoint: given }: HubSource,
  { env, homeDir }: Pick<SeedContext, 'env' | 'homeDir'>,
): Result<HubAddress, SeedError> {
  const [, repo, revision = 'main', pattern] = FORM.exec(path) ?? [];
  if (repo === undefined || pattern === undefined || /--|\.\./.test(repo))
    return err({
      key: 'path',
      message: `\`${path}\` names no file of a dataset on the Hub`,
      hint: 'write datasets/OWNER/NAME/FILE, for example datasets/OWNER/NAME/data/*.parquet',
    });
  const endpoint = endpointOf(given, env);
  const copies = `datasets--${repo.replace('/', '--')}`;
  const host = endpoint === PUBLIC ? [] : [`dd--${endpoint.replaceAll(/[^\w.-]+/g, '-')}`];
  return ok({
    repo,
    revision: decodeURIComponent(revision),
    pattern,
    endpoint,
    folder: join(cacheFolder(env, homeDir), ...host, copies),
  });
}

const endpointOf = (given: string | undefined, env: SeedContext['env']): string =>
  (given ?? env['HF_ENDPOINT'] ?? PUBLIC).replace(/\/+$/, '');

/** What `hubToken` gives, and to whom. */
export const hubSending = (
  { token: variable = 'HF_TOKEN', endpoint }: HubSource,
  env: SeedContext['env'],
): Sending => ({
  variable,
  url: endpointOf(endpoint, env),
  at: [endpoint === undefined ? 'path' : 'endpoint'],
  isOwn: endpoint === undefined,
});

/** The cache that Python's huggingface_hub uses too, so that what it has is not downloaded again. */
function cacheFolder(env: SeedContext['env'], homeDir: string): string {
  const { HF_HUB_CACHE: own, HF_HOME: home, XDG_CACHE_HOME: cache } = env;
  if (own) return own;
  return join(home || join(cache || join(homeDir, '.cache'), 'huggingface'), 'hub');
}

/** The token to send, if there is one. It never leaves this room, and goes to no address that others can listen to. */
export function hubToken(
  { token: name = 'HF_TOKEN' }: HubSource,
  endpoint: string,
  env: SeedContext['env'],
): Result<string | undefined, SeedError> {
  const token = Object.hasOwn(env, name) ? env[name] : undefined;
  if (!token) return ok(undefined);
  if (!token.startsWith('hf_'))
    return err({
      key: 'token',
      message: `the value of ${name} is no token of the Hub`,
      hint: 'one begins with hf_; https://huggingface.co/settings/tokens makes one',
    });
  const { protocol, hostname } = URL.canParse(endpoint) ? new URL(endpoint) : { protocol: '', hostname: '' };
  if (protocol === 'https:' || /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return ok(token);
  return err({
    key: 'endpoint',
    message: 'the token would be sent in the clear',
    hint: 'use an https:// address, or unset the variable',
  });
}
