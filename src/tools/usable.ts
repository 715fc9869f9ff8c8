/**
 * What is wrong with programs and providers, as far as it shows before one is started or asked. A later stage may need
 * them hours after the first call was paid.
 */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import type { McpProviderConfig, RemoteProvider } from '../core/config.js';
import { err, ok, type Result } from '../core/result.js';
import { httpUrl, isLoopback } from '../models/providers/endpoint-url.js';
import type { CallError } from '../models/types.js';
import { programEnvironment, type Environment } from './environment.js';
import { loadMcpSdk } from './load-sdk.js';

/** Why a provider of tools cannot be used. */
export async function whyUnusable(
  provider: McpProviderConfig,
  { folder, env }: { readonly folder: string; readonly env: Environment },
): Promise<CallError | undefined> {
  const sdk = await loadMcpSdk();
  if (!sdk.ok) return sdk.error;
  if (provider.provider_type !== 'stdio') {
    const target = remoteTarget(provider, env);
    return target.ok ? undefined : target.error;
  }
  const { name, command, env: own = {} } = provider;
  const why = await whyNotStarted(command, folder, programEnvironment(own, env));
  return why === undefined
    ? undefined
    : { class: 'invalid-request', message: `the tool provider \`${name}\` cannot be used: ${why}` };
}

/** The address of a server elsewhere, and the key for it. */
export function remoteTarget(
  { name, endpoint, api_key: variable }: RemoteProvider,
  env: Environment,
): Result<{ readonly url: URL; readonly key: string | undefined }, CallError> {
  const url = httpUrl(endpoint);
  if (!url)
    return err({
      class: 'invalid-request',
      message: `the address of the tool provider \`${name}\` is none of http or https`,
    });
  const key = variable === undefined ? undefined : env[variable]?.trim() || undefined;
  if (variable !== undefined && key === undefined && !isLoopback(url.href))
    return err({
      class: 'auth',
      message: `the key of the tool provider \`${name}\` is read from ${variable}, which is not set`,
      hint: `export ${variable}=… before running`,
    });
  return ok({ url, key });
}

/**
 * Why a program cannot be started, as the system would find it: a path from the folder, or a name in one of the folders of
 * PATH. Windows has other rules, and there it is not known before.
 */
export async function whyNotStarted(
  command: string,
  folder: string,
  { PATH: path }: Environment,
): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  const isPath = command.includes('/');
  if (!isPath && path === undefined) return undefined;
  const places = isPath
    ? [command]
    : (path ?? '').split(delimiter).map((place) => join(place || '.', command));
  let isThere = false;
  for (const place of places) {
    const file = resolve(folder, place);
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) continue;
    isThere = true;
    const isAllowed = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isAllowed) return undefined;
  }
  if (isThere) return 'this file is no program: it may not be executed';
  return isPath ? 'there is no such program' : 'there is no such program in the folders of PATH';
}
